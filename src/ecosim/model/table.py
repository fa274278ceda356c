"""Firms in columns as kernels take them: one small array of addresses, not fifty arrays to unpack in each call."""

from typing import Any

import numpy as np
from numba import types
from numba.extending import intrinsic
from numba.np.arrayobj import populate_array

from ecosim.model.compiled import inlined
from ecosim.model.firms import Columns


@intrinsic
def array_at(typing_context: Any, address: Any, size: Any, dtype: Any) -> Any:
    """So many numbers of a type from an address on, as an array that owns nothing."""
    kind = types.Array(dtype.instance_type, 1, "C")

    def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        array = context.make_array(kind)(context, builder)
        step = context.get_constant(types.intp, context.get_abi_sizeof(context.get_data_type(kind.dtype)))
        start = builder.inttoptr(arguments[0], array.data.type)
        populate_array(array, data=start, shape=[arguments[1]], strides=[step], itemsize=step, meminfo=None)
        return array._getvalue()

    return kind(address, size, dtype), emit


@inlined
def words(table, k):
    """Column k, 64-bit unsigned."""
    return array_at(table[k + 1], table[0], np.uint64)


@inlined
def small(table, k):
    """Column k, 8-bit."""
    return array_at(table[k + 1], table[0], np.int8)


@inlined
def shorts(table, k):
    """Column k, 16-bit."""
    return array_at(table[k + 1], table[0], np.int16)


@inlined
def ints(table, k):
    """Column k, 32-bit."""
    return array_at(table[k + 1], table[0], np.int32)


@inlined
def floats(table, k):
    """Column k, double."""
    return array_at(table[k + 1], table[0], np.float64)


@inlined
def columns_of(table):
    """The columns of a `firms.Firms.table`, in the order of `Columns`."""
    return Columns(
        words(table, 0),  # uid
        small(table, 1),  # alive
        small(table, 2),  # closing
        small(table, 3),  # sector
        small(table, 4),  # zone
        small(table, 5),  # ownership
        ints(table, 6),  # kind
        shorts(table, 7),  # age
        floats(table, 8),  # log_employees
        floats(table, 9),  # log_productivity
        floats(table, 10),  # productivity_change
        floats(table, 11),  # knowledge
        small(table, 12),  # performs
        floats(table, 13),  # ambition
        floats(table, 14),  # stretch
        floats(table, 15),  # research
        floats(table, 16),  # reported
        floats(table, 17),  # inert
        ints(table, 18),  # staff
        ints(table, 19),  # seniors
        ints(table, 20),  # leaders
        floats(table, 21),  # experts
        ints(table, 22),  # pending
        ints(table, 23),  # patents
        ints(table, 24),  # inventions_pending
        ints(table, 25),  # filed
        ints(table, 26),  # inventions_filed
        ints(table, 27),  # granted
        ints(table, 28),  # inventions_granted
        small(table, 29),  # certificate
        shorts(table, 30),  # held
        small(table, 31),  # honored
        small(table, 32),  # event
        small(table, 33),  # aware
        small(table, 34),  # assisted
        small(table, 35),  # constrained
        floats(table, 36),  # loan
        floats(table, 37),  # cash
        ints(table, 38),  # vacancies
        ints(table, 39),  # senior_vacancies
        shorts(table, 40),  # leader_vacancies
        small(table, 41),  # institute
        shorts(table, 42),  # waiting
        floats(table, 43),  # fresh
        small(table, 44),  # liaison
        small(table, 45),  # visited
        small(table, 46),  # matched
        small(table, 47),  # incubated
        small(table, 48),  # platform
        floats(table, 49),  # external
        small(table, 50),  # source
    )
