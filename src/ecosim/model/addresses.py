"""Where arrays lie: what kernels take in place of many arrays, which each call would have to unpack."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Layout = Sequence[tuple[str, tuple[int, ...], np.dtype[Any]]]  # name, shape and type of each array


def table_of(number: int, arrays: Iterable[NDArray[Any]], layout: Layout) -> NDArray[np.int64]:
    """A number, then the address of each array; `model.table` is the other side. Who keeps it must keep the arrays too.

    Raises ValueError for an array that does not lie as kernels use it: whole, to be written, of its own type and shape.
    """
    addresses = []
    for (name, shape, dtype), array in zip(layout, arrays, strict=True):
        if not array.flags.carray or array.shape != shape or array.dtype != dtype:
            raise ValueError(
                f"{name}: {array.dtype} of shape {array.shape} with strides {array.strides}; kernels need {dtype}, "
                f"one after another, of shape {shape}, to read and write"
            )
        addresses.append(array.ctypes.data)
    return np.array([number, *addresses], np.int64)
