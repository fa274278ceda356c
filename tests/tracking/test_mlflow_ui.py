"""The UI: on loopback, on the page with the runs, small, and gone when asked to go."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from urllib.parse import unquote

import psutil
import pytest

from ecosim import tracking

SERVE = """
import sys
from pathlib import Path
from ecosim import tracking
tracking.ui(tracking.open_store(Path(sys.argv[1])), lambda link: print(link, flush=True))
"""


def test_the_link_opens_the_runs_and_not_the_traces(store):
    link = tracking.runs_page(store, "http://127.0.0.1:5000/")
    assert link == f"http://127.0.0.1:5000/#/experiments/{store.experiment_id}/runs?workflowType=machine_learning"


def test_the_compare_link_names_the_runs(store):
    link = unquote(tracking.compare_page(store, "http://127.0.0.1:5000", ["a1", "b2"]))
    assert link.endswith(f'/#/compare-runs?runs=["a1","b2"]&experiments=["{store.experiment_id}"]')


@pytest.mark.parametrize("port", [70000, -1])
def test_a_number_that_is_no_port_is_one_message(store, port):
    with pytest.raises(tracking.TrackingError, match=f"--port {port}: no port; give one from 1 to 65535"):
        tracking.ui(store, lambda _: None, port)


def test_a_taken_port_is_named_when_it_was_asked_for(store):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(tracking.TrackingError, match=f"port {port}: taken"), tracking.serving(store, port):
            pass


def test_a_server_of_its_own_is_not_started_but_has_to_answer(tmp_path, monkeypatch):
    monkeypatch.setattr("ecosim.tracking.address.LIMIT", 0.3)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    with pytest.raises(tracking.Unreachable):
        tracking.ui(tracking.open_store(tmp_path), print)


@pytest.mark.slow
def test_the_ui_shows_the_runs_on_loopback_with_one_worker_and_ends_at_ctrl_c(store, root):
    with tracking.open_run(store, "a", {}, ""):
        pass
    before = {path.name for path in root.iterdir()}
    process = subprocess.Popen([sys.executable, "-c", SERVE, str(root)], cwd=root, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        link = process.stdout.readline().strip()
        base = link.partition("/#/")[0]
        assert base.startswith("http://127.0.0.1:")
        assert f"/#/experiments/{store.experiment_id}/runs" in link
        query = f'{{"experiment_ids": ["{store.experiment_id}"]}}'.encode()
        request = urllib.request.Request(
            f"{base}/api/2.0/mlflow/runs/search", query, {"Content-Type": "application/json"}
        )
        assert b'"run_name"' in urllib.request.urlopen(request, timeout=20).read()
        family = psutil.Process(process.pid).children(recursive=True)
        assert 1 <= len(family) <= 4
        listening = [c.laddr.ip for one in family for c in one.net_connections() if c.status == psutil.CONN_LISTEN]
        assert set(listening) == {"127.0.0.1"}
    finally:
        process.send_signal(signal.SIGINT)
        code = process.wait(30)
    assert code == 0
    deadline = time.monotonic() + 10
    while any(one.is_running() and one.status() != psutil.STATUS_ZOMBIE for one in family):
        assert time.monotonic() < deadline, family
        time.sleep(0.1)
    assert {path.name for path in root.iterdir()} == before, "nothing is left lying in the working directory"
    assert os.path.exists(root / "mlruns" / "ui.log")
