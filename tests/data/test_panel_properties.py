"""What holds for any table of counts: it survives its files, and nothing dated after the origin passes the gate."""

import tempfile
from datetime import date
from pathlib import Path

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from ecosim.data import panel, periods

names = st.text(
    st.characters(codec="utf-8", exclude_categories=("C", "Z")) | st.sampled_from(" ,\"';"), min_size=1, max_size=8
).filter(lambda text: text == text.strip())
amounts = st.none() | st.floats(-1e12, 1e12, allow_nan=False)
times = st.integers(1, 9998).map("{:04d}".format)


@st.composite
def tables(draw) -> pd.DataFrame:
    """Any valid table of up to eight series: without gaps, each in one frequency, a few rows without a value."""
    rows = []
    target_names = names | st.sampled_from(["firms", "births", "hnte_stock", "gdp_implied"])
    keys = draw(st.lists(st.tuples(names, target_names), min_size=1, max_size=8, unique=True))
    for location, target in keys:
        known = panel.TARGETS.get(target)
        unit = known.unit if known else draw(st.sampled_from(["count", "ratio"]))
        value = st.none() | st.integers(0, 2**50).map(float) if unit == "count" else amounts
        start, per_year = draw(st.integers(1900, 2030)), draw(st.sampled_from([1, 4, 12]))
        published = draw(st.sampled_from(["", "2010", "2018-Q2", "2018-10", "2018-10-01"]))
        for i, number in enumerate(draw(st.lists(value, min_size=1, max_size=14))):
            year, part = start + i // per_year, i % per_year + 1
            time = {1: f"{year}", 4: f"{year}-Q{part}", 12: f"{year}-{part:02d}"}[per_year]
            rows.append((location, target, time, number, unit, published, draw(st.just("") | names)))
    frame = pd.DataFrame(rows, columns=list(panel.COLUMNS))
    return panel.validate(frame.astype({"value": float}), "any table")


@given(tables())
@settings(max_examples=40, deadline=None)
def test_a_table_comes_back_from_csv_and_parquet_as_it_was(counts):
    with tempfile.TemporaryDirectory() as folder:
        csv, parquet = Path(folder, "counts.csv"), Path(folder, "counts.parquet")
        counts.to_csv(csv, index=False, encoding="utf-8-sig")
        counts.to_parquet(parquet)
        for path in (csv, parquet):
            back = panel.load_counts(path)
            pd.testing.assert_frame_equal(back, counts, check_dtype=False, check_exact=True)
            assert panel.data_hash(back) == panel.data_hash(counts)


origins = st.one_of(
    times,
    st.builds("{:04d}-{:02d}".format, st.integers(1890, 2040), st.integers(1, 12)),
    st.builds("{:04d}-Q{}".format, st.integers(1890, 2040), st.integers(1, 4)),
    st.dates(date(1890, 1, 1), date(2040, 1, 1)).map(date.isoformat),
)


@given(tables(), origins, st.booleans())
@settings(max_examples=60, deadline=None)
def test_nothing_dated_after_the_origin_passes_and_all_else_does(counts, origin, vintage):
    last_day = periods.origin_date(origin)
    expected = [
        row
        for row in counts.to_dict("records")
        if periods.parse(row["time"]).end <= last_day
        and (not vintage or not row["as_of"] or periods.parse(row["as_of"]).end <= last_day)
    ]
    known = panel.known_at(counts, origin, vintage=vintage)
    expected_table = pd.DataFrame(expected, columns=list(panel.COLUMNS)).astype({"value": float})
    pd.testing.assert_frame_equal(known, expected_table, check_dtype=False)


@given(tables(), origins)
@settings(max_examples=30, deadline=None)
def test_what_comes_after_the_origin_changes_nothing_that_is_known(counts, origin):
    last_day = periods.origin_date(origin)
    later = [periods.parse(time).end > last_day for time in counts["time"]]
    changed = counts.copy()
    changed.loc[later, "value"] = 77.0
    assert panel.data_hash(panel.known_at(changed, origin)) == panel.data_hash(panel.known_at(counts, origin))


@given(tables())
@settings(max_examples=30, deadline=None)
def test_validating_twice_changes_nothing(counts):
    pd.testing.assert_frame_equal(panel.validate(counts, "again"), counts)


@given(tables(), st.randoms(use_true_random=False))
@settings(max_examples=30, deadline=None)
def test_declared_gaps_make_any_subset_of_a_table_valid(counts, random):
    subset = counts[[random.random() < 0.5 for _ in range(len(counts))]].reset_index(drop=True)
    declared = panel.validate(panel.declare_gaps(subset), "subset") if len(subset) else subset
    assert panel.data_hash(declared.dropna(subset="value")) == panel.data_hash(subset.dropna(subset="value"))


@given(tables())
@settings(max_examples=30, deadline=None)
def test_a_wide_table_holds_the_series_of_its_locations(counts):
    known = counts[counts["target"].isin([name for name, target in panel.TARGETS.items() if target.kind != "level"])]
    yearly = counts[counts["time"].str.len() == 4]
    for table in (known, yearly):
        for target in table["target"].unique():
            wide = panel.wide(table, target)
            for location in table.loc[table["target"] == target, "location"].unique():
                expected = panel.series(table, location, target).to_dict()
                assert wide[location].dropna().to_dict() == expected
