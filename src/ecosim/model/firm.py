"""One firm as Mesa users know an agent: a view of one row of the columns."""

from typing import Any

import mesa
import numpy as np
from numpy.typing import NDArray

from ecosim.model.firms import DTYPES
from ecosim.model.region import OWNERSHIP, SECTORS


class Firm(mesa.Agent):
    """One row seen as a Mesa agent; reads and writes the columns and holds no state but the firm's identity.

    After the firm has closed the view shows its last state until a newborn takes the row, then ReferenceError.
    It never calls `mesa.Agent.__init__`, which would register it with the model and keep it alive.
    """

    def __init__(self, model: Any, row: int) -> None:
        object.__setattr__(self, "model", model)
        object.__setattr__(self, "row", row)
        object.__setattr__(self, "_uid", int(model.firms.columns.uid[row]))

    @property
    def unique_id(self) -> int:
        """The firm's uid."""
        return self._uid

    def _column(self, name: str) -> NDArray[Any]:
        """The column, once it is sure that the row is still this firm's."""
        columns = self.model.firms.columns
        if int(columns.uid[self.row]) != self._uid:
            raise ReferenceError(f"firm {self._uid} has closed and its row is another firm's; ask `model.agents` anew")
        return getattr(columns, name)

    @property
    def sector_name(self) -> str:
        """Name of the firm's sector."""
        return SECTORS[self.sector]

    @property
    def owner(self) -> str:
        """Name of the firm's ownership."""
        return OWNERSHIP[self.ownership]

    @property
    def employees(self) -> float:
        """Employees, persons."""
        return float(np.exp(self.log_employees))

    @property
    def sales(self) -> float:
        """Annual sales, 10k CNY."""
        return float(np.exp(self.log_employees + self.log_productivity))

    def __getattr__(self, name: str) -> Any:
        if name in DTYPES:
            return self._column(name)[self.row].item()
        raise AttributeError(f"a firm has no {name!r}")

    def __setattr__(self, name: str, value: Any) -> None:
        if name not in DTYPES:
            raise AttributeError(f"a firm has no {name!r}; its quantities are the columns of the table")
        self._column(name)[self.row] = value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Firm) and self.model is other.model and self._uid == other._uid

    def __hash__(self) -> int:
        return hash((id(self.model), self._uid))

    def remove(self) -> None:
        """Close the firm, once; the ecosystem books it as a death of the next quarter."""
        if self._column("alive")[self.row] == 1:
            self.model.close(np.array([self.row]))

    def __repr__(self) -> str:
        return f"Firm({self.unique_id}, {self.sector_name}, {self.employees:.0f} employees)"
