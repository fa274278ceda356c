"""CSV and Parquet files as raw tables of text, before anything in them is believed."""

import codecs
import csv
import io
from pathlib import Path

import pandas as pd

from ecosim.data.checks import CountsError

_SEPARATORS = {";": "semicolons", "\t": "tabs", "，": "Chinese commas"}


def read_table(path: str | Path) -> pd.DataFrame:
    """The table in a CSV (UTF-8, with or without byte-order mark) or Parquet file; CSV cells stay text.

    Numbers in text columns stay as they are written, so that a location code '007' keeps its zeros and 'NA' is a name.
    Raises CountsError where the file is missing, empty, of another kind or not readable.
    """
    file = Path(path)
    if file.is_dir():
        raise CountsError(f"{path}: is a folder; name a .csv or .parquet file in it")
    if not file.exists():
        raise CountsError(f"{path}: no such file; looked in {file.absolute().parent}{_neighbors(file)}")
    suffix = file.suffix.lower()
    if suffix in {".parquet", ".pq"}:
        return _read_parquet(file)
    if suffix in {".csv", ".txt"}:
        return _read_csv(file)
    raise CountsError(f"{path}: {suffix or 'no ending'} is not read; save the table as .csv (UTF-8) or .parquet")


def _neighbors(file: Path) -> str:
    folder = file.absolute().parent
    if not folder.is_dir():
        return ", which is no folder"
    names = sorted(other.name for other in folder.iterdir() if other.suffix.lower() in {".csv", ".parquet", ".pq"})
    return f", which holds {', '.join(names[:8])}" if names else ", which holds no .csv or .parquet file"


def _read_parquet(file: Path) -> pd.DataFrame:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return pq.ParquetFile(file).read().to_pandas()
    except (pa.ArrowException, OSError) as error:
        raise CountsError(f"{file}: cannot be read as Parquet ({error}); write it again or give a CSV file") from error


def _read_csv(file: Path) -> pd.DataFrame:
    text = _decoded(file)
    if not text.strip():
        raise CountsError(f"{file}: is empty; its first line is location,target,time,value")
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    rows, lines = [], []
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                rows.append(cells)
                lines.append(reader.line_num)
    except csv.Error as error:
        begin, end = (lines[-1] if lines else 0) + 1, reader.line_num
        opened = text.splitlines()[begin - 1 : end][0] if end >= begin else ""
        where = f"line {begin}" if begin >= end else f"lines {begin} to {end}"
        raise CountsError(f"{file}: {where} cannot be read ({error}): {opened[:80]!r}; check its quotes") from error
    if not rows:
        raise CountsError(f"{file}: is empty; its first line is location,target,time,value")
    header = [cell.strip() for cell in rows[0]]
    _check_shape(file, header, rows, lines)
    return pd.DataFrame(rows[1:], columns=header, index=pd.Index(lines[1:], name="line"), dtype=object)


def _decoded(file: Path) -> str:
    """The text of a CSV file. Raises CountsError where it is in another encoding or holds bytes that no text has."""
    try:
        raw = file.read_bytes()
        text = raw.decode("utf-8-sig")
    except OSError as error:
        raise CountsError(f"{file}: cannot be read ({error.strerror}); check its permissions") from error
    except UnicodeDecodeError as error:
        if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            raise CountsError(f"{file}: is UTF-16, Excel's 'Unicode text'; save it as 'CSV UTF-8'") from error
        raise CountsError(
            f"{file}: line {line_of(raw, error)} is not UTF-8; save it as 'CSV UTF-8', or convert it from GB18030"
        ) from error
    if "\0" in text:
        line = text[: text.index("\0")].count("\n") + 1
        raise CountsError(
            f"{file}: line {line} holds a NUL byte, as a damaged file or UTF-16 does; remove it, or save the table "
            "again as 'CSV UTF-8'"
        )
    return text


def line_of(raw: bytes, error: UnicodeDecodeError) -> int:
    """The line of a text that holds the first byte that could not be read."""
    return raw[: error.start].count(b"\n") + 1


def _check_shape(file: Path, header: list[str], rows: list[list[str]], lines: list[int]) -> None:
    if len(header) == 1:
        for separator, word in _SEPARATORS.items():
            if separator in header[0]:
                raise CountsError(f"{file}: its columns are separated by {word}; save it with commas")
    for cells, line in zip(rows, lines, strict=True):
        if len(cells) != len(header):
            raise CountsError(
                f"{file}: line {line} has {len(cells)} cells where the header has {len(header)} columns: "
                f"{','.join(cells)[:80]!r}; quote a text that holds a comma, write 1234 and not 1,234"
            )
