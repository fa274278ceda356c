"""Who runs: tells a living process from a dead one, and turns a request to end into an exception."""

import os
import signal
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import FrameType

PID, STARTED, HOST = "ecosim.pid", "ecosim.started", "ecosim.host"
SAME = 5.0  # seconds within which two start times of one process number are the same process


class Terminated(SystemExit):
    """Somebody asked this process to end (SIGTERM, or SIGHUP when a terminal closes); exit code 128 + signal."""


def signature(pid: int | None = None) -> dict[str, str]:
    """Tags that name a process of this host (default: this one) for good: numbers are used again, starts are not."""
    import psutil

    pid = pid or os.getpid()
    return {PID: str(pid), STARTED: f"{psutil.Process(pid).create_time():.2f}", HOST: socket.gethostname()}


def dead(tags: Mapping[str, str]) -> bool:
    """Whether the process with this signature ran on this host and is gone; False for other hosts."""
    import psutil

    if tags.get(HOST) != socket.gethostname() or PID not in tags:
        return False
    try:
        process = psutil.Process(int(tags[PID]))
        return process.status() == psutil.STATUS_ZOMBIE or abs(process.create_time() - float(tags[STARTED])) > SAME
    except psutil.NoSuchProcess:
        return True


@contextmanager
def terminable() -> Iterator[None]:
    """Inside the block SIGTERM and SIGHUP raise Terminated, so that what is open gets closed.

    Only in the main thread, and only where nobody else (a cluster's launcher, nohup) handles the signal already.
    """

    def stop(number: int, _: FrameType | None) -> None:
        signal.signal(number, signal.SIG_IGN)  # closing is not to be interrupted by the same request again
        raise Terminated(128 + number)

    ours: list[int] = []
    if threading.current_thread() is threading.main_thread():
        names = ("SIGTERM", "SIGHUP")
        present = [getattr(signal, name) for name in names if hasattr(signal, name)]
        ours = [number for number in present if signal.getsignal(number) == signal.SIG_DFL]
    for number in ours:
        signal.signal(number, stop)
    try:
        yield
    finally:
        for number in ours:
            signal.signal(number, signal.SIG_DFL)
