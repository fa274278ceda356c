"""Firms, terms and a survey as kernels take them: a small array of addresses each, not fifty arrays to unpack."""

from typing import Any

import numpy as np
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic
from numba.np.arrayobj import populate_array

from ecosim.model.compiled import inlined
from ecosim.model.firms import BANDS, FAMILIES, INSTITUTES, RUNGS, SKILLS, SOURCES, Columns
from ecosim.model.region import OWNERSHIP, SECTORS
from ecosim.model.survey import SERIES, Survey
from ecosim.model.terms import Terms

SKILL_COUNT, SOURCE_COUNT, SECTOR_COUNT, FAMILY_COUNT = len(SKILLS), len(SOURCES), len(SECTORS), len(FAMILIES)
INSTITUTE_COUNT, SERIES_COUNT = len(INSTITUTES), len(SERIES)
CLASSES = len(SECTORS) * len(OWNERSHIP) * BANDS  # of firms in a zone


@intrinsic
def array_at(typing_context: Any, address: Any, shape: Any, dtype: Any) -> Any:
    """Numbers of a type from an address on, as an array of a shape (a tuple) that owns nothing."""
    kind = types.Array(dtype.instance_type, len(shape), "C")

    def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        array = context.make_array(kind)(context, builder)
        size = context.get_constant(types.intp, context.get_abi_sizeof(context.get_data_type(kind.dtype)))
        start = builder.inttoptr(arguments[0], array.data.type)
        lengths = cgutils.unpack_tuple(builder, arguments[1])
        strides = [size]
        for length in reversed(lengths[1:]):
            strides.insert(0, builder.mul(strides[0], length))
        populate_array(array, data=start, shape=lengths, strides=strides, itemsize=size, meminfo=None)
        return array._getvalue()

    return kind(address, shape, dtype), emit


@inlined
def words(table, k):
    """Column k, 64-bit unsigned."""
    return array_at(table[k + 1], (table[0],), np.uint64)


@inlined
def small(table, k):
    """Column k, 8-bit."""
    return array_at(table[k + 1], (table[0],), np.int8)


@inlined
def shorts(table, k):
    """Column k, 16-bit."""
    return array_at(table[k + 1], (table[0],), np.int16)


@inlined
def ints(table, k):
    """Column k, 32-bit."""
    return array_at(table[k + 1], (table[0],), np.int32)


@inlined
def floats(table, k):
    """Column k, double."""
    return array_at(table[k + 1], (table[0],), np.float64)


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


@inlined
def terms_of(table):
    """The terms of a `EcosystemModel.terms_table`, in the order of `Terms`."""
    zones = table[0]
    kinds = CLASSES * zones
    return Terms(
        array_at(table[1], (RUNGS, kinds), np.float64),  # tax_rate
        array_at(table[2], (5,), np.float64),  # relief
        array_at(table[3], (RUNGS, kinds), np.float64),  # deduction
        array_at(table[4], (RUNGS, kinds), np.float64),  # research_grant
        array_at(table[5], (kinds,), np.float64),  # research_push
        array_at(table[6], (kinds,), np.float64),  # patent_subsidy
        array_at(table[7], (kinds,), np.float64),  # invention_premium
        array_at(table[8], (kinds,), np.float64),  # tech_sme_award
        array_at(table[9], (kinds,), np.float64),  # high_tech_award
        array_at(table[10], (INSTITUTE_COUNT, kinds), np.float64),  # institute_award
        array_at(table[11], (INSTITUTE_COUNT,), np.float64),  # review_places
        array_at(table[12], (6,), np.float64),  # criteria
        array_at(table[13], (SKILL_COUNT, kinds), np.float64),  # hiring_grant
        array_at(table[14], (kinds,), np.float64),  # retention
        array_at(table[15], (kinds,), np.float64),  # experts
        array_at(table[16], (RUNGS, kinds), np.float64),  # credit_coverage
        array_at(table[17], (RUNGS, kinds), np.float64),  # lending
        array_at(table[18], (RUNGS, kinds), np.float64),  # spread
        array_at(table[19], (zones,), np.float64),  # reach
        array_at(table[20], (1,), np.float64),  # quality
        array_at(table[21], (1,), np.float64),  # effort
        array_at(table[22], (1,), np.float64),  # reviewing
        array_at(table[23], (1,), np.float64),  # budget
        array_at(table[24], (kinds,), np.float64),  # platform
        array_at(table[25], (kinds,), np.float64),  # platform_access
        array_at(table[26], (kinds,), np.float64),  # university
        array_at(table[27], (zones,), np.float64),  # nearness
        array_at(table[28], (kinds,), np.float64),  # founding
        array_at(table[29], (SOURCE_COUNT, SECTOR_COUNT, zones), np.float64),  # arrivals
        array_at(table[30], (SOURCE_COUNT,), np.float64),  # pull
        array_at(table[31], (kinds,), np.float64),  # entry_standard
        array_at(table[32], (kinds,), np.float64),  # incubation
        array_at(table[33], (kinds,), np.float64),  # clean_up
    )


@inlined
def survey_of(table):
    """The survey of a `EcosystemModel.survey_table`, in the order of `Survey`."""
    zones = table[0]
    return Survey(
        array_at(table[1], (SECTOR_COUNT,), np.float64),  # mean_productivity
        array_at(table[2], (SECTOR_COUNT,), np.float64),  # mean_change
        array_at(table[3], (SECTOR_COUNT,), np.float64),  # high_tech
        array_at(table[4], (SECTOR_COUNT, zones), np.float64),  # spillover
        array_at(table[5], (SECTOR_COUNT, zones), np.float64),  # reference
        array_at(table[6], (SECTOR_COUNT, zones), np.float64),  # outside
        array_at(table[7], (SECTOR_COUNT,), np.int64),  # firms
        array_at(table[8], (zones, FAMILY_COUNT), np.float64),  # known
        array_at(table[9], (zones,), np.float64),  # liaisons
        array_at(table[10], (SERIES_COUNT,), np.int64),  # totals
    )
