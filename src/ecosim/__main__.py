"""The entry of `python -m ecosim` and of the command `ecosim`."""

import gc
import io
import os
import select
import sys

# set before numpy is imported: threads of the linear algebra would compete with the members' and change the last bits
for variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(variable, "1")


UNREAD = 141  # what a shell says of a program whose reader has gone, as `head` does
COLLECT = (50_000, 20, 20)  # Python's own 700 spends half a second on imports alone, and little here goes in circles


def main() -> None:
    """Run the command line of this process; ends it with 0, 1 (a fault), 2 (a user's mistake), 130, 141 or 143."""
    from ecosim.door.console import run

    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal without Chinese shows '?' instead of failing
    gc.set_threshold(*COLLECT)
    try:
        code = run(sys.argv[1:])
        sys.stdout.flush()
    except BrokenPipeError:
        if not _unread():
            raise
        code = UNREAD
    gc.freeze()  # else the interpreter looks through a million objects, several times, before it goes
    sys.exit(code)


def _unread() -> bool:
    """Whether nobody reads what is printed any more; what is left of it goes nowhere then."""
    if not hasattr(select, "poll"):  # not POSIX
        return False
    watch = select.poll()
    watch.register(sys.stdout.fileno(), 0)
    gone = any(event & (select.POLLERR | select.POLLHUP) for _, event in watch.poll(0))
    if gone:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return gone


if __name__ == "__main__":
    main()
