"""Members on an existing Dask scheduler (`distributed`): handed out again where a worker or the scheduler is lost."""

import logging
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any

from ecosim.data.errors import UserError
from ecosim.forecast.kept import source_hash

if TYPE_CHECKING:
    from distributed import Client, Future

PATIENCE = 60  # seconds to wait for a first worker, for a scheduler to come back, and for a result to be fetched
ALONE = 600  # seconds to wait where every worker is gone, before the run ends
FIRST = 10  # seconds to wait for the scheduler at the start
LOOK = 1.0  # seconds between looks at whether the scheduler is still there
IN_FLIGHT = 4  # members per thread of the workers that are handed out at a time


class ClusterError(UserError, RuntimeError):
    """A scheduler that cannot be reached, has no workers or other ones than this program can use."""


@dataclass(frozen=True)
class Cluster:
    """The scheduler at an address, tcp://host:port. patience, alone: seconds, see PATIENCE and ALONE."""

    address: str
    patience: float = PATIENCE
    alone: float = ALONE

    def check(self) -> None:
        """Raises ClusterError where the scheduler does not answer or a worker has another version of this program."""
        with self._client(min(FIRST, self.patience)) as client:
            here = source_hash()
            for worker, there in client.run(_source).items():
                if there != here:
                    raise ClusterError(
                        f"execution.address={self.address}: the worker {worker} has another version of ecosim; install "
                        "the same one there and start its workers again"
                    )

    def wake(self, task: Callable[[int], int]) -> None:
        """Run a task once on every worker, where there are any; that there are none is said when members are to run."""
        with suppress(ClusterError, OSError), self._client(self.patience) as client:
            client.run(task, 0)

    def results(self, job: Callable[[int], Any], numbers: Iterable[int]) -> Iterator[tuple[int, Any]]:
        """Each number with the job's result as workers finish them; each number once, whatever is lost meanwhile.

        The job is one task of its own, so that a worker has it once and gets it again from the scheduler where the
        workers that had it are gone. Raises ClusterError where the scheduler or all workers stay away; what the job
        raises is raised.
        """
        waiting = dict.fromkeys(numbers)
        while waiting:
            with self._client(self.patience) as client:
                for number, result in self._handed_out(client, job, list(waiting)):
                    del waiting[number]
                    yield number, result

    def _handed_out(self, client: "Client", job: Callable[[int], Any], numbers: list[int]) -> Iterator[tuple[int, Any]]:
        """Results as they come, as long as the scheduler is there; ends early where it is lost."""
        from concurrent.futures import CancelledError

        from distributed import KilledWorker

        shared = client.submit(_same, job, pure=False)
        places = IN_FLIGHT * max(sum(client.nthreads().values()), 1)
        queue, seen = iter(numbers), time.monotonic()
        running: dict[Any, tuple[int, Future[Any]]] = {}
        done: SimpleQueue[Future[Any]] = SimpleQueue()
        while True:
            for number in islice(queue, places - len(running)):
                future = client.submit(_do, shared, number, pure=False)
                running[future.key] = number, future
                future.add_done_callback(done.put)
            if not running:
                return
            try:
                finished = done.get(timeout=LOOK)
                result = self._fetched(finished, done)
            except Empty:
                workers = _workers(client)
                if workers is None:
                    return
                seen = time.monotonic() if workers else seen
                if time.monotonic() - seen > self.alone:
                    raise ClusterError(
                        f"execution.address={self.address}: no worker has been there for {self.alone:g} s; start some "
                        f"(`dask worker {self.address}`), and go on from what is done"
                    ) from None
                continue
            except CancelledError:
                return
            except KilledWorker as error:
                raise ClusterError(
                    f"{error}; often for want of memory: give the workers more of it, and go on from what is done"
                ) from error
            number, _ = running.pop(finished.key)
            yield number, result
            seen = time.monotonic()

    def _fetched(self, finished: "Future[Any]", done: "SimpleQueue[Future[Any]]") -> Any:
        """The result of a task that has finished; what it raises is raised.

        Raises Empty where it does not come: its worker was lost in between, and the task waits for another one. It
        stands in line again.
        """
        try:
            return finished.result(timeout=self.patience)
        except TimeoutError:
            if finished.status == "error":  # its own
                raise
            done.put(finished)
            raise Empty from None

    def _client(self, patience: float) -> "Client":
        """A connection to a scheduler with workers. patience: seconds until the scheduler counts as away."""
        try:
            from distributed import Client
        except ImportError:
            raise ClusterError("execution=dask needs the package distributed; pip install 'ecosim[dask]'") from None
        for name in ("distributed", "distributed.client"):  # what they would say is said in one message here
            logging.getLogger(name).setLevel(logging.CRITICAL)
        deadline = time.monotonic() + self.patience
        try:
            client = Client(self.address, timeout=patience, set_as_default=False)
        except (OSError, ValueError) as error:
            raise ClusterError(
                f"execution.address={self.address}: no Dask scheduler answers there within {patience:g} s; start "
                "one (dask scheduler) and its workers (dask worker tcp://...), or use execution=local"
            ) from error
        try:
            client.wait_for_workers(1, timeout=max(deadline - time.monotonic(), 1.0))
        except (OSError, ValueError) as error:
            client.close()
            raise ClusterError(
                f"execution.address={self.address}: no workers there; `dask worker {self.address}` starts some"
            ) from error
        return client


def _workers(client: "Client") -> int | None:
    """How many workers the scheduler has; None where it is lost."""
    if client.status != "running":
        return None
    try:
        return len(client.nthreads())
    except (OSError, RuntimeError, AttributeError):  # closed meanwhile
        return None


def _same(job: Callable[[int], Any]) -> Callable[[int], Any]:
    return job


def _do(job: Callable[[int], Any], number: int) -> Any:
    return job(number)


def _source() -> str:
    return source_hash()
