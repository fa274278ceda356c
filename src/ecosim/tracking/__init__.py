"""Tells MLflow about runs: after the results stand in their folder, in one batch, and never at their cost.

The whole interface:

    store = open_store(Path.cwd())                       # once, before any fan-out
    with open_run(store, run_name("pinghu_2017", 2017), tags, description, sweep=None) as run:
        if run.problem: ...                              # the server is away: warn, go on
        ...                                              # simulate; write every file into `folder`
        write_table(forecast_table(quantiles), folder / "forecast_table.json")
        run.log(folder, Results(params, headline_metrics(...), yearly_metrics(...), dataset(...)))

    with terminable(): ...                               # the door around everything: SIGTERM ends like Ctrl-C
    close_sweep(store, key)                              # the door's `finally` around a --multirun
    for folder in pending(outputs): send(store, folder)  # study=sync
    store = stored(Path.cwd()); files_of(store, find_run(store, "1a2b3c4d"), into)  # a run again, by its id
    ui(store, announce=print)                            # `ecosim ui`

Everything that can go wrong outside is a TrackingError with the way out in its message; Unreachable is the one for a
server that is away. MLflow is imported inside functions only.
"""

from ecosim.tracking.errors import TrackingError, Unreachable
from ecosim.tracking.finding import Found, RunNotFound, files_of, find_run, id_of, stored
from ecosim.tracking.processes import terminable
from ecosim.tracking.record import Results, Sweep, dataset
from ecosim.tracking.run import Run, open_run
from ecosim.tracking.sending import close_sweep, pending, send
from ecosim.tracking.store import Store, check, open_store
from ecosim.tracking.tables import forecast_table, headline_metrics, run_name, write_table, yearly_metrics
from ecosim.tracking.ui import compare_page, runs_page, serving, ui

__all__ = [
    "Found",
    "Results",
    "Run",
    "RunNotFound",
    "Store",
    "Sweep",
    "TrackingError",
    "Unreachable",
    "check",
    "close_sweep",
    "compare_page",
    "dataset",
    "files_of",
    "find_run",
    "forecast_table",
    "headline_metrics",
    "id_of",
    "open_run",
    "open_store",
    "pending",
    "run_name",
    "runs_page",
    "send",
    "serving",
    "stored",
    "terminable",
    "ui",
    "write_table",
    "yearly_metrics",
]
