"""A tracking server that is away costs seconds and no result; one that is back gets everything."""

import socket
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer, ThreadingHTTPServer

import pytest
from mlflow_server import Server, free_port

from ecosim import tracking
from ecosim.tracking import address
from ecosim.tracking import run as runs
from ecosim.tracking.record import MARK


@pytest.fixture
def away(tmp_path, monkeypatch) -> tracking.Store:
    """A store whose server does not run."""
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"http://user:secret@127.0.0.1:{free_port()}")
    monkeypatch.setattr(address, "LIMIT", 0.5)
    return tracking.open_store(tmp_path)


def test_asking_names_the_address_and_the_way_out_within_seconds(tmp_path, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"http://127.0.0.1:{free_port()}")
    store = tracking.open_store(tmp_path)
    start = time.monotonic()
    with pytest.raises(
        tracking.Unreachable, match=r"http://127\.0\.0\.1:\d+ does not answer .*unset MLFLOW_TRACKING_URI"
    ):
        tracking.check(store)
    assert time.monotonic() - start < 5


def test_a_server_that_takes_the_call_and_says_nothing_counts_as_away_in_time(monkeypatch):
    monkeypatch.setattr(address, "LIMIT", 2.0)
    monkeypatch.setattr(address, "PATIENCE", 1.0)
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        start = time.monotonic()
        with pytest.raises(tracking.Unreachable, match="timed out"):
            address.check(f"http://127.0.0.1:{silent.getsockname()[1]}")
    assert time.monotonic() - start < 4
    monkeypatch.undo()
    assert address.LIMIT <= 9


@pytest.mark.parametrize(("code", "answers"), [(200, True), (401, True), (404, True), (503, False)])
def test_any_answer_but_a_gateway_error_means_somebody_is_there(monkeypatch, code, answers):
    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(code)
            self.end_headers()

        def log_message(self, *_) -> None:
            pass

    monkeypatch.setattr(address, "LIMIT", 0.5)
    server = HTTPServer(("127.0.0.1", 0), Answer)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        place = f"http://127.0.0.1:{server.server_port}"
        if answers:
            address.check(place)
        else:
            with pytest.raises(tracking.Unreachable, match="HTTP 503"):
                address.check(place)
    finally:
        server.shutdown()
        server.server_close()


def test_a_server_that_is_away_does_not_cost_the_simulation(away, tmp_path, results):
    folder = tmp_path / "outputs" / "x"
    folder.mkdir(parents=True)
    (folder / "forecast.csv").write_text("value\n1\n", encoding="utf-8")
    with tracking.open_run(away, "a", {}, "") as run:
        assert "does not answer" in run.problem
        assert run.id is None
        with pytest.raises(tracking.Unreachable, match=r"does not answer.*\n.*whole in .*study=sync") as caught:
            run.log(folder, results)
    assert "secret" not in str(caught.value)
    assert (folder / MARK).exists()
    assert tracking.pending(tmp_path / "outputs") == [folder]
    with pytest.raises(tracking.Unreachable):
        tracking.send(away, folder)


def test_an_error_of_the_simulation_is_not_hidden_by_a_server_that_is_away(away):
    with pytest.raises(ValueError, match="the real one"), tracking.open_run(away, "a", {}, ""):
        raise ValueError("the real one")


def test_what_could_not_be_sent_goes_to_the_own_store_as_well(away, root, results, folder, monkeypatch):
    sweep = tracking.Sweep("multirun/1", "rates")
    with pytest.raises(tracking.Unreachable), tracking.open_run(away, "a", {"role": "point"}, "why", sweep) as run:
        run.log(folder, results)
    monkeypatch.delenv("MLFLOW_TRACKING_URI")
    store = tracking.open_store(root)
    told = store.client.get_run(tracking.send(store, folder))
    assert told.info.status == "FINISHED"
    assert told.info.start_time == run.record.started
    assert told.data.tags["mlflow.note.content"] == "why"
    assert told.data.metrics["hnte_stock_2020_median"] == 514
    assert store.client.get_run(told.data.tags["mlflow.parentRunId"]).info.status == "FINISHED"
    assert not (folder / MARK).exists()


@pytest.fixture
def server(made, tmp_path) -> Iterator[Server]:
    one = Server(made, tmp_path)
    yield one
    one.stop()


@pytest.mark.slow
def test_a_real_server_gets_everything_even_what_happened_while_it_was_away(server, folder, results, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", server.address)
    monkeypatch.setenv("MLFLOW_EXPERIMENT_NAME", "new on the server")
    work = folder.parents[2]
    store = tracking.open_store(work)
    server.start()
    tracking.check(store)
    with tracking.open_run(store, "first", {"role": "single"}, "while it ran") as run:
        run.log(folder, results)
    told = store.client.get_run(run.id)
    assert told.info.status == "FINISHED"
    assert told.info.artifact_uri.startswith("mlflow-artifacts:")
    assert {file.path for file in store.client.list_artifacts(run.id)} >= {"fan.png", "forecast_table.json"}

    start = time.monotonic()
    with pytest.raises(tracking.Unreachable, match="does not answer"):  # noqa: PT012, SIM117
        with tracking.open_run(store, "second", {}, "it died meanwhile") as run:
            server.stop()
            start = time.monotonic()
            run.log(folder, results)
    assert time.monotonic() - start < 12
    assert tracking.pending(work / "outputs") == [folder]

    server.start()
    assert store.client.get_run(run.id).info.status == "RUNNING"
    assert tracking.send(store, folder) == run.id
    assert store.client.get_run(run.id).info.status == "FINISHED"
    assert len(store.client.search_runs([store.experiment_id])) == 2
    assert tracking.pending(work / "outputs") == []


def slow_road(to: str, delay: float) -> ThreadingHTTPServer:
    """A server that hands every request on to another one after a while."""

    class Slow(BaseHTTPRequestHandler):
        def _hand_on(self) -> None:
            if not self.path.endswith("/health"):
                time.sleep(delay)
            body = self.rfile.read(int(self.headers.get("Content-Length", 0))) or None
            headers = {key: value for key, value in self.headers.items() if key.lower() not in ("host", "connection")}
            request = urllib.request.Request(to + self.path, body, headers, method=self.command)
            try:
                answer = urllib.request.urlopen(request, timeout=30)
            except urllib.error.HTTPError as error:
                answer = error
            content = answer.read()
            self.send_response(answer.status)
            self.send_header("Content-Type", answer.headers.get("Content-Type", "application/json"))
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PUT = do_PATCH = _hand_on

        def log_message(self, *_) -> None:
            pass

    road = ThreadingHTTPServer(("127.0.0.1", 0), Slow)
    threading.Thread(target=road.serve_forever, daemon=True).start()
    return road


@pytest.mark.slow
def test_a_slow_server_is_left_after_a_while_and_gets_the_rest_later(server, folder, results, monkeypatch):
    server.start()
    road = slow_road(server.address, 0.3)
    monkeypatch.setattr(runs, "PATIENCE", 0.5)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"http://127.0.0.1:{road.server_port}")
    monkeypatch.setenv("MLFLOW_EXPERIMENT_NAME", "slow")
    work = folder.parents[2]
    store = tracking.open_store(work)
    try:
        with (
            pytest.raises(tracking.Unreachable, match=r"is slow: it took \d of 4 files in 0\.5 s\n.*whole.*study=sync"),
            tracking.open_run(store, "patient", {"role": "single"}, "a paragraph") as run,
        ):
            run.log(folder, results)
        assert tracking.pending(work / "outputs") == [folder]
        assert tracking.send(store, folder) == run.id
    finally:
        road.shutdown()
        road.server_close()
    monkeypatch.setenv("MLFLOW_TRACKING_URI", server.address)
    told = tracking.open_store(work).client.get_run(run.id)
    assert told.info.status == "FINISHED"
    assert told.data.metrics["hnte_stock_2020_median"] == 514
    assert told.data.tags["mlflow.note.content"] == "a paragraph"
    assert len(tracking.open_store(work).client.search_runs([told.info.experiment_id])) == 1
