"""Finished members as they come: chunks of Parquet in the run's folder, read again when the run goes on.

A chunk has one row for each record of a member (one per package of policies); its arrays are lists with their shape,
its books columns of name, year and value, so that any reader of Parquet can look at members while they come.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ecosim.data.writing import write_whole

if TYPE_CHECKING:
    import pyarrow as pa

CHUNK = 64  # members in a file at most
SECONDS = 1.0  # between two files at least


class Kind(NamedTuple):
    """How a value of a record stands in Parquet, exactly: its type and the way there and back."""

    type: "Callable[[], pa.DataType]"
    pack: Callable[[Any], Any]
    unpack: Callable[[Any], Any]


def _structure(**fields: "str | Callable[[], pa.DataType]") -> "Callable[[], pa.DataType]":
    """A struct of lists (named by the type of their entries) and of other types."""

    def made() -> "pa.DataType":
        import pyarrow as pa

        types = {
            name: pa.list_(pa.type_for_alias(kind)) if isinstance(kind, str) else kind()
            for name, kind in fields.items()
        }
        return pa.struct(list(types.items()))

    return made


def _texts() -> "pa.DataType":
    import pyarrow as pa

    return pa.list_(pa.string())


TEXTS = Kind(_texts, list, tuple)


def array_of(alias: str) -> Kind:
    """An array of numbers, its shape beside it."""
    return Kind(
        _structure(shape="int32", values=alias),
        lambda array: {"shape": array.shape, "values": array.ravel()},
        lambda stored: np.array(stored["values"], dtype=alias).reshape(stored["shape"]),
    )


def _keys(table: Mapping[Any, Any], years: bool) -> dict[str, list[Any]]:
    return {"name": [key[0] for key in table], "year": [key[1] for key in table]} if years else {"name": list(table)}


def _named(stored: Mapping[str, Any], years: bool) -> list[Any]:
    return list(zip(stored["name"], stored["year"], strict=True)) if years else stored["name"]


def book_of(alias: str, years: bool = True) -> Kind:
    """A table of numbers (or None) by name and year, or by name; its order is kept."""
    keys = {"name": "string", "year": "int32"} if years else {"name": "string"}
    return Kind(
        _structure(**keys, value=alias),
        lambda table: _keys(table, years) | {"value": list(table.values())},
        lambda stored: dict(zip(_named(stored, years), stored["value"], strict=True)),
    )


def arrays_of(alias: str, years: bool = False) -> Kind:
    """A table of arrays by name, or by name and year: one after the other, their shapes beside them."""
    keys = {"name": "string", "year": "int32"} if years else {"name": "string"}

    def pack(table: Mapping[Any, Any]) -> dict[str, Any]:
        flat = [array.ravel() for array in table.values()]
        shapes = [length for array in table.values() for length in array.shape]
        return _keys(table, years) | {"shape": shapes, "values": np.concatenate(flat) if flat else []}

    def unpack(stored: Mapping[str, Any]) -> dict[Any, Any]:
        names, values = _named(stored, years), np.array(stored["values"], dtype=alias)
        shapes = np.array(stored["shape"], dtype=np.int64).reshape(len(names), -1) if names else np.empty((0, 1), int)
        ends = np.cumsum(shapes.prod(axis=1))
        parts = np.split(values, ends[:-1])
        return {name: part.reshape(shape) for name, part, shape in zip(names, parts, shapes, strict=False)}

    return Kind(_structure(**keys, shape="int32", values=alias), pack, unpack)


def pairs_by_name(kind: Kind) -> Kind:
    """A table by name of two values of a kind."""

    def made() -> "pa.DataType":
        import pyarrow as pa

        return pa.list_(pa.struct([("name", pa.string()), ("first", kind.type()), ("second", kind.type())]))

    return Kind(
        made,
        lambda table: [
            {"name": name, "first": kind.pack(first), "second": kind.pack(second)}
            for name, (first, second) in table.items()
        ],
        lambda rows: {row["name"]: (kind.unpack(row["first"]), kind.unpack(row["second"])) for row in rows},
    )


class Layout(NamedTuple):
    """How records of a type are stored. make: the type; kinds: of its fields; other fields keep their defaults."""

    make: Callable[..., Any]
    kinds: Mapping[str, Kind]


class Chunks:
    """Members of one ensemble in a folder: each file is there whole or not at all, each member counts once."""

    def __init__(self, folder: Path, layout: Layout) -> None:
        self.folder = folder
        self.layout = layout
        self._waiting: dict[int, Sequence[Any]] = {}
        self._written = time.monotonic()

    def read(self) -> dict[int, list[Any]]:
        """What is there, by member; a file that cannot be read is removed, and its members are missing."""
        found: dict[int, list[Any]] = {}
        for path in sorted(self.folder.glob("*.parquet")):
            for member, records in self._members(path):
                found[member] = records
        return found

    def add(self, member: int, records: Sequence[Any]) -> None:
        """A finished member; written with others after a second, or when a file is full. Raises OSError."""
        self._waiting[member] = records
        if len(self._waiting) >= CHUNK or time.monotonic() - self._written > SECONDS:
            self.flush()

    def flush(self) -> None:
        """Write what waits. Raises OSError where there is no room; what was written before stays."""
        if not self._waiting:
            return
        import pyarrow as pa
        from pyarrow import parquet

        rows = [
            {"member": member, "package": number}
            | {name: kind.pack(getattr(record, name)) for name, kind in self.layout.kinds.items()}
            for member, records in self._waiting.items()
            for number, record in enumerate(records)
        ]
        table = pa.Table.from_pylist(rows, schema=self._schema())
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / f"{min(self._waiting):06d}-{max(self._waiting):06d}-{len(self._waiting)}.parquet"
        write_whole(path, lambda part: parquet.write_table(table, part))
        self._waiting = {}
        self._written = time.monotonic()

    def _schema(self) -> "pa.Schema":
        import pyarrow as pa

        fields = [(name, kind.type()) for name, kind in self.layout.kinds.items()]
        return pa.schema([("member", pa.int32()), ("package", pa.int32()), *fields])

    def _members(self, path: Path) -> Iterator[tuple[int, list[Any]]]:
        import pyarrow as pa
        from pyarrow import parquet

        try:
            rows = parquet.read_table(path, schema=self._schema()).to_pylist()
        except pa.ArrowInvalid:  # cut short, as after a power failure
            path.unlink()
            return
        by_member: dict[int, list[Any]] = {}
        for row in rows:
            values = {name: kind.unpack(row[name]) for name, kind in self.layout.kinds.items()}
            by_member.setdefault(row["member"], []).append(self.layout.make(**values))
        yield from by_member.items()
