"""The entry of `python -m ecosim` and of the command `ecosim`."""

import gc
import io
import os
import sys

# set before numpy is imported: threads of the linear algebra would compete with the members' and change the last bits
for variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(variable, "1")


COLLECT = (50_000, 20, 20)  # Python's own 700 spends half a second on imports alone, and little here goes in circles


def main() -> None:
    """Run the command line of this process; ends it with 0, 1 (a fault), 2 (a user's mistake), 130 or 143."""
    from ecosim.door.console import run

    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal without Chinese shows '?' instead of failing
    gc.set_threshold(*COLLECT)
    code = run(sys.argv[1:])
    gc.freeze()  # else the interpreter looks through a million objects, several times, before it goes
    sys.exit(code)


if __name__ == "__main__":
    main()
