"""What a user got wrong: one message that names the thing, the value and the way out."""

import difflib
from collections.abc import Iterable

CLOSE = 0.65  # similarity (difflib) from which a name may have been meant, a convention: 'lgo' for 'log', not 'nope'


class UserError(Exception):
    """A mistake of the user; the door prints its message and ends with exit code 2."""


def nearest(name: str, valid: Iterable[str]) -> str:
    """The end of a message about an unknown name: the nearest valid one if it is close, then all of them."""
    names = sorted(valid)
    close = difflib.get_close_matches(name, names, n=1, cutoff=CLOSE)
    hint = f"did you mean {close[0]!r}? " if close else ""
    return f"{hint}valid: {', '.join(names) or 'none'}"
