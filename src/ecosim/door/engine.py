"""What comes before anything is simulated: the model is compiled, and Mesa keeps quiet."""

import logging
from functools import partial

from ecosim.door.progress import Stages


def make_ready(stages: Stages) -> None:
    """Have the model compiled, with a line that says why a first run takes longer."""
    from ecosim.forecast import kernels
    from ecosim.model import compiled

    for name in ("mesa", "MESA"):
        logging.getLogger(name).setLevel(logging.WARNING)  # one line per step otherwise
    if not kernels.kept():
        stages.say("compiling the model: once for each version, about a minute on two cores")
        if not kernels.compile_missing(partial(stages, "compilation")):
            stages.say(f"{compiled.folder()} takes no compiled model; each process compiles for itself, in every run")
