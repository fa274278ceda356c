"""model.agents: the living firms as Mesa users know them (get, set, select, agg, groupby, do), on columns."""

from collections.abc import Callable, Iterable, Iterator
from random import Random
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ecosim.model.firm import Firm
from ecosim.model.firms import DTYPES

PROPERTIES = ("unique_id", "sector_name", "owner", "employees", "sales")  # of single firms, beside the columns


class FirmSet:
    """Rows of a model's firms with the interface of `mesa.agent.AgentSet`.

    A function is first tried on whole columns (through `FirmSet` attributes); where it needs one firm at a time, use
    `do` or `map`, which hand out lazy `Firm` rows and are slower by orders of magnitude.
    """

    def __init__(self, model: Any, rows: NDArray[np.int64]) -> None:
        self.model = model
        self.rows = rows

    @property
    def rows(self) -> NDArray[np.int64]:
        """Rows of these firms, without those that have closed since the set was made."""
        columns = self.model.firms.columns
        there = (columns.alive[self._rows] == 1) & (columns.uid[self._rows] == self._uids)
        return self._rows if there.all() else self._rows[there]

    @rows.setter
    def rows(self, rows: NDArray[np.int64]) -> None:
        self._rows = rows
        self._uids = self.model.firms.columns.uid[rows]

    def __len__(self) -> int:
        return int(self.rows.size)

    def __iter__(self) -> Iterator[Firm]:
        return (Firm(self.model, int(row)) for row in self.rows)

    def __contains__(self, firm: object) -> bool:
        if not isinstance(firm, Firm) or firm.model is not self.model:
            return False
        return bool(np.any(self.model.firms.columns.uid[self.rows] == np.uint64(firm.unique_id)))

    def __getitem__(self, item: int | slice) -> Any:
        if isinstance(item, slice):
            return [Firm(self.model, int(row)) for row in self.rows[item]]
        return Firm(self.model, int(self.rows[item]))

    def __getattr__(self, name: str) -> NDArray[Any]:
        if name in DTYPES:
            return self._column(name)[self.rows]
        raise AttributeError(f"firms have no column {name!r}; columns: {', '.join(DTYPES)}")

    def _column(self, name: str) -> NDArray[Any]:
        if name not in DTYPES:
            raise AttributeError(f"firms have no column {name!r}; columns: {', '.join(DTYPES)}")
        return getattr(self.model.firms.columns, name)

    def _values(self, name: str) -> NDArray[Any]:
        """A column, or a property of single firms (`sales`, `owner` ...), in the order of the set."""
        name = "uid" if name == "unique_id" else name  # beyond the range of a signed integer
        if name in DTYPES:
            return self._column(name)[self.rows]
        if name not in PROPERTIES:
            raise AttributeError(f"firms have no {name!r}; columns: {', '.join(DTYPES)}; also {', '.join(PROPERTIES)}")
        return np.array([getattr(firm, name) for firm in self])

    def get(self, attr_names: str | list[str], handle_missing: str = "error", default_value: Any = None) -> list[Any]:
        """Values of one column, or a list of values for each firm where several are named."""
        if handle_missing not in ("error", "default"):
            raise ValueError(f"handle_missing is {handle_missing!r}; write 'error' or 'default'")
        names = [attr_names] if isinstance(attr_names, str) else attr_names
        columns = []
        for name in names:
            if handle_missing == "default" and name not in DTYPES and name not in PROPERTIES:
                columns.append([default_value] * len(self))
            else:
                columns.append(self._values(name).tolist())
        return columns[0] if isinstance(attr_names, str) else [list(row) for row in zip(*columns, strict=True)]

    def set(self, attr_name: str, value: Any) -> "FirmSet":
        """Set a column of these firms to a value or to one value each."""
        self._column(attr_name)[self.rows] = value
        return self

    def agg(self, attribute: str, func: Callable[..., Any] | Iterable[Callable[..., Any]]) -> Any:
        """A function, or several, of a column."""
        values = self._values(attribute)
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
        if at_most <= 1.0 and isinstance(at_most, float):
            at_most = int(at_most * rows.size)  # a share of the set before the condition, as in Mesa
        if agent_type is not None and not issubclass(Firm, agent_type):
            rows = rows[:0]
        if filter_func is not None and rows.size:
            rows = rows[self._mask(filter_func)]
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

    def groupby(self, by: str | Callable[[Firm], Any], result_type: str = "agentset") -> "FirmGroups":
        """Sets of firms (lists of firms with result_type='list') by a column, a property or a function of a firm."""
        labels = self._values(by).tolist() if isinstance(by, str) else [by(firm) for firm in self]
        rows: dict[Any, list[int]] = {}
        for label, row in zip(labels, self.rows.tolist(), strict=True):
            rows.setdefault(label, []).append(row)
        sets = {label: FirmSet(self.model, np.array(group, np.int64)) for label, group in rows.items()}
        return FirmGroups(sets if result_type == "agentset" else {label: list(group) for label, group in sets.items()})

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
        values = self._values(key) if isinstance(key, str) else np.array([key(firm) for firm in self])
        rows = self.rows
        if ascending:
            rows = rows[np.argsort(values, kind="stable")]
        else:  # equal values keep their order, as in Mesa
            rows = rows[::-1][np.argsort(values[::-1], kind="stable")[::-1]]
        if inplace:
            self.rows = rows
            return self
        return FirmSet(self.model, rows)

    def count(self) -> int:
        """How many firms."""
        return len(self)


class FirmGroups:
    """Sets of firms by a label, with the interface of `mesa`'s GroupBy, and `groups[label]` for one of them."""

    def __init__(self, groups: dict[Any, Any]) -> None:
        self.groups = groups

    def __len__(self) -> int:
        return len(self.groups)

    def __iter__(self) -> Iterator[tuple[Any, Any]]:
        return iter(self.groups.items())

    def __getitem__(self, label: Any) -> Any:
        return self.groups[label]

    def count(self) -> dict[Any, int]:
        """How many firms in each group."""
        return {label: len(group) for label, group in self}

    def agg(self, attr_name: str, func: Callable[..., Any]) -> dict[Any, Any]:
        """A function of a column in each group."""
        return {
            label: group.agg(attr_name, func)
            if isinstance(group, FirmSet)
            else func([getattr(firm, attr_name) for firm in group])
            for label, group in self
        }

    def map(self, method: str | Callable[..., Any], *args: Any, **kwargs: Any) -> dict[Any, Any]:
        """Results of a method of the group by name, or of a function of the group."""
        return {
            label: getattr(group, method)(*args, **kwargs)
            if isinstance(method, str)
            else method(group, *args, **kwargs)
            for label, group in self
        }

    def do(self, method: str | Callable[..., Any], *args: Any, **kwargs: Any) -> "FirmGroups":
        """Call a method of the group by name, or a function, on each group."""
        self.map(method, *args, **kwargs)
        return self
