"""exp and log in plain arithmetic, so that compiled loops vectorize and every processor gives the same bits.

The C library's exp and log are scalar calls and differ between machines. These are range reduction and a polynomial
in strict IEEE double arithmetic; the relative error stays below 4e-16 (exp) and 4e-16 (log) on the ranges of the model,
which a test holds against the C library.
"""

from typing import Any

import numpy as np
from numba import types
from numba.extending import intrinsic

from ecosim.model.compiled import inlined

LOG2E = 1.4426950408889634
LN2_HIGH = 0.6931471803691238
LN2_LOW = 1.9082149292705877e-10
ROUND = 6755399441055744.0  # 1.5 * 2**52: adding it rounds to the nearest whole number
ROUND_BITS = np.int64(0x4338000000000000)
LARGEST = 700.0


@intrinsic
def as_float(typing_context: Any, bits: Any) -> Any:
    """The 64 bits of an integer read as a double."""

    def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.bitcast(arguments[0], context.get_value_type(types.float64))

    return types.float64(bits), emit


@intrinsic
def as_bits(typing_context: Any, number: Any) -> Any:
    """The bits of a double read as a signed integer."""

    def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.bitcast(arguments[0], context.get_value_type(types.int64))

    return types.int64(number), emit


@inlined
def largest(numbers):
    """The largest of numbers from zero up, (n,) doubles one after another; 0 where there are none."""
    most = np.int64(0)
    for bits in numbers.view(np.int64):  # numbers from zero up are in the order of their bits, which vectorizes
        most = max(most, bits)
    return as_float(most)


@inlined
def exp(x: float) -> float:
    """e to the power of x; x is clipped to [-700, 700]."""
    x = min(max(x, -LARGEST), LARGEST)
    shifted = x * LOG2E + ROUND
    n = shifted - ROUND
    r = (x - n * LN2_HIGH) - n * LN2_LOW
    p = 1.6059043836821613e-10
    p = p * r + 2.08767569878681e-09
    p = p * r + 2.505210838544172e-08
    p = p * r + 2.755731922398589e-07
    p = p * r + 2.7557319223985893e-06
    p = p * r + 2.48015873015873e-05
    p = p * r + 0.0001984126984126984
    p = p * r + 0.001388888888888889
    p = p * r + 0.008333333333333333
    p = p * r + 0.041666666666666664
    p = p * r + 0.16666666666666666
    p = p * r + 0.5
    power = as_float((as_bits(shifted) - ROUND_BITS + np.int64(1023)) << np.int64(52))
    return power * (1.0 + (r + r * r * p))


@inlined
def log(x: float) -> float:
    """Natural logarithm of a normal positive double."""
    bits = as_bits(x)
    exponent = ((bits - np.int64(0x3FE6A09E667F3BCD)) >> np.int64(52)) + np.int64(0)
    m = as_float(bits - (exponent << np.int64(52)))  # in [sqrt(1/2), sqrt(2))
    n = as_float(exponent + ROUND_BITS) - ROUND  # the exponent as a double
    s = (m - 1.0) / (m + 1.0)
    z = s * s
    p = 0.09523809523809523  # 2/21
    p = p * z + 0.10526315789473684
    p = p * z + 0.11764705882352941
    p = p * z + 0.13333333333333333
    p = p * z + 0.15384615384615385
    p = p * z + 0.18181818181818182
    p = p * z + 0.2222222222222222
    p = p * z + 0.2857142857142857
    p = p * z + 0.4
    p = p * z + 0.6666666666666666
    return n * LN2_HIGH + (s * (2.0 + z * p) + n * LN2_LOW)


@inlined
def log_below(x: float) -> float:
    """ln of the power of two at or below a normal positive double: short of ln(x) by less than ln 2."""
    n = as_float((as_bits(x) >> np.int64(52)) - np.int64(1023) + ROUND_BITS) - ROUND
    return n * 0.6931471805599453


@inlined
def normal(u: float) -> float:
    """Quantile of the standard normal law at u in (0, 1), relative error below 1.2e-9.

    Rational approximation of P. J. Acklam (2003), an unpublished note; a test holds it against scipy.special.ndtri.
    """
    if u < 0.02425 or u > 0.97575:
        tail = u if u < 0.5 else 1.0 - u
        q = (-2.0 * log(tail)) ** 0.5
        top = -7.784894002430293e-03 * q - 3.223964580411365e-01
        top = ((top * q - 2.400758277161838) * q - 2.549732539343734) * q + 4.374664141464968
        top = top * q + 2.938163982698783
        bottom = (7.784695709041462e-03 * q + 3.224671290700398e-01) * q + 2.445134137142996
        bottom = (bottom * q + 3.754408661907416) * q + 1.0
        value = top / bottom
        return value if u < 0.5 else -value
    q = u - 0.5
    r = q * q
    top = -3.969683028665376e01 * r + 2.209460984245205e02
    top = ((top * r - 2.759285104469687e02) * r + 1.383577518672690e02) * r - 3.066479806614716e01
    top = (top * r + 2.506628277459239) * q
    bottom = -5.447609879822406e01 * r + 1.615858368580409e02
    bottom = ((bottom * r - 1.556989798598866e02) * r + 6.680131188771972e01) * r - 1.328068155288572e01
    return top / (bottom * r + 1.0)


@inlined
def poisson(u: float, mean: float) -> int:
    """Count by inversion of one uniform: a higher mean with the same u never gives fewer. For means up to about 50."""
    term = exp(-mean)
    total = term
    count = 0
    while u > total and count < 500:
        count += 1
        term *= mean / count
        total += term
    return count
