/* The reference model in C: the same equations, draws and arithmetic as ecosim_engine.py, one loop per rule and block. */
#include <math.h>
#include <stdint.h>
#include <string.h>

#define BLOCK 1024
#define FINE 1024.0
enum { FIRMS, EMPLOYMENT, SALES, RESEARCH, KNOWLEDGE, PERFORMERS, PATENTS, CERTIFIED, BIRTHS, DEATHS };
enum { EVENTS, SHOCKS, FILING, NEWBORN, LATER };

typedef struct {
    uint64_t *uid; double *knowledge, *log_employees, *log_productivity, *ambition;
    int32_t *cell, *age, *patents; int8_t *alive, *performs, *certified;
} columns;

static inline double as_double(uint64_t bits) { double x; memcpy(&x, &bits, 8); return x; }
static inline int64_t as_bits(double x) { int64_t bits; memcpy(&bits, &x, 8); return bits; }

static inline double expo(double x) {
    x = x < -700.0 ? -700.0 : x; x = x > 700.0 ? 700.0 : x;
    double shifted = x * 1.4426950408889634 + 6755399441055744.0, n = shifted - 6755399441055744.0;
    double r = (x - n * 0.6931471803691238) - n * 1.9082149292705877e-10, p = 1.6059043836821613e-10;
    p = p * r + 2.08767569878681e-09; p = p * r + 2.505210838544172e-08; p = p * r + 2.755731922398589e-07;
    p = p * r + 2.7557319223985893e-06; p = p * r + 2.48015873015873e-05; p = p * r + 0.0001984126984126984;
    p = p * r + 0.001388888888888889; p = p * r + 0.008333333333333333; p = p * r + 0.041666666666666664;
    p = p * r + 0.16666666666666666; p = p * r + 0.5;
    double power = as_double((uint64_t)(as_bits(shifted) - 0x4338000000000000LL + 1023) << 52);
    return power * (1.0 + (r + r * r * p));
}

static inline double loga(double x) {
    int64_t bits = as_bits(x), exponent = (bits - 0x3FE6A09E667F3BCDLL) >> 52;
    double m = as_double((uint64_t)(bits - (int64_t)((uint64_t)exponent << 52)));
    double n = as_double((uint64_t)(exponent + 0x4338000000000000LL)) - 6755399441055744.0;
    double s = (m - 1.0) / (m + 1.0), z = s * s, p = 0.09523809523809523;
    p = p * z + 0.10526315789473684; p = p * z + 0.11764705882352941; p = p * z + 0.13333333333333333;
    p = p * z + 0.15384615384615385; p = p * z + 0.18181818181818182; p = p * z + 0.2222222222222222;
    p = p * z + 0.2857142857142857; p = p * z + 0.4; p = p * z + 0.6666666666666666;
    return n * 0.6931471803691238 + (s * (2.0 + z * p) + n * 1.9082149292705877e-10);
}

static inline void philox(uint64_t c0, uint64_t c1, uint64_t c2, uint64_t c3, uint64_t k0, uint64_t k1, uint64_t out[4]) {
    const uint64_t word = 0xFFFFFFFFULL;
    for (int round = 0; round < 10; round++) {
        uint64_t a = 0xD2511F53ULL * (c0 & word), b = 0xCD9E8D57ULL * (c2 & word);
        uint64_t d0 = (b >> 32) ^ c1 ^ k0, d2 = (a >> 32) ^ c3 ^ k1;
        c1 = b; c3 = a; c0 = d0; c2 = d2;
        c1 &= word; c3 &= word;
        k0 = (k0 + 0x9E3779B9ULL) & word; k1 = (k1 + 0xBB67AE85ULL) & word;
    }
    out[0] = c0 & word; out[1] = c1 & word; out[2] = c2 & word; out[3] = c3 & word;
}

static inline double unit(uint64_t high, uint64_t low) {
    return as_double((((high << 32) | low) >> 12) | 0x3FF0000000000000ULL) - 1.0 + 0x1p-53;
}
static inline double coarse(uint64_t word) { return as_double((word << 20) | 0x3FF0000000000000ULL) - 1.0 + 0x1p-33; }

static void begin(columns f, int64_t row, int32_t cell, uint64_t uid, uint64_t seed, uint64_t now) {
    uint64_t w[4];
    philox(uid & 0xFFFFFFFFULL, uid >> 32, now, NEWBORN, seed, 0, w);
    double u = unit(w[0], w[1]), v = unit(w[2], w[3]);
    philox(uid & 0xFFFFFFFFULL, uid >> 32, now, LATER, seed, 0, w);
    double t = unit(w[0], w[1]), x = unit(w[2], w[3]);
    double size = NEWBORN_SIZE + NEWBORN_SPREAD * LOGISTIC * loga(u / (1.0 - u));
    f.uid[row] = uid; f.alive[row] = 1; f.cell[row] = cell; f.age[row] = 0;
    f.log_employees[row] = size > 0.0 ? size : 0.0;
    f.log_productivity[row] = NEWBORN_PRODUCTIVITY + NEWBORN_PRODUCTIVITY_SPREAD * LOGISTIC * loga(v / (1.0 - v));
    f.ambition[row] = LOGISTIC * loga(t / (1.0 - t)); f.performs[row] = x < NEWBORN_PERFORMS;
    f.knowledge[row] = 0.0; f.patents[row] = 0; f.certified[row] = 0;
}

int64_t quarter(columns f, int64_t *cells, int64_t *fresh, double *near, uint64_t seed, uint64_t now, double price,
                double price_certified, int64_t top, int64_t *free_rows, int64_t *holes_, int64_t *children, int64_t *totals) {
    static double w[8][BLOCK];
    int64_t born = 0, holes = *holes_;
    double none = expo(-SPAWN);
    for (int c = 0; c < CELLS; c++) { near[c] = PATENTS_LEVEL + SPILLOVER * loga(1.0 + cells[c] / FINE / 1000.0); fresh[c] = 0; }
    for (int64_t start = 0; start < top; start += BLOCK) {
        int n = top - start < BLOCK ? (int)(top - start) : BLOCK;
        uint64_t *restrict uid = f.uid + start;
        double *restrict K = f.knowledge + start, *restrict L = f.log_employees + start, *restrict A = f.log_productivity + start;
        double *restrict z = f.ambition + start;
        int32_t *restrict cell = f.cell + start, *restrict age = f.age + start, *restrict patents = f.patents + start;
        int8_t *restrict alive = f.alive + start, *restrict does = f.performs + start, *restrict holds = f.certified + start;
        for (int i = 0; i < n; i++) {
            uint64_t o[4];
            philox(uid[i] & 0xFFFFFFFFULL, uid[i] >> 32, now, EVENTS, seed, 0, o);
            w[0][i] = coarse(o[0]); w[1][i] = coarse(o[1]); w[2][i] = coarse(o[2]); w[3][i] = coarse(o[3]);
        }
        for (int i = 0; i < n; i++) {
            uint64_t o[4];
            philox(uid[i] & 0xFFFFFFFFULL, uid[i] >> 32, now, SHOCKS, seed, 0, o);
            w[4][i] = unit(o[0], o[1]); w[5][i] = unit(o[2], o[3]);
        }
        for (int i = 0; i < n; i++)
            if (w[0][i] < 0.2 && alive[i] == 1) {
                double hazard = EXIT_LEVEL + EXIT_AGE * loga(1.0 + 0.25 * age[i]) + EXIT_SIZE * (L[i] - 2.3);
                if (w[0][i] < 1.0 - expo(-expo(hazard))) { alive[i] = 2; totals[DEATHS]++; }
            }
        for (int i = 0; i < n; i++) age[i] += 1;
        for (int i = 0; i < n; i++) A[i] += TREND + SHOCK * LOGISTIC * loga(w[4][i] / (1.0 - w[4][i]));
        for (int i = 0; i < n; i++) {
            double p = holds[i] ? price_certified : price;
            w[0][i] = expo(INTENSITY + AMBITION * z[i] + PRICE * p) * does[i];
            w[6][i] = expo(L[i] + A[i]);
        }
        for (int i = 0; i < n; i++) K[i] = (1.0 - WEAR) * K[i] + 0.25 * w[0][i] * w[6][i];
        for (int i = 0; i < n; i++) {
            uint64_t o[4];
            philox(uid[i] & 0xFFFFFFFFULL, uid[i] >> 32, now, FILING, seed, 0, o);
            w[4][i] = unit(o[0], o[1]);
        }
        for (int i = 0; i < n; i++) w[7][i] = near[cell[i]];
        for (int i = 0; i < n; i++) {
            double rate = expo(w[7][i] + KNOWLEDGE_ELASTICITY * loga(K[i] > 1e-3 ? K[i] : 1e-3)) * does[i];
            w[4][i] = loga(w[4][i]) / loga((rate + 1e-300) / (1.0 + rate));
        }
        int64_t filed = 0;
        for (int i = 0; i < n; i++) { int32_t count = (int32_t)w[4][i]; patents[i] += count; filed += count * (alive[i] & 1); }
        totals[PATENTS] += filed;
        for (int i = 0; i < n; i++) {
            if (holds[i]) holds[i] = w[2][i] < LAPSE ? 0 : 1;
            else if (does[i] && patents[i] >= 1) {
                double value = CERTIFY + RATIO * loga((w[0][i] > 0.003 ? w[0][i] : 0.003) / 0.03) + PATENTED * loga(1.0 + patents[i]);
                holds[i] = w[2][i] < 1.0 - expo(-expo(value));
            }
        }
        for (int i = 0; i < n; i++) {
            double size = -loga(1.0 - fabs(2.0 * w[5][i] - 1.0)), laplace = w[5][i] > 0.5 ? size : -size;
            double next = L[i] + MEAN + 0.5 * SPREAD * expo(-SLOPE * (L[i] - 3.0)) * laplace;
            L[i] = next > 0.0 ? next : 0.0;
        }
        for (int i = 0; i < n; i++) does[i] ^= w[1][i] < (does[i] ? STOP : START);
        for (int i = 0; i < n; i++)
            if (w[3][i] > none && alive[i] == 1) {
                double left = w[3][i], term = none; int64_t count = 0;
                while (left > term) { left -= term; children[born++] = ((start + i) << 3) | count; count++; term *= SPAWN / count; }
            }
        int64_t firms = 0, people = 0, turnover = 0, spent = 0, capital = 0, performers = 0, certified = 0;
        for (int i = 0; i < n; i++) {
            int64_t there = alive[i] & 1;
            people += there * (int64_t)(expo(L[i]) * FINE); turnover += there * (int64_t)(w[6][i] * FINE);
            spent += there * (int64_t)(0.25 * w[0][i] * w[6][i] * FINE); capital += there * (int64_t)(K[i] * FINE);
        }
        for (int i = 0; i < n; i++) { int64_t there = alive[i] & 1; firms += there; performers += there * does[i]; certified += there * holds[i]; }
        for (int i = 0; i < n; i++) fresh[cell[i]] += (alive[i] & 1) * (int64_t)(K[i] * FINE);
        totals[FIRMS] += firms; totals[EMPLOYMENT] += people; totals[SALES] += turnover; totals[RESEARCH] += spent;
        totals[KNOWLEDGE] += capital; totals[PERFORMERS] += performers; totals[CERTIFIED] += certified;
        for (int i = 0; i < n; i++) if (alive[i] == 2) { alive[i] = 0; free_rows[holes++] = start + i; }
    }
    memcpy(cells, fresh, CELLS * sizeof(int64_t));
    for (int64_t k = 0; k < born; k++) {
        uint64_t o[4]; int64_t parent = children[k] >> 3, row = holes > 0 ? free_rows[--holes] : top++;
        uint64_t uid = f.uid[parent];
        philox(uid & 0xFFFFFFFFULL, uid >> 32, now, LATER, children[k] & 7, LATER, o);
        begin(f, row, f.cell[parent], (o[0] << 32) | o[1], seed, now);
    }
    totals[BIRTHS] = born; totals[FIRMS] += born; *holes_ = holes;
    return top;
}
