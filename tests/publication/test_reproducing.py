"""Tables that are made again are held against the recorded ones: what differs, by how much, and where first."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ecosim.publication.recorded import Recorded
from ecosim.publication.reproducing import compare_folders, verdict

TABLE = pd.DataFrame({"time": ["2017", "2018", "2019"], "low": [0.0, 100.0, 5.0], "high": [1.0, 200.0, np.nan]})


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    """What was recorded and what was made again, with one table each."""
    for name in ("recorded", "again"):
        (tmp_path / name).mkdir()
        TABLE.to_csv(tmp_path / name / "forecast.csv", index=False)
    return tmp_path / "recorded", tmp_path / "again"


def row(folders: tuple[Path, Path], again: pd.DataFrame) -> pd.Series:
    again.to_csv(folders[1] / "forecast.csv", index=False)
    return compare_folders(*folders).set_index("table").loc["forecast.csv"]


def test_numbers_that_differ_are_counted_and_the_first_is_named_with_its_row(folders: tuple[Path, Path]) -> None:
    found = row(folders, TABLE.assign(low=[0.0, 110.0, 5.0], high=[1.0, 250.0, np.nan]))
    assert (found["verdict"], found["rows"], found["different"]) == ("different", 3, 2)
    assert found["largest_relative_difference"] == pytest.approx(50 / 250)
    assert found["where"] == "row 3, low: 100.0 recorded, 110.0 made again"
    assert row(folders, TABLE.assign(low=[1e-9, 100.0, 5.0]))["largest_relative_difference"] == 1.0


@pytest.mark.parametrize("column", ["a", "z"])
def test_no_relative_difference_is_told_where_texts_differ_before_or_behind(
    folders: tuple[Path, Path], column: str
) -> None:
    for folder, word in zip(folders, ("one", "other"), strict=True):
        table = TABLE.assign(**{column: word})
        table[sorted(table)].to_csv(folder / "forecast.csv", index=False)
    again = TABLE.assign(low=[0.0, 110.0, 5.0], **{column: "other"})
    found = row(folders, again[sorted(again)])
    assert found["different"] == 4
    assert np.isnan(found["largest_relative_difference"])


def test_members_are_the_same_to_the_last_bit_only(folders: tuple[Path, Path]) -> None:
    for folder in folders:
        TABLE.to_parquet(folder / "members.parquet", index=False)
    assert set(compare_folders(*folders)["verdict"]) == {"identical"}
    near = TABLE.assign(low=np.nextafter(TABLE["low"], np.inf))
    near.to_parquet(folders[1] / "members.parquet", index=False)
    found = compare_folders(*folders).set_index("table").loc["members.parquet"]
    assert (found["verdict"], found["different"]) == ("different", 3)


def test_a_table_of_one_side_alone_and_one_of_another_length_are_told(folders: tuple[Path, Path]) -> None:
    TABLE.to_csv(folders[0] / "effect.csv", index=False)
    TABLE.to_csv(folders[1] / "costs.csv", index=False)
    assert row(folders, TABLE.head(2))["where"] == "3 rows recorded, 2 made again"
    verdicts = compare_folders(*folders).set_index("table")["verdict"]
    assert verdicts.to_dict() == {
        "costs.csv": "not recorded", "effect.csv": "not made again", "forecast.csv": "different",
    }  # fmt: skip


def test_counts_that_came_later_do_not_settle_the_verdict(folders: tuple[Path, Path]) -> None:
    TABLE.to_csv(folders[0] / "later.csv", index=False)
    TABLE.tail(1).to_csv(folders[1] / "later.csv", index=False)
    same, sentences = verdict(Recorded(folders[0], "x"), compare_folders(*folders), [])
    assert same
    assert sentences[0].startswith("Bit-identical: all 1 tables that settle it (not later.csv)")
    assert sentences[1].startswith("later.csv is not the same, and does not settle the verdict")
