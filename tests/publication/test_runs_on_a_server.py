"""Runs whose files lie on a server alone are published, compared, made again and scored from any folder."""

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pandas as pd
import pytest

from ecosim import tracking
from ecosim.door.comparing import run_compare
from ecosim.door.console import run
from ecosim.door.publish import run_publish
from ecosim.door.score import run_score
from ecosim.publication import checksums
from ecosim.publication.recorded import Recorded

sys.path.insert(0, str(Path(__file__).parents[1] / "tracking"))
from mlflow_server import Server

COUNTS = "location,target,time,value\nPinghu,tech_sme_stock,2017,358\n"


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """A server that runs, with its address in the environment, where users put it."""
    for name in [name for name in os.environ if name.startswith("MLFLOW_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "2")
    made = tmp_path / "made"
    made.mkdir()
    tracking.open_store(made)
    one = Server(made, tmp_path)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", one.address)
    monkeypatch.setenv("MLFLOW_EXPERIMENT_NAME", "on the server")
    try:
        one.start()
        yield one
    finally:
        one.stop()


@pytest.mark.slow
def test_a_run_that_only_a_server_keeps_is_published_compared_and_scored(
    server: Server,
    make_run: Callable[..., Recorded],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    ids, folders = [], []
    for seed in (1, 2):
        folder = make_run(f"2017-01-15T10000{seed}", seed=seed).folder
        store = tracking.open_store(tmp_path / "runs")
        with tracking.open_run(store, f"test-s{seed}", {"role": "single"}, "") as opened:
            opened.log(folder, tracking.Results(params={"seed": seed}, metrics={}, yearly={}, dataset=None))
        assert opened.id
        ids.append(opened.id)
        folders.append(folder)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    known = run_publish(["study=publish", f"run={folders[0]}", "to=known"])
    for folder in folders:
        folder.rename(folder.with_name(f"{folder.name}_gone"))

    made = run_publish(["study=publish", f"run={ids[0][:10]}"])
    assert made.models == known.models
    assert made.rows == known.rows
    again = run_publish(["study=publish", f"run={ids[0]}", "to=again"])
    assert made.digest == again.digest == checksums.verify(elsewhere / "again")

    compared = run_compare(["study=compare", f"runs=[{ids[0][:8]},{ids[1][:8]}]"])
    assert (compared.home / "compare.html").stat().st_size > 10_000
    logged = {file.path for file in store.client.list_artifacts(str(compared.run_id))}
    assert "compare.html" in logged

    (elsewhere / "counts.csv").write_text(COUNTS, encoding="utf-8")
    bundle = made.folder.relative_to(elsewhere)
    scored = run_score(["study=score", f"forecast={bundle}", "data.path=counts.csv"])
    assert scored.fresh
    assert scored.home is not None
    assert set(pd.read_csv(scored.home / "scores.csv")["time"]) == {2017}

    server.stop()
    monkeypatch.setattr("ecosim.tracking.address.LIMIT", 0.5)
    assert run(["study=publish", f"run={ids[0][:10]}", "to=later"]) == 2
    said = capsys.readouterr().err
    assert "does not answer" in said
    assert "Traceback" not in said
    assert not (elsewhere / "later").exists()
