/* The reference model in C: the same equations, draws and arithmetic as ecosim_engine.py, one loop per rule and block. */
#include <math.h>
#include <stdint.h>
#include <string.h>

#define BLOCK 1024
#define FINE 1024.0
#define WORD 0xFFFFFFFFULL
#if defined(__AVX512F__)
#include <immintrin.h>
#define LANES 8
#define PRODUCT(a, b) (words)_mm512_mul_epu32((__m512i)(a), (__m512i)(b)) /* of the lower halves */
#elif defined(__AVX2__)
#include <immintrin.h>
#define LANES 4
#define PRODUCT(a, b) (words)_mm256_mul_epu32((__m256i)(a), (__m256i)(b))
#else
#define LANES 2
#define PRODUCT(a, b) (((a) & WORD) * (b))
#endif
#define RULE static __attribute__((noinline)) void /* on its own, so that the compiler trusts restrict */
#define COUNT static __attribute__((noinline)) int
enum { FIRMS, EMPLOYMENT, SALES, RESEARCH, KNOWLEDGE, PERFORMERS, PATENTS, CERTIFIED, BIRTHS, DEATHS };
enum { EVENTS, SHOCKS, FILING, NEWBORN, LATER };

typedef uint64_t words __attribute__((vector_size(8 * LANES)));
typedef double doubles __attribute__((vector_size(8 * LANES)));
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

/* Ten rounds of Philox4x32, several firms at once, on words of 32 bits held in 64: the upper halves fill with rubbish
   that the products ignore. Written with vectors, since gcc multiplies 64 bits in full where it
   vectorizes the loop itself. */
static inline void philox(words c0, words c1, words c2, words c3, words k0, uint64_t k1, words out[4]) {
    const words m0 = (words){0} + 0xD2511F53ULL, m1 = (words){0} + 0xCD9E8D57ULL;
    for (int round = 0; round < 10; round++) {
        words a = PRODUCT(c0, m0), b = PRODUCT(c2, m1);
        c0 = (b >> 32) ^ c1 ^ k0; c1 = b; c2 = (a >> 32) ^ c3 ^ k1; c3 = a;
        k0 += 0x9E3779B9ULL; k1 += 0xBB67AE85ULL;
    }
    out[0] = c0 & WORD; out[1] = c1 & WORD; out[2] = c2 & WORD; out[3] = c3 & WORD;
}

static inline words load(const uint64_t *from) { words all; memcpy(&all, from, sizeof all); return all; }
static inline words same(uint64_t word) { return (words){0} + word; }
static inline void unit(words high, words low, double *to) {
    doubles all = (doubles)((((high << 32) | low) >> 12) | 0x3FF0000000000000ULL) - 1.0 + 0x1p-53;
    memcpy(to, &all, sizeof all);
}
static inline void coarse(words word, double *to) {
    doubles all = (doubles)((word << 20) | 0x3FF0000000000000ULL) - 1.0 + 0x1p-33;
    memcpy(to, &all, sizeof all);
}
static inline double normal(double u) { return LOGISTIC * loga(u / (1.0 - u)); }
static inline double larger(double x, double y) { return x > y ? x : y; }

/* Draws of n firms by their names; all arrays are scratch of a block, so the last vector may reach beyond n. */
RULE draw_four(int n, const uint64_t *restrict names, uint64_t seed, uint64_t now, double *restrict a, double *restrict b,
               double *restrict c, double *restrict d) {
    for (int i = 0; i < n; i += LANES) {
        words uid = load(names + i), o[4];
        philox(uid & WORD, uid >> 32, same(now), same(EVENTS), same(seed), 0, o);
        coarse(o[0], a + i); coarse(o[1], b + i); coarse(o[2], c + i); coarse(o[3], d + i);
    }
}

RULE draw_two(int n, const uint64_t *restrict names, uint64_t seed, uint64_t now, uint64_t stream, double *restrict a,
              double *restrict b) {
    for (int i = 0; i < n; i += LANES) {
        words uid = load(names + i), o[4];
        philox(uid & WORD, uid >> 32, same(now), same(stream), same(seed), 0, o);
        unit(o[0], o[1], a + i); unit(o[2], o[3], b + i);
    }
}

RULE draw_one(int n, const uint64_t *restrict names, uint64_t seed, uint64_t now, uint64_t stream, double *restrict a) {
    for (int i = 0; i < n; i += LANES) {
        words uid = load(names + i), o[4];
        philox(uid & WORD, uid >> 32, same(now), same(stream), same(seed), 0, o);
        unit(o[0], o[1], a + i);
    }
}

/* Few draws lie below the largest hazard, and only those ask for the firm's own. */
COUNT close_firms(int n, int8_t *restrict alive, const int32_t *restrict age, const double *restrict L,
                  double *restrict closing, double *restrict hazard, double *restrict age_of, int32_t *restrict rows) {
    int near = 0, closed = 0;
    for (int i = 0; i < n; i++) { rows[near] = i; near += (closing[i] < LARGEST_HAZARD) & (alive[i] == 1); }
    for (int k = 0; k < near; k++) {
        hazard[k] = EXIT_SIZE * (L[rows[k]] - 2.3); closing[k] = closing[rows[k]]; age_of[k] = age[rows[k]];
    }
    for (int k = 0; k < near; k++)
        hazard[k] = 1.0 - expo(-expo(EXIT_LEVEL + EXIT_AGE * loga(1.0 + 0.25 * age_of[k]) + hazard[k]));
    for (int k = 0; k < near; k++) { rows[closed] = rows[k]; closed += closing[k] < hazard[k]; }
    for (int k = 0; k < closed; k++) alive[rows[k]] = 0;
    return closed;
}

RULE produce(int n, int32_t *restrict age, double *restrict A, const double *restrict L, double *restrict K,
             const double *restrict ambition, const int8_t *restrict performs, const int8_t *restrict certified,
             double price, double price_certified, const double *restrict shock, double *restrict ratio,
             double *restrict sales) {
    for (int i = 0; i < n; i++) age[i] += 1;
    for (int i = 0; i < n; i++) A[i] += TREND + SHOCK * LOGISTIC * loga(shock[i] / (1.0 - shock[i]));
    for (int i = 0; i < n; i++) {
        double own = certified[i] == 1 ? price_certified : price;
        ratio[i] = expo(INTENSITY + AMBITION * ambition[i] + PRICE * own) * performs[i];
        sales[i] = expo(L[i] + A[i]);
    }
    for (int i = 0; i < n; i++) K[i] = (1.0 - WEAR) * K[i] + 0.25 * ratio[i] * sales[i];
}

COUNT listed(int n, const int8_t *restrict flags, int32_t *restrict rows) {
    int count = 0;
    for (int i = 0; i < n; i++) { rows[count] = i; count += flags[i]; }
    return count;
}

/* Patents of the performers (rows) by inversion of a geometric law; returns those of firms that live. */
COUNT file_patents(int n, const int32_t *restrict rows, const uint64_t *restrict uid, const double *restrict K,
                   const int32_t *restrict cell, const int8_t *restrict alive, const double *restrict near, uint64_t seed,
                   uint64_t now, int32_t *restrict patents, double *restrict luck, double *restrict mean,
                   double *restrict capital, uint64_t *restrict names, int32_t *restrict filers) {
    int filing = 0, filed = 0;
    for (int k = 0; k < n; k++) {
        names[k] = uid[rows[k]]; mean[k] = near[cell[rows[k]]]; capital[k] = K[rows[k]];
    }
    draw_one(n, names, seed, now, FILING, luck);
    for (int k = 0; k < n; k++) {
        double rate = expo(mean[k] + KNOWLEDGE_ELASTICITY * loga(larger(capital[k], 1e-3)));
        mean[k] = rate / (1.0 + rate);
    }
    for (int k = 0; k < n; k++) {
        filers[filing] = rows[k]; capital[filing] = luck[k]; mean[filing] = mean[k];
        filing += luck[k] <= mean[k];
    }
    for (int k = 0; k < filing; k++) capital[k] = loga(capital[k]) / loga(mean[k]);
    for (int k = 0; k < filing; k++) {
        int32_t count = (int32_t)capital[k];
        patents[filers[k]] += count; filed += count * alive[filers[k]];
    }
    return filed;
}

static inline double chance(double ratio, double patents) {
    double value = CERTIFY + RATIO * loga(larger(ratio, 0.003) / 0.03) + PATENTED * loga(1.0 + patents);
    return 1.0 - expo(-expo(value));
}

/* No chance is above that of the largest ratio and the most patents of the performers; only draws below ask. */
RULE certify(int n, int performers, int32_t *restrict rows, const double *restrict ratio, const double *restrict ladder,
             const int32_t *restrict patents, int8_t *restrict certified, double *restrict own, double *restrict held) {
    double largest = 0.003; int32_t most = 0; int near = 0;
    for (int k = 0; k < performers; k++) largest = larger(largest, ratio[rows[k]]);
    for (int k = 0; k < performers; k++) most = most > patents[rows[k]] ? most : patents[rows[k]];
    double bound = 1.000001 * chance(largest, most);
    for (int k = 0; k < performers; k++) {
        int32_t i = rows[k];
        rows[near] = i; near += (ladder[i] < bound) & (certified[i] == 0) & (patents[i] >= 1);
    }
    for (int i = 0; i < n; i++) certified[i] &= ladder[i] >= LAPSE;
    for (int k = 0; k < near; k++) { own[k] = ratio[rows[k]]; held[k] = patents[rows[k]]; }
    for (int k = 0; k < near; k++) own[k] = chance(own[k], held[k]);
    for (int k = 0; k < near; k++) certified[rows[k]] = ladder[rows[k]] < own[k];
}

RULE grow(int n, double *restrict L, int8_t *restrict performs, const double *restrict move, const double *restrict luck) {
    for (int i = 0; i < n; i++) {
        double size = -loga(1.0 - fabs(2.0 * move[i] - 1.0)), laplace = move[i] > 0.5 ? size : -size;
        L[i] = larger(L[i] + MEAN + 0.5 * SPREAD * expo(-SLOPE * (L[i] - 3.0)) * laplace, 0.0);
    }
    for (int i = 0; i < n; i++) performs[i] ^= luck[i] < (performs[i] == 1 ? STOP : START);
}

/* Founders of the survivors: row and number of each, packed; returns how many. */
static int64_t found(int n, int64_t start, const int8_t *restrict alive, const double *restrict luck,
                     int64_t *restrict children) {
    double none = expo(-SPAWN); int64_t born = 0;
    for (int i = 0; i < n; i++)
        if ((luck[i] > none) & (alive[i] == 1)) {
            double left = luck[i], term = none; int64_t count = 0;
            while (left > term) {
                left -= term; children[born++] = ((start + i) << 3) | count; count++; term *= SPAWN / count;
            }
        }
    return born;
}

/* The series, in fixed point so that the order of the firms does not matter. */
RULE survey(int n, const int8_t *restrict alive, const int8_t *restrict performs, const int8_t *restrict certified,
            const int32_t *restrict cell, const double *restrict L, const double *restrict K, const double *restrict ratio,
            const double *restrict sales, int64_t *restrict cells, int64_t *restrict totals) {
    int64_t people = 0, turnover = 0, spent = 0, capital = 0; int firms = 0, does = 0, holds = 0;
    for (int i = 0; i < n; i++) {
        double there = alive[i];
        people += (int64_t)(expo(L[i]) * FINE * there); turnover += (int64_t)(sales[i] * FINE * there);
        spent += (int64_t)(0.25 * ratio[i] * sales[i] * FINE * there); capital += (int64_t)(K[i] * FINE * there);
    }
    for (int i = 0; i < n; i++) { firms += alive[i]; does += alive[i] & performs[i]; holds += alive[i] & certified[i]; }
    for (int i = 0; i < n; i++) cells[cell[i]] += (int64_t)(K[i] * FINE) * alive[i];
    totals[FIRMS] += firms; totals[EMPLOYMENT] += people; totals[SALES] += turnover; totals[RESEARCH] += spent;
    totals[KNOWLEDGE] += capital; totals[PERFORMERS] += does; totals[CERTIFIED] += holds;
}

/* New firms of at most a block of founders, in free rows first. */
RULE begin(int n, columns f, const int64_t *restrict children, uint64_t seed, uint64_t now, int64_t *restrict top,
           const int64_t *restrict free_rows, int64_t *restrict holes, uint64_t *restrict names, uint64_t *restrict number,
           double *restrict size, double *restrict skill, double *restrict ambition, double *restrict performs) {
    for (int k = 0; k < n; k++) { names[k] = f.uid[children[k] >> 3]; number[k] = children[k] & 7; }
    for (int k = 0; k < n; k += LANES) {
        words uid = load(names + k), o[4];
        philox(uid & WORD, uid >> 32, same(now), same(LATER), load(number + k), LATER, o);
        uid = (o[0] << 32) | o[1];
        memcpy(names + k, &uid, sizeof uid);
    }
    draw_two(n, names, seed, now, NEWBORN, size, skill);
    draw_two(n, names, seed, now, LATER, ambition, performs);
    for (int k = 0; k < n; k++) {
        size[k] = larger(NEWBORN_SIZE + NEWBORN_SPREAD * normal(size[k]), 0.0);
        skill[k] = NEWBORN_PRODUCTIVITY + NEWBORN_PRODUCTIVITY_SPREAD * normal(skill[k]);
        ambition[k] = normal(ambition[k]);
    }
    for (int k = 0; k < n; k++) {
        int64_t row = *holes > 0 ? free_rows[--*holes] : (*top)++;
        f.uid[row] = names[k]; f.alive[row] = 1; f.cell[row] = f.cell[children[k] >> 3]; f.age[row] = 0;
        f.log_employees[row] = size[k]; f.log_productivity[row] = skill[k]; f.ambition[row] = ambition[k];
        f.performs[row] = performs[k] < NEWBORN_PERFORMS;
        f.knowledge[row] = 0.0; f.patents[row] = 0; f.certified[row] = 0;
    }
}

int64_t quarter(columns f, int64_t *cells, int64_t *fresh, double *near, uint64_t seed, uint64_t now, double price,
                double price_certified, int64_t top, int64_t *free_rows, int64_t *holes, int64_t *children, int64_t *totals) {
    static double w[9][BLOCK] __attribute__((aligned(64)));
    static uint64_t names[BLOCK] __attribute__((aligned(64))), number[BLOCK] __attribute__((aligned(64)));
    static int32_t rows[BLOCK], others[BLOCK];
    int64_t born = 0;
    for (int c = 0; c < CELLS; c++) near[c] = PATENTS_LEVEL + SPILLOVER * loga(1.0 + cells[c] / FINE / 1000.0);
    memset(fresh, 0, CELLS * sizeof(int64_t));
    for (int64_t s = 0; s < top; s += BLOCK) {
        int n = top - s < BLOCK ? (int)(top - s) : BLOCK;
        columns b = {f.uid + s, f.knowledge + s, f.log_employees + s, f.log_productivity + s, f.ambition + s, f.cell + s,
                     f.age + s, f.patents + s, f.alive + s, f.performs + s, f.certified + s};
        memcpy(names, b.uid, n * sizeof(uint64_t));
        draw_four(n, names, seed, now, w[0], w[1], w[2], w[3]);
        draw_two(n, names, seed, now, SHOCKS, w[4], w[5]);
        int closed = close_firms(n, b.alive, b.age, b.log_employees, w[0], w[6], w[7], rows);
        for (int k = 0; k < closed; k++) free_rows[(*holes)++] = s + rows[k];
        produce(n, b.age, b.log_productivity, b.log_employees, b.knowledge, b.ambition, b.performs, b.certified, price,
                price_certified, w[4], w[0], w[6]);
        int performers = listed(n, b.performs, rows);
        totals[PATENTS] += file_patents(performers, rows, b.uid, b.knowledge, b.cell, b.alive, near, seed, now, b.patents,
                                        w[4], w[7], w[8], names, others);
        certify(n, performers, rows, w[0], w[2], b.patents, b.certified, w[7], w[8]);
        grow(n, b.log_employees, b.performs, w[5], w[1]);
        born += found(n, s, b.alive, w[3], children + born);
        survey(n, b.alive, b.performs, b.certified, b.cell, b.log_employees, b.knowledge, w[0], w[6], fresh, totals);
        totals[DEATHS] += closed;
    }
    memcpy(cells, fresh, CELLS * sizeof(int64_t));
    for (int64_t first = 0; first < born; first += BLOCK) {
        int n = born - first < BLOCK ? (int)(born - first) : BLOCK;
        begin(n, f, children + first, seed, now, &top, free_rows, holes, names, number, w[0], w[1], w[2], w[3]);
    }
    totals[BIRTHS] = born; totals[FIRMS] += born;
    return top;
}
