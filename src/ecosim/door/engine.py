"""What comes before anything is simulated: the model is compiled, and Mesa keeps quiet."""

import logging
from functools import partial

from ecosim.door.progress import Stages


def make_ready(stages: Stages) -> None:
    """Have the model compiled, with a line that says why a first run takes longer."""
    from ecosim.forecast import kernels

    for name in ("mesa", "MESA"):
        logging.getLogger(name).setLevel(logging.WARNING)  # one line per step otherwise
    if not kernels.kept():
        stages.say("compiling the model: once for each version, about a minute on two cores")
        try:
            kernels.compile_missing(partial(stages, "compilation"))
        except kernels.NotKept as error:
            stages.say(f"warning: {error}")
