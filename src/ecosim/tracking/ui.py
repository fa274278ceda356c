"""Opens the MLflow UI on the page that shows the runs: loopback only, one worker, gone when asked to go."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from ecosim.tracking import address as addresses
from ecosim.tracking.errors import TrackingError, explaining
from ecosim.tracking.processes import terminable
from ecosim.tracking.sending import reap
from ecosim.tracking.store import Store

HOST, PORT, LAST_PORT = "127.0.0.1", 5000, 65535
START = 120  # seconds a server may take until it answers (about 9 on an idle machine)
GRACE = 10  # seconds it may take to end


def ui(store: Store, announce: Callable[[str], None], port: int | None = None) -> None:
    """Serves the runs until Ctrl-C or SIGTERM; `announce` gets the link as soon as it works.

    port: 5000 or, where that is taken, any free one. For a tracking server nothing is started: its link is announced.
    Raises TrackingError when the port asked for is none or taken, or the server does not start.
    """
    with serving(store, port) as (link, server):
        announce(link)
        if server is None:
            return
        try:
            while server.poll() is None:
                time.sleep(0.2)
        except KeyboardInterrupt:
            return
        raise TrackingError(f"the MLflow UI ended by itself; see {store.root / 'mlruns' / 'ui.log'}")


@contextmanager
def serving(store: Store, port: int | None = None) -> Iterator[tuple[str, subprocess.Popen[bytes] | None]]:
    """The link of a UI that works inside the block, and its process (None where the store is a server of its own)."""
    if store.address.startswith(addresses.SERVERS):
        addresses.check(store.address)
        yield runs_page(store, store.address), None
        return
    with explaining("looking up the runs", addresses.shown(store.address), store.home):
        reap(store)
    number = _free_port(port)
    log = store.root / "mlruns" / "ui.log"
    with terminable():
        server = _start(store, number, log)
        try:
            _wait(server, number, log)
            yield runs_page(store, f"http://{HOST}:{number}"), server
        finally:
            _stop(server)


def runs_page(store: Store, base: str) -> str:
    """The link to the list of runs (without it MLflow opens on a page about traces of language models)."""
    return f"{base.rstrip('/')}/#/experiments/{store.experiment_id}/runs?workflowType=machine_learning"


def compare_page(store: Store, base: str, run_ids: Sequence[str]) -> str:
    """The link to the page that compares these runs."""
    runs, experiments = (
        quote(json.dumps(ids, separators=(",", ":"))) for ids in (list(run_ids), [store.experiment_id])
    )
    return f"{base.rstrip('/')}/#/compare-runs?runs={runs}&experiments={experiments}"


def _free_port(port: int | None) -> int:
    if port is not None and not 0 <= port <= LAST_PORT:
        raise TrackingError(
            f"--port {port}: no port; give one from 1 to {LAST_PORT}, or leave it out to have a free one"
        )
    for candidate in [port] if port is not None else [PORT, 0]:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, candidate))
            except PermissionError:
                raise TrackingError(f"port {candidate}: kept for the system; choose one from 1024 on") from None
            except OSError:
                continue
            return probe.getsockname()[1]
    raise TrackingError(f"port {port}: taken by another program; choose another, or leave it out to have a free one")


def _start(store: Store, port: int, log: Path) -> subprocess.Popen[bytes]:
    addresses.quiet()
    artifacts = str(store.artifacts)
    command = [sys.executable, "-m", "mlflow", "server", "--host", HOST, "--port", str(port), "--workers", "1"]
    command += ["--backend-store-uri", store.address, "--default-artifact-root", artifacts]
    command += ["--artifacts-destination", artifacts]
    environment = {key: value for key, value in os.environ.items() if key != "MLFLOW_TRACKING_URI"}
    environment["MLFLOW_SERVER_ENABLE_JOB_EXECUTION"] = "false"  # 15 processes and 2.2 GB otherwise
    with log.open("wb") as file:
        return subprocess.Popen(
            command, stdout=file, stderr=file, stdin=subprocess.DEVNULL, env=environment, start_new_session=True
        )


def _wait(server: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + START
    while time.monotonic() < deadline:
        if server.poll() is not None:
            last = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-1:]
            raise TrackingError(f"the MLflow UI did not start: {''.join(last) or 'no message'}; see {log}")
        try:
            urllib.request.build_opener(urllib.request.ProxyHandler({})).open(
                f"http://{HOST}:{port}/health", timeout=1
            ).close()
            return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    raise TrackingError(f"the MLflow UI did not answer within {START} s; see {log}")


def _stop(server: subprocess.Popen[bytes]) -> None:
    """Ends the server and its workers, which share a process group of their own."""
    for number in (signal.SIGTERM, getattr(signal, "SIGKILL", signal.SIGTERM)):
        if os.name == "posix":
            try:
                os.killpg(server.pid, number)
            except ProcessLookupError:
                break
        else:
            server.terminate()
        try:
            server.wait(GRACE)
            break
        except subprocess.TimeoutExpired:
            continue
