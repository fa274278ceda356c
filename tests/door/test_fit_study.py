"""study=fit: from a file with an equation and a file with a table to coefficients, a table on the screen, a run."""

import json
import shutil
import sqlite3
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ecosim.door.console import run
from ecosim.door.fitting import run_fit
from ecosim.door.library import ConfigError

QUIET = ["study=fit", "tracking.enabled=false"]
EQUATION = """
outcome: patents
terms: [log(rd), lag(subsidy)]
policies: [lag(subsidy)]
fixed_effects: [firm, year]
clusters: firm
unit: firm
"""


@pytest.fixture
def files(here: Path) -> Path:
    luck = np.random.default_rng(1)
    firm, year = np.repeat(np.arange(30), 8), np.tile(np.arange(2010, 2018), 30)
    rd, subsidy = np.exp(luck.normal(2, 0.5, 240)), luck.normal(0, 1, 240)
    patents = luck.poisson(np.exp(0.5 + 0.5 * np.log(rd)))
    columns = {"firm": firm, "year": year, "rd": rd, "subsidy": subsidy, "patents": patents}
    pd.DataFrame(columns).to_csv(here / "firms.csv", index=False)
    (here / "mine.yaml").write_text(EQUATION, encoding="utf-8")
    return here


def test_the_tables_stand_in_the_output_folder(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*QUIET, "study.equation=mine", "data.path=firms.csv"]) == 0
    (folder,) = (files / "outputs" / "fit").iterdir()
    names = {path.name for path in folder.iterdir()}
    assert names == {"coefficients.csv", "diagnostics.csv", "placebos.csv", "config.yaml", "provenance.json"}
    table = pd.read_csv(folder / "coefficients.csv")
    assert table.columns.tolist()[:7] == ["equation", "term", "estimate", "std_error", "lower", "upper", "source"]
    assert table["term"].tolist() == ["log(rd)", "lag(subsidy)"]
    assert table["source"].str.startswith("firms.csv: 210 rows, year 2011-2017").all()
    slope = table.iloc[0]
    assert abs(slope["estimate"] - 0.5) < 4 * slope["std_error"]
    assert {"Pearson / df", "influence"} <= set(pd.read_csv(folder / "diagnostics.csv")["statistic"])
    told = json.loads((folder / "provenance.json").read_text(encoding="utf-8"))
    assert told["equations"][0]["fixed_effects"] == ["firm", "year"]
    said = capsys.readouterr().out
    assert "log(rd)" in said
    assert "placebo lead(subsidy)" in said
    assert "outputs/fit/" in said


def test_a_run_is_told_to_mlflow(files: Path, store: Path) -> None:
    shutil.copytree(store, files / "mlruns")
    assert run(["study=fit", "study.equation=mine", "data.path=firms.csv"]) == 0
    with sqlite3.connect(files / "mlruns" / "mlflow.db") as base:
        assert base.execute("SELECT status FROM runs").fetchall() == [("FINISHED",)]
        metrics = {key for (key,) in base.execute("SELECT key FROM metrics")}
        params = dict(base.execute("SELECT key, value FROM params"))
    assert params["equations"] == "mine"
    assert any(key.startswith("mine/log") for key in metrics)


def test_carried_equations_fit_the_carried_counts_and_early_years_alone(here: Path) -> None:
    outcome = run_fit([*QUIET, "study.equation=[hnte_certifications,inventions_applied]"])
    assert [fit.rows for fit in outcome.fits] == [155, 341]
    spending = "log(lag(fiscal_science_spending))"
    assert outcome.fits[0].value(spending) == pytest.approx((0.46, 0.19), abs=0.006)
    assert "not for counterfactuals" in outcome.fits[0].coefficients.set_index("term").loc[spending, "use"]
    early = run_fit([*QUIET, "study.equation=inventions_applied", "study.until=2016"])
    assert early.fits[0].rows == 155


def test_every_carried_equation_can_be_fitted(here: Path) -> None:
    from ecosim.door.library import Library

    for name in Library().options("equation"):
        assert len(run_fit([*QUIET, f"study.equation={name}"]).fits[0].coefficients)
        assert Library().question("equation", name)


def test_counts_of_ones_own_need_no_code(here: Path) -> None:
    luck = np.random.default_rng(2)
    rows = [
        (place, target, year, value)
        for place in [f"town {i}" for i in range(12)]
        for year in range(2010, 2018)
        for target, value in (("firms", int(luck.poisson(50))), ("visits", int(luck.poisson(9) + 1)))
    ]
    frame = pd.DataFrame(rows, columns=["location", "target", "time", "value"]).assign(unit="count")
    frame.to_csv(here / "counts.csv", index=False)
    (here / "equation").mkdir()
    text = "outcome: firms\nterms: [log(lag(visits))]\nfixed_effects: [location, year]\nclusters: location\n"
    (here / "equation" / "towns.yaml").write_text(text, encoding="utf-8")
    outcome = run_fit([*QUIET, "data=own", "data.path=counts.csv", "study.equation=towns"])
    assert outcome.fits[0].rows == 12 * 7


def test_equations_of_ones_own_are_offered_in_place_of_an_unknown_one(own, files: Path) -> None:  # type: ignore[no-untyped-def]
    (files / "equation").mkdir()
    (files / "equation" / "patents.yaml").write_text(EQUATION, encoding="utf-8")
    (files / "notes.yaml").write_text("written: yesterday\n", encoding="utf-8")
    (files / "old.yaml").write_bytes("outcome: 专利".encode("gbk"))
    folder = own("theirs.yaml", EQUATION)
    with pytest.raises(ConfigError, match=r"did you mean 'patents'\? valid: .*mine.* patents,.* theirs") as caught:
        run_fit([*QUIET, "study.equation=patens"], folder)
    assert "notes" not in str(caught.value)


@pytest.mark.parametrize(
    ("overrides", "says"),
    [
        ([], "study.equation has no value"),
        (["study.equation=miine"], "no miine.yaml in .*valid: .*hnte_certifications"),
        (["study.equation=mine", "data.path=firm.csv"], "data.path='firm.csv': no such file"),
        (["study.equation=broken", "data.path=firms.csv"], "broken.yaml: no valid YAML"),
        (["study.equation=empty", "data.path=firms.csv"], "empty.yaml: holds no keys"),
        (["study.equation=wrong", "data.path=firms.csv"], "equation wrong: no key 'termss'; did you mean 'terms'"),
        (["study.equation=mine", "data.path=firms.csv", "study.until=2000"], "no row up to then; the first is of 2010"),
        (["study.equation=mine", "data.path=firms.csv", "study.until=x"], "study.until='x'"),
        (["study.equation=mine"], "equation mine: the carried counts: the counts have no target 'firm'"),
        (["study.equation=mine", "data.path=long.csv"], "mine: long.csv on top of the carried counts: .* 'firm'"),
        (
            ["study.equation=[hnte_certifications,mine]", "data=own", "data.path=long.csv"],
            "mine: long.csv: .*no target",
        ),
    ],
)
def test_a_mistake_ends_with_its_message_and_code_2(
    files: Path, capsys: pytest.CaptureFixture[str], overrides: list[str], says: str
) -> None:
    import re

    (files / "broken.yaml").write_text("outcome: [", encoding="utf-8")
    (files / "long.csv").write_text("location,target,time,value\nA,hnte_stock,2020,3\n", encoding="utf-8")
    (files / "empty.yaml").write_text("# nothing\n", encoding="utf-8")
    (files / "wrong.yaml").write_text("outcome: y\ntermss: [x]\n", encoding="utf-8")
    assert run([*QUIET, *overrides]) == 2
    said = capsys.readouterr().err
    assert re.search(says, said), said
    assert "Traceback" not in said


def test_an_own_equation_cannot_hide_a_carried_one(own) -> None:  # type: ignore[no-untyped-def]
    folder = own("equation/hnte_certifications.yaml", EQUATION)
    with pytest.raises(ConfigError, match="hnte_certifications"):
        run_fit([*QUIET, "study.equation=hnte_certifications"], folder)
