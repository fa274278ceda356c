"""Runs that share their luck are compared future by future; of others it is said that they do not."""

import json
from collections.abc import Callable

import pandas as pd
import pytest
import yaml

from ecosim.figures import Labels
from ecosim.publication.comparing import futures_apart, sentences
from ecosim.publication.paired import futures, in_futures, more_than_first, without_luck_in_common
from ecosim.publication.recorded import Recorded

PINGHU = Labels("Pinghu")


def given(run: Recorded, **settings: object) -> Recorded:
    """The run with other settings."""
    path = run.folder / "config.yaml"
    tree = yaml.safe_load(path.read_text(encoding="utf-8"))
    path.write_text(yaml.safe_dump({**tree, **settings}, allow_unicode=True), encoding="utf-8")
    return Recorded(run.folder, run.run)


def raised(run: Recorded, member: int, value: float) -> Recorded:
    """The run with another stock in 2019 in one future of the scenario."""
    path = run.folder / "members.parquet"
    table = pd.read_parquet(path)
    one = table.eval("scenario == 'test' and target == 'tech_sme_stock' and time == '2019'") & (table.member == member)
    table.loc[one, "value"] = value
    table.to_parquet(path, index=False)
    return Recorded(run.folder, run.run)


def test_what_a_run_has_more_is_taken_future_by_future(make_run: Callable[..., Recorded]) -> None:
    runs = [make_run("a", effect=1.2), make_run("b", effect=1.3)]
    runs[1] = raised(runs[1], 3, 1.0)
    first, second = (
        run.members().query("scenario == 'test' and target == 'tech_sme_stock' and time == '2019'").set_index("member")
        for run in runs
    )
    paired = second["value"] - first["value"]
    more = more_than_first(futures(runs), 1, "tech_sme_stock", "2019")
    assert more is not None
    assert more.median == pytest.approx(paired.median())
    assert (more.low, more.high) == pytest.approx((paired.quantile(0.05), paired.quantile(0.95)))
    assert more.above == 39 / 40
    assert more.level == 0.0


def test_table_and_sentences_tell_in_how_many_futures_a_run_lies_above_the_first(
    make_run: Callable[..., Recorded],
) -> None:
    runs = [make_run("a"), make_run("b", effect=1.3), make_run("c"), make_run("d", seed=2)]
    values = futures(runs)
    told = in_futures(values, "tech_sme_stock", "2019")
    assert told == "Of 100 futures B lies above A in 100, C in 0 (level in 100)"
    (sentence,) = sentences(runs, ["tech_sme_stock"], PINGHU, values)
    assert sentence.endswith(f"firms. {told}.")
    table = futures_apart(runs, values, ["tech_sme_stock"], PINGHU)
    assert [name for name, _, _ in table.rows] == [f"Technology SMEs 科技型中小企业, {year}" for year in (2018, 2019)]
    a, b, c, d = table.rows[-1][2]
    assert float(a) == pytest.approx(values[0]["tech_sme_stock", "2019"].median(), abs=0.5)  # type: ignore[index]
    assert b.startswith("+")
    assert b.endswith("\nabove A in 100")
    assert c == "0\n0 to 0\nabove A in 0 (level in 100)"
    assert d == "–"
    assert table.remark.startswith("B less A, C less A: member m")


def test_runs_with_other_members_are_not_paired_and_the_way_out_is_named(make_run: Callable[..., Recorded]) -> None:
    runs = [make_run("a"), given(make_run("b"), members=20)]
    assert without_luck_in_common(runs) == (
        "These runs do not share their luck (members A 40, B 20), so differences of medians may be luck; "
        "run both with the same members and seed to compare them future by future."
    )
    assert futures(runs) == [None, None]
    assert futures_apart(runs, futures(runs), ["tech_sme_stock"], PINGHU).rows == ()
    assert "futures" not in sentences(runs, ["tech_sme_stock"], PINGHU, futures(runs))[0]


def test_runs_that_share_all_but_their_policies_need_no_caution(make_run: Callable[..., Recorded]) -> None:
    runs = [make_run("a"), given(make_run("b"), policies={"visits": {"amount": 3}}, title="other")]
    assert without_luck_in_common(runs) == ""
    assert all(each is not None for each in futures(runs))


@pytest.mark.parametrize(
    ("settings", "differs", "way_out"),
    [
        ({"seed": 2}, "seed A 1, B 1, C 2", "run all with the same members and seed to"),
        ({"origin": "2017-12"}, "origin A 2016-12, B 2016-12, C 2017-12", "the same members, seed and origin to"),
        ({"baseline": "none"}, "baseline A national_rules, B national_rules, C none", "members, seed and baseline"),
        ({"region": {"name": "Haiyan"}}, "region A Pinghu, B Pinghu, C Haiyan", "only runs of one region are"),
        (
            {"region": {"name": "Pinghu", "name_zh": "平湖", "firms": 9}},
            "region.firms A –, B –, C 9",
            "the same members, seed and region.firms to",
        ),
    ],
)
def test_a_run_that_alone_has_other_luck_is_named(
    make_run: Callable[..., Recorded], settings: dict[str, object], differs: str, way_out: str
) -> None:
    runs = [make_run("a"), make_run("b"), given(make_run("c"), **settings)]
    told = without_luck_in_common(runs)
    assert told.startswith(f"C does not share the luck of A ({differs}), so differences of medians may be luck; ")
    assert way_out in told
    assert [each is None for each in futures(runs)] == [False, False, True]


def test_other_counts_are_other_luck(make_run: Callable[..., Recorded]) -> None:
    runs = [make_run("a"), make_run("b")]
    path = runs[1].folder / "provenance.json"
    told = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**told, "data_hash": "e" * 64}), encoding="utf-8")
    runs[1] = Recorded(runs[1].folder, "b")
    assert "(counts A dddddddddddd, B eeeeeeeeeeee)" in without_luck_in_common(runs)
    assert "same members, seed and counts" in without_luck_in_common(runs)
    assert futures(runs) == [None, None]
