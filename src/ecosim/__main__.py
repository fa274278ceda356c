"""The entry of `python -m ecosim` and of the command `ecosim`."""

import io
import sys


def main() -> None:
    """Run the command line of this process; ends it with 0, 1 (a fault), 2 (a user's mistake), 130 or 143."""
    from ecosim.door.console import run

    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal without Chinese shows '?' instead of failing
    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
