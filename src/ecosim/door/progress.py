"""How far a run is: bars with the time left on a terminal, one line per stage elsewhere."""

import sys
import threading
import time
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn


class Stages:
    """Callable as progress(stage, done, total), from any thread; keeps the seconds of each stage."""

    def __init__(self, console: Console | None = None) -> None:
        self.console = console or Console(stderr=True)
        self.seconds: dict[str, float] = {}
        self._started: dict[str, float] = {}
        self._lock = threading.Lock()
        self._tasks: dict[str, TaskID] = {}
        self._bars: Progress | None = None
        if self.console.is_terminal:
            columns = (TextColumn("{task.description:<28}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
            self._bars = Progress(*columns, console=self.console, transient=True)

    def __enter__(self) -> "Stages":
        if self._bars is not None:
            self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bars is not None:
            self._bars.stop()

    def __call__(self, stage: str, done: int, total: int) -> None:
        """Report `done` of `total` parts of a stage: it begins with its first report and ends with done = total."""
        with self._lock:
            now = time.perf_counter()
            if stage not in self._started:
                self._started[stage] = now
                if self._bars is not None:
                    self._tasks[stage] = self._bars.add_task(stage, total=total)
            if self._bars is not None:
                self._bars.update(self._tasks[stage], completed=done, total=total)
            if done >= total:
                first = stage not in self.seconds
                self.seconds[stage] = now - self._started[stage]
                if self._bars is None and first:
                    print(f"{stage}: {self.seconds[stage]:.1f} s", file=sys.stderr, flush=True)  # noqa: T201

    def say(self, line: str) -> None:
        """One line for the user that does not break the bars."""
        if self._bars is not None:
            self._bars.console.print(line, style="yellow", highlight=False, markup=False)
        else:
            print(line, file=sys.stderr, flush=True)  # noqa: T201
