"""model.agents: the living firms as Mesa users know them (get, set, select, agg, groupby, do), on columns."""

from collections.abc import Callable, Iterable, Iterator
from random import Random
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ecosim.model.firms import DTYPES, Firm


class FirmSet:
    """Rows of a model's firms with the interface of `mesa.agent.AgentSet`.

    A function is first tried on whole columns (through `FirmSet` attributes); where it needs one firm at a time, use
    `do` or `map`, which hand out lazy `Firm` rows and are slower by orders of magnitude.
    """

    def __init__(self, model: Any, rows: NDArray[np.int64]) -> None:
        self.model = model
        self.rows = rows

    def __len__(self) -> int:
        return int(self.rows.size)

    def __iter__(self) -> Iterator[Firm]:
        return (Firm(self.model, int(row)) for row in self.rows)

    def __contains__(self, firm: object) -> bool:
        return isinstance(firm, Firm) and firm.model is self.model and bool(np.isin(firm.row, self.rows))

    def __getitem__(self, item: int | slice) -> Any:
        if isinstance(item, slice):
            return [Firm(self.model, int(row)) for row in self.rows[item]]
        return Firm(self.model, int(self.rows[item]))

    def __getattr__(self, name: str) -> NDArray[Any]:
        if name in DTYPES:
            return self._column(name)[self.rows]
        raise AttributeError(f"firms have no {name!r}; columns: {', '.join(DTYPES)}")

    def _column(self, name: str) -> NDArray[Any]:
        if name not in DTYPES:
            raise AttributeError(f"firms have no {name!r}; columns: {', '.join(DTYPES)}")
        return getattr(self.model.firms.columns, name)

    def get(
        self, attr_names: str | list[str], handle_missing: str = "error", default_value: Any = None
    ) -> list[Any]:
        """Values of one column, or a list of values for each firm where several are named."""
        names = [attr_names] if isinstance(attr_names, str) else attr_names
        columns = []
        for name in names:
            if name not in DTYPES and handle_missing == "default":
                columns.append([default_value] * len(self))
            else:
                columns.append(self._column(name)[self.rows].tolist())
        return columns[0] if isinstance(attr_names, str) else [list(row) for row in zip(*columns, strict=True)]

    def set(self, attr_name: str, value: Any) -> "FirmSet":
        """Set a column of these firms to a value or to one value each."""
        self._column(attr_name)[self.rows] = value
        return self

    def agg(self, attribute: str, func: Callable[..., Any] | Iterable[Callable[..., Any]]) -> Any:
        """A function, or several, of a column."""
        values = self._column(attribute)[self.rows]
        return [one(values) for one in func] if isinstance(func, Iterable) else func(values)

    def select(
        self,
        filter_func: Callable[[Any], Any] | None = None,
        at_most: int | float = float("inf"),
        inplace: bool = False,
        agent_type: type | None = None,
    ) -> "FirmSet":
        """Firms for which a condition holds; it is given the whole set first (columns), single firms if that fails."""
        rows = self.rows
        if agent_type is not None and not issubclass(Firm, agent_type):
            rows = rows[:0]
        if filter_func is not None and rows.size:
            rows = rows[self._mask(filter_func)]
        if at_most <= 1.0 and isinstance(at_most, float):
            at_most = int(at_most * rows.size)
        if at_most != float("inf"):
            rows = rows[: int(at_most)]
        if inplace:
            self.rows = rows
            return self
        return FirmSet(self.model, rows)

    def _mask(self, condition: Callable[[Any], Any]) -> NDArray[np.bool_]:
        try:
            mask = np.asarray(condition(self))
        except (AttributeError, TypeError, ValueError):  # the condition speaks of one firm, not of columns
            mask = np.zeros(0)
        if mask.shape != self.rows.shape or mask.dtype != np.bool_:
            mask = np.fromiter((bool(condition(firm)) for firm in self), np.bool_, len(self))
        return mask

    def groupby(self, by: str | Callable[[Firm], Any]) -> "dict[Any, FirmSet]":
        """Sets of firms by the value of a column or of a function of a firm."""
        labels = self._column(by)[self.rows] if isinstance(by, str) else np.array([by(firm) for firm in self])
        return {label.item(): FirmSet(self.model, self.rows[labels == label]) for label in np.unique(labels)}

    def do(self, method: str | Callable[..., Any], *args: Any, **kwargs: Any) -> "FirmSet":
        """Call a method by name, or a function, on each firm in order of rows."""
        for firm in self:
            getattr(firm, method)(*args, **kwargs) if isinstance(method, str) else method(firm, *args, **kwargs)
        return self

    def shuffle(self, inplace: bool = False) -> "FirmSet":
        """The firms in an order drawn by the model's generator."""
        rows = self.rows.copy()
        Random.shuffle(self.model.random, rows)  # type: ignore[arg-type]
        if inplace:
            self.rows = rows
            return self
        return FirmSet(self.model, rows)

    def shuffle_do(self, method: str | Callable[..., Any], *args: Any, **kwargs: Any) -> "FirmSet":
        """`do` in a shuffled order."""
        self.shuffle().do(method, *args, **kwargs)
        return self

    def map(self, method: str | Callable[..., Any], *args: Any, **kwargs: Any) -> list[Any]:
        """Results of a method by name, or of a function, for each firm."""
        return [
            getattr(firm, method)(*args, **kwargs) if isinstance(method, str) else method(firm, *args, **kwargs)
            for firm in self
        ]

    def sort(self, key: str | Callable[[Firm], Any], ascending: bool = False, inplace: bool = False) -> "FirmSet":
        """The firms in the order of a column or of a function of a firm."""
        values = self._column(key)[self.rows] if isinstance(key, str) else np.array([key(firm) for firm in self])
        order = np.argsort(values, kind="stable")
        rows = self.rows[order if ascending else order[::-1]]
        if inplace:
            self.rows = rows
            return self
        return FirmSet(self.model, rows)

    def count(self) -> int:
        """How many firms."""
        return len(self)
