"""What the tests of the door share: a folder to run in, a folder of a user's own, and a forecast that costs nothing."""

import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working directory."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    return tmp_path


@pytest.fixture
def own(tmp_path: Path) -> Callable[[str, str], Path]:
    """Puts a file into a folder for --config-dir and returns that folder."""
    folder = tmp_path / "own"

    def put(name: str, text: str) -> Path:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return folder

    return put


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> None:
    """The forecast of fake_job in the place of the real one."""
    import fake_job

    import ecosim.forecast

    monkeypatch.setitem(sys.modules, "ecosim.forecast.job", fake_job)
    monkeypatch.setattr(ecosim.forecast, "job", fake_job, raising=False)


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished empty store, to be copied: making one takes seconds."""
    from ecosim.tracking import open_store

    home = tmp_path_factory.mktemp("store")
    open_store(home)
    return home / "mlruns"


@pytest.fixture
def with_store(here: Path, store: Path) -> Path:
    """The same with an empty store in it."""
    shutil.copytree(store, here / "mlruns")
    return here
