"""Slots: where instruments stand in the arrays of a model, and what is remembered of them from call to call."""

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray


class Register(Protocol):
    """What gives each instrument a slot: books, flags. slots: by name, never given to another one."""

    slots: dict[str, int]

    def slots_of(self, instruments: Sequence[str]) -> NDArray[np.int64]:
        """The slots of some instruments, new ones for new names."""


class Whose:
    """Some instruments and their slots in the register of the model that was asked about last, most often the same."""

    def __init__(self, instruments: Sequence[str]) -> None:
        self._instruments = instruments
        self._bound: tuple[Any, Any] = (None, None)

    def of(self, register: Register) -> NDArray[np.int64]:
        """The slots, (n,)."""
        bound = self._bound
        if bound[0] is not register.slots:
            bound = self._bound = register.slots, register.slots_of(self._instruments)
        slots: NDArray[np.int64] = bound[1]
        return slots
