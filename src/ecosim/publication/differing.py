"""What differs between recorded runs: their settings, and the names that tell them apart."""

from collections.abc import Mapping, Sequence
from typing import Any

from ecosim.publication.recorded import UNTIL, Recorded
from ecosim.report.comparing import Beside

LETTERS = "ABCDEFGH"
LEFT_OUT = ("tracking", "execution", "workers", "resume")  # settle no number
SHOWN_FIRST = "study.targets"  # settles no number either
WORDS = ("source", "label", "label_zh")  # of a row: they settle no number either
LONGEST = 160  # characters of a setting that are shown
LEGEND = 48  # the same of a run in a legend
MOST_SETTINGS = 80
NOT_THERE = "–"
LEFT_AWAY = "without"  # the setting that names what is left out of a package
ABSENT = ("", "None", "none", NOT_THERE)  # texts of a setting that holds nothing

Row = tuple[str, str, tuple[str, ...]]


def names_of(runs: Sequence[Recorded]) -> list[tuple[str, str]]:
    """Letter and name of each run: ('A', 'Pinghu: 2017 policy package, known to 2016-12; seed 7 (1a2b3c4d)')."""
    named = []
    for letter, run, words in zip(LETTERS, runs, apart(runs), strict=False):
        beside = briefly([word for word in words if not word.startswith("origin ")], LONGEST)
        name = f"{run.place}: {run.title}, known to {run.origin}"
        named.append((letter, f"{name}; {beside} ({run.short})" if beside else f"{name} ({run.short})"))
    return named


def apart(runs: Sequence[Recorded]) -> list[list[str]]:
    """What tells the settings of each run from those of the others: 'seed 7', 'without hnte_award'; may be empty.

    Of runs with different titles the title says which scenario or place it is; its policies and traits are left out.
    """
    rows = [row for row in _settings_apart(runs) if not _told_by_without(row, runs)]
    if len({run.title for run in runs}) > 1 or len({run.place for run in runs}) > 1:
        rows = [row for row in rows if "." not in row[0] and row[0] not in ("scenario", "title", UNTIL)]
    return [[_told(name, cells, n) for name, _, cells in rows] for n in range(len(runs))]


def _told_by_without(row: Row, runs: Sequence[Recorded]) -> bool:
    """Whether a row is of an instrument that is away only where `without` names it or its group."""
    name = row[0].removeprefix("policies.")
    found = [(run.settings.get("policies") or {}).get(name) for run in runs]
    names = {name, *(str(each.get("group")) for each in found if isinstance(each, Mapping))}
    away = [run for run, cell in zip(runs, row[2], strict=True) if cell == NOT_THERE]
    return bool(away) and row[0] != name and all(names & set(run.settings.get(LEFT_AWAY) or ()) for run in away)


def legend(runs: Sequence[Recorded]) -> list[str]:
    """What differs between the runs, in a few words for each: place and title, or where these leave doubt, settings."""
    several, titled = (len(set(found)) > 1 for found in ([run.place for run in runs], [run.title for run in runs]))
    titles = [": ".join([run.place] * several + [run.title] * titled) for run in runs]
    if len(set(titles)) == len(runs):
        return [briefly([title], LEGEND) for title in titles]
    words = [[title] * bool(title) + settings for title, settings in zip(titles, apart(runs), strict=True)]
    return [briefly(each or [run.short], LEGEND) for each, run in zip(words, runs, strict=True)]


def _told(name: str, cells: Sequence[str], n: int) -> str:
    """A setting of one run: 'seed 7', 'no posterior'; of an instrument that some run lacks 'with award'."""
    instrument = name.removeprefix("policies.")
    if NOT_THERE in cells and instrument != name:
        return f"{'without' if cells[n] == NOT_THERE else 'with'} {instrument}"
    if cells[n] in ABSENT:
        return "nothing left out" if name == LEFT_AWAY else f"no {instrument}"
    return f"{instrument} {cells[n]}"


def briefly(words: Sequence[str], longest: int) -> str:
    """As many words as there is room for in so many characters, and how many more there are."""
    for shown in range(len(words), 0, -1):
        more = f" and {len(words) - shown} more" if shown < len(words) else ""
        if len(text := ", ".join(words[:shown]) + more) <= longest:
            return text
    first = words[0] if words else ""
    return first if len(first) <= longest else f"{first[: longest - 4]} ..."


def differences(runs: Sequence[Recorded]) -> Beside:
    """Every setting that is not the same in all runs, then what else was not the same when they were made."""
    rows = _settings_apart(runs)
    more = len(rows) - MOST_SETTINGS
    rows = rows[:MOST_SETTINGS]
    if more > 0:
        rows.append((f"{more} more settings differ", "in config.yaml of the runs", ("",) * len(runs)))
    for name, found in (
        ("ecosim", [str(run.provenance.get("ecosim")) for run in runs]),
        ("commit", [_commit(run) for run in runs]),
        ("counts", [str(run.provenance.get("data_hash"))[:12] for run in runs]),
        ("Python", [str(run.provenance.get("python")) for run in runs]),
    ):
        if len(set(found)) > 1:
            rows.append((name, "of the run", tuple(found)))
    remark = "Settings, rows of policies and versions that are not the same in all runs; the rest is the same."
    return Beside("What differs", remark if rows else "The settings are the same in all runs.", tuple(rows))


def _settings_apart(runs: Sequence[Recorded]) -> list[Row]:
    """The settings that differ, the choices before single rows."""
    trees = [{key: value for key, value in run.settings.items() if key not in LEFT_OUT} for run in runs]
    rows = [row for row in differing("", trees) if row[0] != SHOWN_FIRST]
    return sorted(rows, key=lambda row: row[0].count(".") > 1)


def _commit(run: Recorded) -> str:
    git = run.provenance.get("git") or {}
    return f"{str(git.get('commit'))[:12]}{' with local changes' if git.get('dirty') else ''}"


def differing(path: str, values: Sequence[Any]) -> list[Row]:
    """Rows for the settings below a path that differ; a table that a run lacks altogether is one row."""
    if len({_spelled(value) for value in values}) == 1:
        return []
    if not all(isinstance(value, Mapping) for value in values):
        return [(path, "", tuple(_shown(value) for value in values))]
    keys = dict.fromkeys(str(key) for value in values for key in value)
    spelled = [{str(key): each for key, each in value.items()} for value in values]
    rows: list[Row] = []
    for key in (key for key in keys if key not in WORDS):
        rows += differing(f"{path}.{key}" if path else key, [value.get(key, NOT_THERE) for value in spelled])
    return rows


def _spelled(value: Any) -> str:
    """A setting as text that is the same for the same settings alone: 1, 1.0, true and "1" are four."""
    if isinstance(value, Mapping):
        return f"{{{', '.join(sorted(f'{key}: {_spelled(each)}' for key, each in value.items()))}}}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_spelled, value))}]"
    return repr(value)


def _shown(value: Any) -> str:
    if isinstance(value, Mapping):
        plain = {key: each for key, each in value.items() if not isinstance(each, Mapping) and key not in WORDS}
        inside = ", ".join(f"{key}: {_shown(each)}" for key, each in plain.items())
        text = str(value.get("label") or inside or ("there" if value else "none"))
    else:
        text = ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
    return text if len(text) <= LONGEST else text[: LONGEST - 4] + " ..."
