"""Scripts of the experiments as modules."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

EXPERIMENTS = Path(__file__).parents[2] / "experiments"


def load(experiment: str, name: str) -> ModuleType:
    """The script `name` of an experiment's folder."""
    spec = importlib.util.spec_from_file_location(f"{experiment}_{name}", EXPERIMENTS / experiment / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module
