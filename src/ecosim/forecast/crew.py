"""Who runs members: processes of this machine or the workers of a Dask scheduler; each number once, whoever fails."""

import atexit
import gc
import os
import pickle
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from functools import cache, lru_cache
from itertools import count
from pathlib import Path
from typing import Any

from ecosim.data.errors import UserError
from ecosim.forecast.cluster import Cluster

RESTARTS = 2  # times that a worker which the system ended is replaced
PATIENCE = 1.0  # seconds between a worker's looks at whether its parent lives

Crew = int | Cluster  # a number of processes of this machine (1: this one), or a Dask scheduler


class WorkerLost(UserError, RuntimeError):
    """Worker processes that were ended from outside, again and again."""


def results(job: Callable[[int], Any], numbers: Iterable[int], crew: Crew) -> Iterator[tuple[int, Any]]:
    """Each number with the result of the job for it, as they come; the job is handed to each worker once.

    Processes give them in order, a scheduler in any. Raises WorkerLost or ClusterError; what came before stays valid.
    """
    if isinstance(crew, Cluster):
        yield from crew.results(job, numbers)
    elif crew == 1:
        for number in numbers:
            yield number, job(number)
    else:
        yield from _in_processes(job, list(numbers), crew)


def _in_processes(job: Callable[[int], Any], waiting: list[int], workers: int) -> Iterator[tuple[int, Any]]:
    """Threads were tried: a county's quarter takes milliseconds, half of them Python, and handing over the interpreter
    lock leaves a second thread 1.2 times one; two processes measure 1.9 times one.
    """
    from joblib import Parallel, delayed
    from joblib.externals.loky.process_executor import TerminatedWorkerError

    with tempfile.TemporaryDirectory(prefix="ecosim-") as place:
        shared = Path(place) / "job.pickle"
        shared.write_bytes(pickle.dumps(job))
        done, total = 0, len(waiting)
        for restart in count():
            try:
                for result in Parallel(n_jobs=workers, prefer="processes", return_as="generator")(
                    delayed(_do)(str(shared), number) for number in waiting[done:]
                ):
                    done += 1
                    yield waiting[done - 1], result
                return
            except TerminatedWorkerError as error:
                if restart == RESTARTS:
                    raise WorkerLost(
                        f"the system ended a worker {RESTARTS + 1} times ({done} of {total} members are done), often "
                        "for want of memory; workers=1 needs least"
                    ) from error


def _do(shared: str, number: int) -> Any:
    end_with_parent(os.getppid())
    return _job(shared)(number)


@lru_cache(maxsize=1)
def _job(shared: str) -> Callable[[int], Any]:
    job: Callable[[int], Any] = pickle.loads(Path(shared).read_bytes())
    return job


@cache
def end_with_parent(parent: int) -> None:
    """Ends this process soon after the one that started it, however that one was ended; and at once when it is done.

    A worker has nothing to put in order, and to free its memory piece by piece takes a second.
    """

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(PATIENCE)
        os._exit(1)

    threading.Thread(target=watch, name="end-with-parent", daemon=True).start()
    atexit.register(_leave)


def _leave() -> None:
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        os._exit(0)


def wake(crew: Crew) -> None:
    """Let the workers load the model's kernels, so that they are ready when members come.

    The first task of a worker is also what joblib holds its memory against later: without the kernels in it, the pilot
    looks like a leak and costs every worker a restart.
    """
    if isinstance(crew, Cluster):
        crew.wake(_loaded)
    elif crew > 1:
        from joblib import Parallel, delayed

        Parallel(n_jobs=crew, prefer="processes")(delayed(_awake)(number) for number in range(crew))


def _awake(number: int) -> int:
    _loaded(number)
    gc.freeze()  # what is loaded by now stays; collections need not look through it
    return number


def _loaded(number: int) -> int:
    from ecosim.forecast.playground import ecosystem

    ecosystem(rng=number, firms=60)
    return number
