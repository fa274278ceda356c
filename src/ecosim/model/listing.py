"""Rows by a mark: the loop that stands before most rules, in vector instructions where the processor has them.

A compiler does not find them by itself for a loop that writes now and then. Results are the same either way.
"""

from typing import Any

from llvmlite import ir
from numba import config, types
from numba.core import cgutils
from numba.core.errors import TypingError
from numba.extending import intrinsic

from ecosim.model.compiled import inlined, kernel

LANES = 8  # 64-bit row numbers that one vector holds


@intrinsic
def write_marked(typing_context: Any, marks: Any, bit: Any, start: Any, rows: Any, count: Any) -> Any:
    """Of LANES rows from start on, write those whose marks have the bit to rows[count:]; returns how many.

    All lanes are stored, so that what stood in LANES rows from count on is lost: the whole loop takes 1.4 times as long
    with a store under a mask (AMD's family 26), and is said to be far slower on the family before it (unverified).
    Raises TypingError for marks or rows that do not lie one after another, or rows that are not of 64 bits.
    """
    if marks.layout != "C" or rows.layout != "C" or rows.dtype.bitwidth != 64:
        raise TypingError(f"marks {marks}, rows {rows}: both lie one after another, rows have 64 bits")

    def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        of_marks, _, _, of_rows, _ = signature.args
        marked = context.make_array(of_marks)(context, builder, arguments[0])
        written = context.make_array(of_rows)(context, builder, arguments[3])
        mark, number = context.get_value_type(of_marks.dtype), context.get_value_type(of_rows.dtype)
        some, numbers, flags = (ir.VectorType(kind, LANES) for kind in (mark, number, ir.IntType(1)))
        first = builder.gep(marked.data, [arguments[2]])
        loaded = builder.load(builder.bitcast(first, some.as_pointer()), align=1)
        mask = builder.icmp_unsigned("!=", builder.and_(loaded, spread(builder, arguments[1], some)), some(None))
        here = builder.add(spread(builder, arguments[2], numbers), numbers(list(range(LANES))))
        kind = ir.FunctionType(numbers, [numbers, numbers, flags])
        compress = cgutils.get_or_insert_function(builder.module, kind, f"llvm.x86.avx512.mask.compress.v{LANES}i64")
        found = builder.call(compress, [here, numbers(None), mask])
        behind = builder.bitcast(builder.gep(written.data, [arguments[4]]), numbers.as_pointer())
        builder.store(found, behind, align=8)
        bits = builder.bitcast(mask, ir.IntType(LANES))
        return builder.zext(builder.ctpop(bits), ir.IntType(64))

    return types.int64(marks, marks.dtype, types.int64, rows, types.int64), emit


def spread(builder: Any, number: Any, vector: Any) -> Any:
    """A vector of one number in all lanes."""
    one = builder.insert_element(vector(ir.Undefined), number, ir.IntType(32)(0))
    return builder.shuffle_vector(one, vector(ir.Undefined), ir.VectorType(ir.IntType(32), LANES)(None))


# elsewhere one row after another is faster
WHOLE = "+avx512f" in (vars(config).get("CPU_FEATURES") or "")


@inlined
def append_eight(bit, marks, start, rows, count):
    """Write those of eight rows from start on whose marks have a bit to rows[count:]; returns how many."""
    if WHOLE:
        found = write_marked(marks, bit, start, rows, count)
    else:
        found = one_by_one(bit, marks, start, start + LANES, rows, count)
    return found


@kernel
def one_by_one(bit: Any, marks: Any, start: int, stop: int, rows: Any, count: int) -> int:
    """As `append_eight`, from one row up to another."""
    found = count
    for i in range(start, stop):
        rows[found] = i
        found += 1 if (marks[i] & bit) != 0 else 0
    return found - count


@kernel
def rows_with(bit: Any, marks: Any, rows: Any) -> int:
    """Numbers of the marks that have a bit, in order, to rows; returns how many.

    marks: (n,) whole numbers, bit: one of their type; rows: room for n numbers of 64 bits.
    """
    whole, count = marks.size // LANES * LANES if WHOLE else 0, 0
    for start in range(0, whole, LANES):
        count += write_marked(marks, bit, start, rows, count)
    return count + one_by_one(bit, marks, whole, marks.size, rows, count)
