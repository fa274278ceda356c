"""One migrated MLflow store per session, copied for each test: making one takes seconds."""

import os
import shutil
import sys
from pathlib import Path

import pandas as pd
import pytest

from ecosim import tracking

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture(autouse=True)
def environment(monkeypatch):
    """No tracking address from outside, and MLflow's variables as they were afterwards."""
    for name in [name for name in os.environ if name.startswith("MLFLOW_")]:
        monkeypatch.delenv(name)
    for name in ("DISABLE_TELEMETRY", "HTTP_REQUEST_MAX_RETRIES", "HTTP_REQUEST_TIMEOUT"):
        monkeypatch.setenv(f"MLFLOW_{name}", "true" if name.startswith("DISABLE") else "2")


@pytest.fixture(scope="session")
def made(tmp_path_factory) -> Path:
    """A working directory with a new store that no test writes to."""
    root = tmp_path_factory.mktemp("made")
    os.environ.pop("MLFLOW_TRACKING_URI", None)
    tracking.open_store(root)
    return root


@pytest.fixture
def root(made, tmp_path) -> Path:
    """A working directory with a copied store, moved to its place by the relocation of the tracking floor itself."""
    place = tmp_path / "work"
    shutil.copytree(made, place, symlinks=True)
    return place


@pytest.fixture
def store(root) -> tracking.Store:
    return tracking.open_store(root)


@pytest.fixture
def folder(root) -> Path:
    """A finished output folder."""
    place = root / "outputs" / "pinghu_2017" / "2026-11-23T040000"
    place.mkdir(parents=True)
    (place / "forecast.csv").write_text("scenario,value\npinghu_2017,514\n", encoding="utf-8")
    (place / "fan.png").write_bytes(b"\x89PNG")
    (place / "config.yaml").write_text("seed: 2017\n", encoding="utf-8")
    table = pd.DataFrame({"forecast": ["hnte_stock 2020"], "median [90 %]": ["514 [497-530]"]})
    tracking.write_table(table, place / "forecast_table.json")
    return place


@pytest.fixture
def results() -> tracking.Results:
    counts = pd.DataFrame({"location": ["Pinghu"], "time": ["2016"], "value": [42.0]})
    return tracking.Results(
        params={"seed": 2017, "members": 200},
        metrics={"hnte_stock_2020_median": 514.0, "effect_hnte_stock_2020_median": 31.0},
        yearly={"hnte_stock/median": {2019: 450.0, 2020: 514.0}},
        dataset=tracking.dataset(counts, "china", "data/china.csv", "a" * 64),
    )
