"""Runs beside each other: what stands on the page, and what does not."""

from collections.abc import Callable

import pandas as pd

from ecosim.figures import Labels
from ecosim.publication.comparing import common_targets, left_out
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
