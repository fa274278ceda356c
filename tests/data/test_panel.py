"""The loader of counts: what it reads, and one test for the message of every error."""

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ecosim.data import panel
from ecosim.data.errors import UserError
from ecosim.data.panel import CountsError

GOOD = "location,target,time,value\nPinghu,tech_sme_stock,2016,279\nPinghu,tech_sme_stock,2017,358\n"


@pytest.fixture
def write(tmp_path: Path):
    def to_file(text: str, name: str = "counts.csv", encoding: str = "utf-8") -> Path:
        path = tmp_path / name
        path.write_bytes(text.encode(encoding))
        return path

    return to_file


def message(path: Path) -> str:
    with pytest.raises(CountsError) as caught:
        panel.load_counts(path)
    assert str(path) in str(caught.value)
    assert isinstance(caught.value, UserError)
    assert isinstance(caught.value, ValueError)
    return str(caught.value)


def test_reads_a_table_and_fills_in_the_units_of_known_targets(write):
    counts = panel.load_counts(write(GOOD))
    assert tuple(counts.columns) == panel.COLUMNS
    assert counts["value"].tolist() == [279.0, 358.0]
    assert counts["unit"].tolist() == ["count", "count"]
    assert counts["as_of"].tolist() == ["", ""]


def test_reads_utf8_with_byte_order_mark_as_excel_writes_it(write):
    assert len(panel.load_counts(write(GOOD, encoding="utf-8-sig"))) == 2


def test_reads_chinese_places_and_sources(write):
    counts = panel.load_counts(
        write("location,target,time,value,source\n平湖,hnte_stock,2018,100,平湖市统计局，2018年公报\n")
    )
    assert counts.loc[0, "location"] == "平湖"
    assert counts.loc[0, "source"] == "平湖市统计局，2018年公报"


def test_location_codes_and_names_that_look_like_something_else_stay_text(write):
    lines = "".join(f"{name},firms,2020,1\n" for name in ("007", "NA", "NO", "1e5", "null", "330482"))
    counts = panel.load_counts(write("location,target,time,value\n" + lines))
    assert counts["location"].tolist() == ["007", "NA", "NO", "1e5", "null", "330482"]


def test_reads_parquet_with_years_as_numbers(tmp_path):
    path = tmp_path / "counts.parquet"
    frame = pd.DataFrame({"location": [330482] * 2, "target": "firms", "time": [2016, 2017], "value": [3, None]})
    frame.to_parquet(path)
    counts = panel.load_counts(path)
    assert counts["location"].tolist() == ["330482"] * 2
    assert counts["time"].tolist() == ["2016", "2017"]
    assert np.isnan(counts.loc[1, "value"])


def test_blank_lines_are_skipped_and_rows_keep_their_line_numbers(write):
    assert len(panel.load_counts(write(GOOD + "\n\n"))) == 2
    assert "row 5: " in message(write(GOOD + "\nPinghu,tech_sme_stock,2018,-1\n"))


def test_negative_and_fractional_values_are_fine_where_the_unit_is_no_count(write):
    text = "location,target,time,value,unit\nA,gdp,2020,-1.5,\nA,balance,2020,-2.25,100m CNY\nA,employment,2020,1.5,\n"
    assert panel.load_counts(write(text))["value"].tolist() == [-1.5, -2.25, 1.5]


def test_a_row_without_a_value_declares_a_gap(write):
    counts = panel.load_counts(write("location,target,time,value\nA,firms,2019,5\nA,firms,2020,\nA,firms,2021,7\n"))
    assert panel.series(counts, "A", "firms").to_dict() == {2019: 5.0, 2021: 7.0}
    wide = panel.wide(counts, "firms")
    assert wide.index.tolist() == [2019, 2020, 2021]
    assert np.isnan(wide.loc[2020, "A"])


def test_a_missing_file_is_named_with_what_lies_beside_it(write, tmp_path):
    write(GOOD, "mine.csv")
    text = message(tmp_path / "yours.csv")
    assert "no such file" in text
    assert "mine.csv" in text


@pytest.mark.parametrize("content", ["", "\n\n", " "])
def test_an_empty_file_is_an_error(write, content):
    assert "is empty; its first line is location,target,time,value" in message(write(content))


def test_a_header_without_rows_is_an_error(write):
    assert "has a header and no rows" in message(write("location,target,time,value\n"))


def test_a_file_in_a_chinese_encoding_is_told_to_become_utf8(write):
    text = message(write("location,target,time,value\n平湖,firms,2020,1\n", encoding="gb18030"))
    assert "line 2 is not UTF-8; save it as 'CSV UTF-8', or convert it from GB18030" in text


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be"])
def test_the_unicode_text_of_excel_is_told_to_become_utf8(write, encoding):
    mark = "\ufeff" if encoding == "utf-16-be" else ""
    text = message(write(f"{mark}location\ttarget\ttime\tvalue\n平湖\tfirms\t2020\t1\n", encoding=encoding))
    assert "is UTF-16, Excel's 'Unicode text'; save it as 'CSV UTF-8'" in text
    assert "GB18030" not in text


YEARS = [f"A,firms,{year},{year - 2000},book" for year in range(2004, 2010)]


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({2: "A\0,firms,2006,6,book"}, "line 4 holds a NUL byte"),
        ({2: 'A",firms,2006,6,book'}, "1 location with a stray quote: row 4: 'A\"'; remove it"),
        ({2: 'A,fi"rms,2006,6,book'}, "1 target with a stray quote: row 4: 'fi\"rms'; remove it"),
        ({2: 'A,firms,2006,6,"book', 4: 'A,firms,2008,8,book"'}, "a cell that ends in row 6 goes over several lines"),
    ],
)
def test_a_stray_byte_or_quote_is_named_by_its_line_and_not_as_a_gap(write, changed, says):
    rows = [changed.get(number, row) for number, row in enumerate(YEARS)]
    assert says in message(write("location,target,time,value,source\n" + "\n".join(rows) + "\n"))


def test_a_name_with_quotes_of_its_own_is_a_name(write):
    rows = '"The ""Old"" Town",hnte_stock,2020,1\nThe New Town,hnte_stock,2020,2\n'
    assert panel.load_counts(write("location,target,time,value\n" + rows))["location"].tolist()[0] == 'The "Old" Town'


def test_a_broken_parquet_file_and_a_foreign_ending_are_errors(write):
    assert "cannot be read as Parquet" in message(write("no parquet", "counts.parquet"))
    assert ".xlsx is not read; save the table as .csv (UTF-8) or .parquet" in message(write("x", "counts.xlsx"))


def test_a_folder_is_no_table(tmp_path):
    assert "is a folder" in message(tmp_path)


@pytest.mark.parametrize(
    ("header", "hint"),
    [
        ("location,target,year,value", "missing column time"),
        ("locaton,target,time,value", "rename 'locaton' to 'location'"),
        ("Location,target,time,value", "rename 'Location' to 'location'"),
        ("地区,target,time,value", "rename '地区' to 'location'"),
        ("a,b", "missing columns location, target, time, value (found: a, b)"),
    ],
)
def test_missing_columns_are_named_with_the_nearest_name(write, header, hint):
    cells = ",".join("1" for _ in header.split(","))
    assert hint in message(write(f"{header}\n{cells}\n"))


def test_unknown_columns_are_errors_with_the_nearest_name(write):
    text = message(write("location,target,time,value,units\nA,firms,2020,1,count\n"))
    assert "unknown column 'units'; did you mean 'unit'?" in text


def test_a_column_that_stands_twice_is_an_error(write):
    assert "does a title stand above the names?" in message(
        write("Counts of A,,,\nlocation,target,time,value\nA,firms,2020,1\n")
    )
    assert "column value stands twice" in message(write("location,target,time,value,value\nA,firms,2020,1,1\n"))


def test_other_separators_are_recognized(write):
    assert "separated by semicolons" in message(write(GOOD.replace(",", ";")))
    assert "separated by tabs" in message(write(GOOD.replace(",", "\t")))


def test_a_row_with_too_many_cells_names_its_line_and_the_thousands_separator(write):
    text = message(write("location,target,time,value\nA,firms,2020,1,234\n"))
    assert "line 2 has 5 cells where the header has 4 columns" in text
    assert "write 1234 and not 1,234" in text


def test_unclosed_quotes_are_an_error(write):
    text = message(write('location,target,time,value\n"A,firms,2020,1\nA,firms,2021,1\n'))
    assert "lines 2 to 3 cannot be read" in text
    assert """'"A,firms,2020,1'; check its quotes""" in text


def test_negative_counts_are_counted_and_the_first_three_shown(write):
    rows = "".join(f"A,firms,{year},-{year - 2009}\n" for year in range(2010, 2015))
    text = message(write("location,target,time,value\n" + rows))
    assert "5 negative counts: row 2: A, firms, 2010: -1; row 3: A, firms, 2011: -2; row 4: A, firms, 2012: -3" in text
    assert text.endswith("and 2 more; drop or correct them")


def test_fractional_counts_are_errors(write):
    text = message(write("location,target,time,value\nZhejiang,hnte_certifications,2019,10.5\n"))
    assert "1 fractional count: row 2: Zhejiang, hnte_certifications, 2019: 10.5; " in text


@pytest.mark.parametrize("value", ["many", "NA", "-", "12a", "1 234", "0x10", "1_000", "１２", "nan", "inf", "∞"])
def test_values_that_are_no_number_are_errors(write, value):
    text = message(write(f"location,target,time,value\nA,firms,2020,{value}\n"))
    assert f"1 value not written as a number: row 2: A, firms, 2020: {value!r}" in text
    assert "leave the cell empty for a declared gap" in text


def test_infinite_values_are_errors(write):
    assert "1 infinite value: row 2" in message(write("location,target,time,value\nA,gdp,2020,1e999\n"))
    with pytest.raises(CountsError, match="1 infinite value"):
        panel.validate(pd.DataFrame({"location": "A", "target": "gdp", "time": "2020", "value": [np.inf]}), "mine")


def test_booleans_are_no_numbers():
    frame = pd.DataFrame({"location": "A", "target": "firms", "time": ["2020"], "value": [True]})
    with pytest.raises(CountsError, match="1 value not written as a number"):
        panel.validate(frame, "mine")


def test_duplicates_are_errors_unless_their_vintages_differ(write):
    text = message(write(GOOD + "Pinghu,tech_sme_stock,2017,360\n"))
    assert "1 duplicated row: row 4: Pinghu, tech_sme_stock, 2017: 360, and 358 in row 3; " in text
    vintages = "location,target,time,value,as_of\nA,gdp,2017,1,2018-02\nA,gdp,2017,2,2018-11\n"
    counts = panel.load_counts(write(vintages))
    assert panel.series(counts, "A", "gdp").to_dict() == {2017: 2.0}
    assert panel.series(panel.known_at(counts, "2018-06", vintage=True), "A", "gdp").to_dict() == {2017: 1.0}


@pytest.mark.parametrize(
    ("times", "missing"),
    [
        (["2015", "2018"], "2016, 2017"),
        (["2015-Q3", "2016-Q2"], "2015-Q4, 2016-Q1"),
        (["2015-11", "2016-02"], "2015-12, 2016-01"),
        (["2010", "2020"], "2011, 2012, 2013 and 6 more"),
    ],
)
def test_undeclared_gaps_are_named(write, times, missing):
    rows = "".join(f"A,firms,{time},1\n" for time in times)
    text = message(write("location,target,time,value\n" + rows))
    beside = f"row 2 is of {times[0]}, row 3 of {times[1]}"
    assert f"undeclared gap: A, firms: {missing} ({beside}); add the figures, declare" in text


def test_a_year_by_a_slip_of_the_pen_is_found_beside_the_longest_gap(write):
    text = message(write("location,target,time,value\nA,firms,2017,1\nA,firms,2081,1\nA,firms,2019,1\n"))
    assert "2018, 2020, 2021 and 59 more (row 4 is of 2019, row 3 of 2081); " in text


def test_days_have_no_gaps(write):
    text = "location,target,time,value\nA,firms,2020-01-03,1\nA,firms,2020-05-07,2\n"
    assert len(panel.load_counts(write(text))) == 2


def test_unknown_units_are_answered_with_the_list(write):
    text = message(write("location,target,time,value,unit\nA,cafes,2020,1,counts\n"))
    assert "1 row with an unknown unit: row 2: A, cafes, 2020: 'counts'; did you mean 'count'? valid: " in text
    assert "100m CNY" in text


def test_an_unknown_target_needs_a_unit(write):
    text = message(write("location,target,time,value\nA,hnte_stok,2020,1\n"))
    assert "1 row of a target without a known unit: row 2: A, hnte_stok, 2020; add a unit column" in text
    assert "did you mean 'hnte_stock'?" in text


def test_a_known_target_in_another_unit_is_told_to_convert(write):
    text = message(write("location,target,time,value,unit\nA,rd_expenditure,2020,100,10k CNY\n"))
    assert "'10k CNY'; convert rd_expenditure to '100m CNY', or give the target another name" in text


@pytest.mark.parametrize(
    "time", ["22", "2022-13", "2022-Q5", "2022/09", "2022年", "2022-02-30", "20220930", "2022.5", ""]
)
def test_malformed_times_are_errors(write, time):
    text = message(write(f"location,target,time,value\nA,firms,{time},1\n"))
    assert f"1 malformed time: row 2: {time!r}; write '2022', '2022-Q3', '2022-09' or '2022-09-30'" in text


def test_a_malformed_as_of_is_an_error(write):
    assert "1 malformed as_of: row 2: 'May'" in message(write("location,target,time,value,as_of\nA,firms,2020,1,May\n"))


def test_mixed_frequencies_within_one_series_are_errors(write):
    text = message(write("location,target,time,value\nA,firms,2020,1\nA,firms,2021-Q1,1\nB,firms,2021-Q1,1\n"))
    assert "A, firms mixes frequencies (quarter '2021-Q1' in row 3, year '2020' in row 2)" in text


@pytest.mark.parametrize("column", ["location", "target"])
def test_rows_without_a_name_are_errors(write, column):
    cells = {"location": "A", "target": "firms"} | {column: ""}
    text = message(write(f"location,target,time,value\n{cells['location']},{cells['target']},2020,1\n"))
    assert f"1 row without {column}" in text


def test_quarters_make_a_year_as_stock_or_sum_and_only_when_complete(write):
    lines = ["location,target,time,value"]
    lines += [f"A,firms,2020-Q{quarter},{quarter}" for quarter in (1, 2, 3, 4)] + ["A,firms,2021-Q1,9"]
    lines += [f"A,births,2020-Q{quarter},{quarter}" for quarter in (1, 2, 3, 4)] + ["A,births,2021-Q1,9"]
    counts = panel.load_counts(write("\n".join(lines)))
    assert panel.series(counts, "A", "firms").to_dict() == {2020: 4.0}
    assert panel.series(counts, "A", "births").to_dict() == {2020: 10.0}
    assert panel.by_quarter(counts, "A", "firms").to_dict() == {8080: 1, 8081: 2, 8082: 3, 8083: 4, 8084: 9}


def as_rows(counts):
    return list(zip(counts["target"], counts["time"], counts["value"], strict=True))


def test_a_table_in_years_has_sums_of_flows_and_the_last_of_stocks_with_its_time(write):
    lines = ["location,target,time,value"]
    lines += [f"A,births,2020-{month:02},{month}" for month in range(1, 13)] + ["A,births,2021-01,9"]
    lines += ["A,firms,2020-Q3,5", "A,firms,2020-Q4,6", "A,firms,2021-Q1,7", "A,firms,2021-Q2,"]
    table = panel.in_years(panel.load_counts(write("\n".join(lines))))
    assert as_rows(table) == [("births", "2020", 78.0), ("firms", "2020", 6.0), ("firms", "2021-Q1", 7.0)]
    assert list(table.columns) == list(panel.COLUMNS)


def test_a_year_of_a_flow_that_lacks_a_part_is_a_gap_between_others_and_nothing_after_them(write):
    lines = ["location,target,time,value"]
    lines += [f"A,births,{year}-Q{n},{'' if (year, n) == (2021, 2) else n}" for year in range(2020, 2023)
              for n in range(1, 5)]  # fmt: skip
    table = panel.in_years(panel.load_counts(write("\n".join([*lines, "A,births,2023-Q1,9"]))))
    assert table["time"].tolist() == ["2020", "2021", "2022"]
    assert table["value"].fillna(-1).tolist() == [10.0, -1.0, 10.0]


def test_years_and_parts_of_what_is_neither_stock_nor_flow_stay_as_they_are(write):
    lines = ["location,target,time,value,unit", "A,births,2020,3,", "A,cafes,2020-Q1,3,count", "A,births,2021,,"]
    counts = panel.load_counts(write("\n".join(lines)))
    pd.testing.assert_frame_equal(panel.in_years(counts), counts)
    assert panel.in_years(counts.iloc[:0]).empty


def test_parts_of_a_year_of_an_unknown_target_are_an_error(write):
    counts = panel.load_counts(write("location,target,time,value,unit\nA,cafes,2020-Q1,3,count\n"))
    with pytest.raises(CountsError, match="does not know how they make a year"):
        panel.series(counts, "A", "cafes")


def test_the_users_rows_win_over_the_carried_ones_and_are_counted(write):
    lower = panel.load_counts(write("location,target,time,value\nA,firms,2019,1\nA,firms,2020,2\nB,firms,2020,3\n"))
    upper = panel.load_counts(write("location,target,time,value\nA,firms,2020,20\nA,firms,2021,30\n"))
    merged = panel.merge(upper, lower)
    assert (merged.replaced, merged.added) == (1, 1)
    assert panel.series(merged.counts, "A", "firms").to_dict() == {2019: 1.0, 2020: 20.0, 2021: 30.0}
    assert panel.series(merged.counts, "B", "firms").to_dict() == {2020: 3.0}


def test_a_gap_between_the_users_rows_and_the_carried_ones_is_named(write):
    lower = panel.load_counts(write("location,target,time,value\nA,firms,2019,1\n"))
    upper = panel.load_counts(write("location,target,time,value\nA,firms,2021,3\n"))
    with pytest.raises(CountsError, match=re.escape("mine over china: undeclared gap: A, firms: 2020; ")):
        panel.merge(upper, lower, "mine over china")


def test_the_hash_changes_with_any_cell_and_with_nothing_else(write):
    counts = panel.load_counts(write(GOOD))
    shuffled = counts.iloc[::-1][list(reversed(panel.COLUMNS))]
    assert panel.data_hash(shuffled) == panel.data_hash(counts)
    for column in panel.COLUMNS:
        other = counts.copy()
        other.loc[0, column] = 280.0 if column == "value" else "x"
        assert panel.data_hash(other) != panel.data_hash(counts)
