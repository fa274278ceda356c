"""Finished members as they come: chunks of Parquet in the run's folder, read again when the run goes on.

A chunk has one row for each record of a member (one per package of policies); its arrays are lists with their shape,
its books lists of (name, year, value), so that any reader of Parquet can look at members while they come.
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


def _array_type(values: str) -> "Callable[[], pa.DataType]":
    def made() -> "pa.DataType":
        import pyarrow as pa

        return pa.struct([("shape", pa.list_(pa.int32())), ("values", pa.list_(pa.type_for_alias(values)))])

    return made


def _list_of(names: Sequence[str], kind: "Callable[[], pa.DataType]") -> "Callable[[], pa.DataType]":
    """A list of (name, value), or of (name, year, value)."""

    def made() -> "pa.DataType":
        import pyarrow as pa

        keys = {"name": pa.string(), "year": pa.int32()}
        return pa.list_(pa.struct([*((name, keys[name]) for name in names), ("value", kind())]))

    return made


def _simple(alias: str) -> "Callable[[], pa.DataType]":
    def made() -> "pa.DataType":
        import pyarrow as pa

        return pa.type_for_alias(alias)

    return made


def _texts() -> "pa.DataType":
    import pyarrow as pa

    return pa.list_(pa.string())


def _array(values: str) -> Kind:
    return Kind(
        _array_type(values),
        lambda array: {"shape": array.shape, "values": array.ravel()},
        lambda stored: np.array(stored["values"], dtype=values).reshape(stored["shape"]),
    )


def _same(value: Any) -> Any:
    return value


def by_name(kind: Kind) -> Kind:
    """A table by name of values of a kind; its order is kept."""
    return Kind(
        _list_of(["name"], kind.type),
        lambda table: [{"name": name, "value": kind.pack(value)} for name, value in table.items()],
        lambda rows: {row["name"]: kind.unpack(row["value"]) for row in rows},
    )


def by_name_and_year(kind: Kind) -> Kind:
    """A table by name and year of values of a kind; its order is kept."""
    return Kind(
        _list_of(["name", "year"], kind.type),
        lambda table: [
            {"name": name, "year": year, "value": kind.pack(value)} for (name, year), value in table.items()
        ],
        lambda rows: {(row["name"], row["year"]): kind.unpack(row["value"]) for row in rows},
    )


def pair_of(kind: Kind) -> Kind:
    """Two values of a kind."""

    def made() -> "pa.DataType":
        import pyarrow as pa

        return pa.struct([("first", kind.type()), ("second", kind.type())])

    return Kind(
        made,
        lambda pair: {"first": kind.pack(pair[0]), "second": kind.pack(pair[1])},
        lambda stored: (kind.unpack(stored["first"]), kind.unpack(stored["second"])),
    )


FLOATS, WHOLES = _array("float64"), _array("int64")
FLOAT, WHOLE = Kind(_simple("float64"), _same, _same), Kind(_simple("int64"), _same, _same)  # WHOLE: or None
TEXTS = Kind(_texts, list, tuple)


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
