"""The reference model in C, compiled on the spot: the roof. Same rules, draws and floating-point arithmetic."""

import ctypes
import platform
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import ecosim_engine, spec

SOURCE = Path(__file__).with_name("kernel.c")
FLAGS = ("-O3", "-march=native", "-ffp-contract=off", "-fno-math-errno", "-fno-trapping-math", "-shared", "-fPIC")
WIDE = ("-mprefer-vector-width=512",) if platform.machine() in ("x86_64", "AMD64") else ()  # as the engine is compiled
RENAMED = {"EXIT": "EXIT_LEVEL", "PATENTS": "PATENTS_LEVEL", "KNOWLEDGE": "KNOWLEDGE_ELASTICITY"}


class NoCompiler(RuntimeError):
    """There is no C compiler here, so this row is left out."""


def compiled() -> Any:
    """The kernel as a function. Raises NoCompiler."""
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if compiler is None:
        raise NoCompiler("no C compiler (cc, gcc or clang) on this machine")
    numbers = {name: value for name, value in vars(spec).items() if name.isupper() and isinstance(value, int | float)}
    numbers["LARGEST_HAZARD"] = ecosim_engine.LARGEST_HAZARD
    defines = [f"-D{RENAMED.get(name, name)}={value!r}" for name, value in numbers.items()]
    with tempfile.TemporaryDirectory() as folder:
        library = Path(folder) / "kernel.so"
        subprocess.run([compiler, *FLAGS, *WIDE, *defines, str(SOURCE), "-o", str(library), "-lm"], check=True)
        function = ctypes.CDLL(str(library)).quarter
    function.restype = ctypes.c_int64
    return function


class Pointers(ctypes.Structure):
    """The columns as C sees them, in the order of `ecosim_engine.Columns`."""

    _fields_ = [(name, ctypes.c_void_p) for name in ecosim_engine.Columns._fields]


class Model(ecosim_engine.Model):
    """The engine's table of firms under the C kernel."""

    def __init__(self, firms: int, seed: int) -> None:
        super().__init__(firms, seed)
        self.kernel = compiled()
        self.near, self.fresh = np.empty(spec.CELLS), np.empty(spec.CELLS, np.int64)
        self._find()

    def _grow(self) -> None:
        super()._grow()
        self._find()

    def _find(self) -> None:
        """Where the arrays lie, told to C again only when they have grown."""
        self.children = np.empty(self.columns.uid.size // 8 + 1024, np.int64)
        self.pointers = Pointers(*(column.ctypes.data for column in self.columns))
        arrays = (self.cells, self.fresh, self.near, self.free, self.children)
        self.addresses = [ctypes.c_void_p(array.ctypes.data) for array in arrays]

    def step(self) -> None:
        if self.top + int(0.1 * self.top) + 64 > self.columns.uid.size:
            self._grow()
        totals = np.zeros(len(spec.SERIES), np.int64)
        holes = ctypes.c_int64(self.count_free)
        prices = [ctypes.c_double(price) for price in spec.log_user_cost(self.quarter)]
        cells, fresh, near, free, children = self.addresses
        self.top = self.kernel(
            self.pointers, cells, fresh, near, ctypes.c_uint64(int(self.key[0])), ctypes.c_uint64(self.quarter),
            *prices, ctypes.c_int64(self.top), free, ctypes.byref(holes), children,
            ctypes.c_void_p(totals.ctypes.data),
        )  # fmt: skip
        self.count_free = holes.value
        self.record(totals)
