"""Runs beside each other: what stands on the page, and what does not."""

from collections.abc import Callable

import pandas as pd
import pytest
import yaml

from ecosim.figures import Labels, TargetLabel
from ecosim.publication.comparing import (
    caution,
    common_targets,
    costs,
    effects,
    left_out,
    scores,
    sentences,
    years_shown,
)
from ecosim.publication.differing import apart, briefly, differences, legend, names_of
from ecosim.publication.recorded import Recorded


def lacking(run: Recorded, target: str) -> Recorded:
    """The run without a target."""
    path = run.folder / "forecast.csv"
    table = pd.read_csv(path)
    table[table["target"] != target].to_csv(path, index=False)
    return Recorded(run.folder, run.run)


def test_targets_that_a_run_lacks_are_named_with_those_that_have_them(make_run: Callable[..., Recorded]) -> None:
    runs = [make_run("a"), lacking(make_run("b", seed=2), "tech_sme_new"), make_run("c", seed=3)]
    assert common_targets(runs) == ["tech_sme_stock"]
    assert left_out(runs, ["tech_sme_stock"], Labels("Pinghu")) == [
        "Not in all runs, so not compared: New technology SMEs 新增科技型中小企业 (A and C)."
    ]


def test_common_targets_that_have_no_panel_are_named(make_run: Callable[..., Recorded]) -> None:
    runs = [make_run("a"), make_run("b", seed=2)]
    assert left_out(runs, common_targets(runs), Labels("Pinghu")) == []
    assert left_out(runs, ["tech_sme_stock"], Labels("Pinghu")) == [
        "In all runs, in forecast.csv of each but not shown here: New technology SMEs 新增科技型中小企业."
    ]


def changed(run: Recorded, **policy: object) -> Recorded:
    """The run with a policy of its own in the settings."""
    path = run.folder / "config.yaml"
    settings = yaml.safe_load(path.read_text(encoding="utf-8"))
    path.write_text(yaml.safe_dump({**settings, "policies": {"visits": policy}}), encoding="utf-8")
    return Recorded(run.folder, run.run)


@pytest.mark.parametrize(("one", "other"), [(1, True), ([1, 2], [True, 2]), ({"a": 0}, {"a": False}), (1, "1")])
def test_numbers_and_truths_that_python_takes_for_equal_differ(
    make_run: Callable[..., Recorded], one: object, other: object
) -> None:
    first, second = changed(make_run("a"), amount=one), changed(make_run("b"), amount=other)
    (row,) = differences([first, second]).rows
    assert row[0].startswith("policies.visits.amount")


def test_a_run_is_told_from_the_others_by_the_settings_that_differ(make_run: Callable[..., Recorded]) -> None:
    runs = [changed(make_run("a"), amount=3), changed(make_run("b"), amount=4)]
    assert apart(runs) == [["visits.amount 3"], ["visits.amount 4"]]
    assert names_of(runs)[1][1].endswith("; visits.amount 4 (b)")
    assert apart([runs[0], make_run("c")]) == [["with visits"], ["without visits"]]
    settings = yaml.safe_dump({**runs[1].settings, "title": "other package", "horizon": 2018})
    (runs[1].folder / "config.yaml").write_text(settings, encoding="utf-8")
    words = apart([runs[0], Recorded(runs[1].folder, "b")])
    assert words[1] == ["horizon 2018"], "the title says that policies differ"


def test_a_legend_names_as_many_settings_as_there_is_room_for() -> None:
    words = ["seed 7", "delivery_sd 0.25", "hnte_award.budget.2017-07 3000"]
    assert briefly(words[:2], 30) == "seed 7, delivery_sd 0.25"
    assert briefly(words, 30) == "seed 7 and 2 more"
    assert briefly(words[2:], 20) == "hnte_award.budge ..."
    assert briefly(words, 8) == "seed 7"
    assert briefly([], 20) == ""


def test_a_legend_names_titles_or_where_they_are_the_same_settings(make_run: Callable[..., Recorded]) -> None:
    runs = [changed(make_run("a"), amount=3), changed(make_run("b"), amount=4)]
    assert legend(runs) == ["visits.amount 3", "visits.amount 4"]
    settings = yaml.safe_dump({**runs[1].settings, "title": "other package"})
    (runs[1].folder / "config.yaml").write_text(settings, encoding="utf-8")
    runs[1] = Recorded(runs[1].folder, "b")
    assert legend(runs) == [runs[0].title, "other package"]


def test_a_setting_that_holds_nothing_is_told_as_such(make_run: Callable[..., Recorded]) -> None:
    runs = [make_run("a"), make_run("b")]
    for run, more in zip(
        runs,
        (
            {"without": [], "intensity": {}, "posterior": None},
            {"without": ["visits"], "intensity": {"award": 2.0}, "posterior": "1a"},
        ),
        strict=True,
    ):
        (run.folder / "config.yaml").write_text(yaml.safe_dump({**run.settings, **more}), encoding="utf-8")
    runs = [Recorded(run.folder, run.run) for run in runs]
    assert apart(runs) == [
        ["no intensity.award", "no posterior", "nothing left out"],
        ["intensity.award 2.0", "posterior 1a", "without visits"],
    ]


def test_what_the_setting_leaves_out_is_not_told_again_by_instrument(make_run: Callable[..., Recorded]) -> None:
    whole = {"visits": {"group": "service"}, "award": {"group": "money"}, "prize": {"group": "money"}}
    runs = [make_run("a"), make_run("b")]
    for run, rows, without in zip(runs, (whole, {"prize": whole["prize"]}), ([], ["service"]), strict=True):
        settings = yaml.safe_dump({**run.settings, "policies": rows, "without": without})
        (run.folder / "config.yaml").write_text(settings, encoding="utf-8")
    runs = [Recorded(run.folder, run.run) for run in runs]
    assert apart(runs) == [["with award", "nothing left out"], ["without award", "without service"]]


def test_the_order_of_keys_is_no_difference(make_run: Callable[..., Recorded]) -> None:
    runs = [changed(make_run("a"), amount=3, towns=["a"]), changed(make_run("b"), towns=["a"], amount=3)]
    assert differences(runs).rows == ()


def test_the_middle_and_the_last_of_common_years_are_shown() -> None:
    tables = [pd.DataFrame({"time": [str(year) for year in range(first, 2022)]}) for first in (2016, 2018)]
    assert years_shown(tables) == ["2019", "2021"]
    assert years_shown([tables[0].head(1), tables[1]]) == []


def test_an_update_is_named_as_one_whose_effect_the_counts_moved(make_run: Callable[..., Recorded]) -> None:
    runs = [make_run("a"), make_run("b")]
    assert caution(runs).endswith("not an estimate from the counts.")
    settings = yaml.safe_dump({**runs[1].settings, "updated_to": 2017})
    (runs[1].folder / "updated_run.yaml").write_text(settings, encoding="utf-8")
    after = [runs[0], Recorded(runs[1].folder, "b")]
    assert caution(after).endswith("In B new counts moved it (ensemble Kalman smoother), which does not identify it.")


def test_sentences_are_about_the_last_year(make_run: Callable[..., Recorded]) -> None:
    runs = [make_run("a"), make_run("b", seed=2)]
    (sentence,) = sentences(runs, ["tech_sme_stock"], Labels("Pinghu"))
    median = [
        run.table("forecast").query("target == 'tech_sme_stock' and time == '2019' and quantile == 0.5")["value"].item()
        for run in runs
    ]
    assert sentence.startswith(f"Technology SMEs 科技型中小企业 at the end of 2019: A {median[0]:.0f} (")
    assert f"), B {median[1]:.0f} (" in sentence
    assert sentence.endswith(") firms.")


def test_the_headline_and_the_two_targets_that_lie_furthest_apart_are_told(make_run: Callable[..., Recorded]) -> None:
    runs = [make_run("a"), make_run("b")]
    for run, factors in zip(runs, ((1.0, 1.0, 1.0, 1.0), (1.001, 1.2, 1.05, 0.9)), strict=True):
        table = run.table("forecast").query("target == 'tech_sme_stock'")
        many = [table.assign(target=f"t{n}", value=table["value"] * factor) for n, factor in enumerate(factors)]
        pd.concat(many).to_csv(run.folder / "forecast.csv", index=False)
    runs = [Recorded(run.folder, run.run) for run in runs]
    *told, why = sentences(runs, ["t0", "t1", "t2", "t3"], Labels("Pinghu"))
    assert [text.split()[0].lower() for text in told] == ["t0", "t1", "t3"]
    assert why.startswith("Of 4 targets shown these are the first that was asked for and the 2 in which")
    few = sentences(runs, ["t0", "t1", "t2"], Labels("Pinghu"))
    assert [text.split()[0].lower() for text in few] == ["t0", "t1", "t2"], "nothing was chosen"


def test_which_counts_are_shown_first_is_no_difference(make_run: Callable[..., Recorded]) -> None:
    runs = [make_run("a"), make_run("b")]
    study = {**runs[1].settings["study"], "targets": ["tech_sme_new"]}
    (runs[1].folder / "config.yaml").write_text(yaml.safe_dump({**runs[1].settings, "study": study}), encoding="utf-8")
    assert differences([runs[0], Recorded(runs[1].folder, "b")]).rows == ()


def test_a_unit_that_holds_a_number_stands_apart_from_the_values(make_run: Callable[..., Recorded]) -> None:
    runs = [make_run("a"), make_run("b", seed=2)]
    money = Labels("Pinghu", targets={"tech_sme_stock": TargetLabel("R&D spending", "100m CNY", whole=False)})
    (sentence,) = sentences(runs, ["tech_sme_stock"], money)
    assert sentence.endswith(") (100m CNY).")


def test_a_target_that_a_run_forecasts_for_fewer_years_is_told_in_the_last_of_them(
    make_run: Callable[..., Recorded],
) -> None:
    runs = [make_run("a"), make_run("b", seed=2)]
    table = runs[1].table("forecast")
    shorter = (table["target"] == "tech_sme_new") & (table["time"] == "2019")
    table[~shorter].to_csv(runs[1].folder / "forecast.csv", index=False)
    first, second = sentences(runs, ["tech_sme_stock", "tech_sme_new"], Labels("Pinghu"))
    assert " at the end of 2019: A " in first
    assert " in 2018: A " in second


def test_a_run_that_is_its_baseline_has_no_effect_to_show(make_run: Callable[..., Recorded]) -> None:
    runs = [make_run("a"), make_run("b", effect=1.0)]
    shown = effects(runs, ["tech_sme_stock"], Labels("Pinghu"))
    assert [cells[1] for _, _, cells in shown.rows] == ["–", "–"]
    assert all(cells[0].startswith("+") for _, _, cells in shown.rows)
    assert effects(runs[1:], ["tech_sme_stock"], Labels("Pinghu")).rows == ()


def test_costs_are_those_of_the_package_to_the_horizon_in_millions(make_run: Callable[..., Recorded]) -> None:
    runs = [make_run("a"), make_run("b")]
    rows = [("package", "2017", 400.0, 300.0, 500.0, 20.0, 0.2), ("package", "all", 1234.0, 900.0, 1500.0, 75.0, 0.53)]
    columns = ["instrument", "year", "outlay", "outlay_lower", "outlay_upper", "recipients", "deadweight_share"]
    pd.DataFrame(rows, columns=columns).to_csv(runs[0].folder / "costs.csv", index=False)
    assert costs(runs, Labels("Pinghu")).rows == (
        ("paid", "m CNY, origin to horizon", ("12\n9 to 15", "–")),
        ("recipients", "firms, once a year for each instrument", ("75", "–")),
        ("would have acted anyway", "share of what recipients did", ("53 %", "–")),
    )


def test_counts_that_came_later_stand_beside_each_run_with_how_many_it_held(make_run: Callable[..., Recorded]) -> None:
    runs = [make_run("a"), make_run("b")]
    rows = [("tech_sme_stock", "2017", 358.0, 340.0, 300.0, 380.0, 9.5, True),
            ("tech_sme_stock", "2018", 420.0, 360.0, 310.0, 410.0, 41.0, False),
            ("tech_sme_stock", "2019", 430.0, 380.0, 320.0, 425.0, 38.0, False)]  # fmt: skip
    columns = ["target", "time", "observed", "median", "lower", "upper", "wis", "inside_90"]
    pd.DataFrame(rows, columns=columns).to_csv(runs[0].folder / "scores.csv", index=False)
    shown = scores(runs, Labels("Pinghu"))
    assert shown.rows[0] == (
        "Technology SMEs 科技型中小企业, 2017", "counted: 358", ("340\n300 to 380\nWIS 9.5", "–"),
    )  # fmt: skip
    assert shown.rows[-1] == ("held by the 90 % interval", "counts", ("1 of 3", "–"))
