"""What a user got wrong: one message that names the thing, the value and the way out."""

import difflib
from collections.abc import Iterable


class UserError(Exception):
    """A mistake of the user; the door prints its message and ends with exit code 2."""


def nearest(name: str, valid: Iterable[str]) -> str:
    """The end of a message about an unknown name: the nearest valid one, then all of them."""
    names = sorted(valid)
    close = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    hint = f"did you mean {close[0]!r}? " if close else ""
    return f"{hint}valid: {', '.join(names) or 'none'}"
