"""Whether the rows of data.path can say anything of a forecast: its places and its targets are names that are known."""

from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from typing import TYPE_CHECKING

from ecosim.data.errors import UserError
from ecosim.data.targets import TARGETS

if TYPE_CHECKING:
    import pandas as pd

    from ecosim.model.region import Region

CLOSE = 0.6  # of spellings of one name, as difflib measures it: 平湖市 and 平湖 have 0.8
SLIP = 0.85  # of a slip of the pen: Zhejang and Zhejiang have 0.93, the cities Shaoxing and Jiaxing 0.8
SHOWN = 5  # names in a message


class StrangeCounts(UserError, ValueError):
    """A table of counts of other places than the forecast knows."""


def check_places(named: str, own: "pd.DataFrame", regions: Sequence["Region"], carried: Iterable[str]) -> None:
    """Raises StrangeCounts where no row is of a region, of a place around it, or of a place that ecosim knows.

    named: the table as the user wrote it; carried: places of the counts that it lies on.
    """
    from ecosim.data import china

    places = _places(own)
    if set(places) & {*_spellings(regions).values(), *china.location_names(), *carried}:
        return
    spellings = _spellings(regions) | {chinese: name for name, chinese in china.location_names().items()}
    meant = {place: name for place in places if (name := _meant(place, spellings))}
    wanted = [region.name for region in regions]
    way_out = ", ".join(f"{name!r} for {place!r}" for place, name in list(meant.items())[:SHOWN])
    raise StrangeCounts(
        f"data.path={named}: no row of {_quoted(wanted, 'or')}; its places are {_quoted(places, 'and')}; "
        f"write {way_out or _quoted(wanted, 'or')} in the column location"
    )


def check_inside(regions: Sequence["Region"], counts: "pd.DataFrame") -> list[str]:
    """Sentences on places around a region of which there is no count, so that nothing is inherited from them.

    Raises StrangeCounts where such a name is the Chinese one of a place that has counts.
    """
    from ecosim.data import china

    places = _places(counts)
    chinese = {other: name for name, other in china.location_names().items() if name in places}
    told = []
    for region in regions:
        for place in region.inside:
            if place in places:
                continue
            if name := chinese.get(place) or chinese.get(place.rstrip("省市")):
                raise StrangeCounts(f"region.inside={place}: there are no counts of it; write {name!r}")
            close = get_close_matches(place, places, n=1, cutoff=SLIP)
            told.append(
                f"{region.name} is said to lie in {place} (region.inside), of which there is no count: nothing is "
                f"inherited from it{f'; is {close[0]} meant?' if close else '.'}"
            )
    return list(dict.fromkeys(told))


def unused(named: str, counts: "pd.DataFrame", regions: Sequence["Region"], carried: Iterable[str]) -> list[str]:
    """Sentences on rows that a slip of the pen keeps out of the forecast.

    counts: the table `named` on top of those with the places `carried`, which hold known targets only.
    """
    sentences = []
    strange = counts.loc[~counts["target"].isin(list(TARGETS)), "target"].value_counts(sort=False)
    for target, rows in strange.items():
        close = get_close_matches(str(target), TARGETS, n=1, cutoff=CLOSE)
        hint = f"did you mean {close[0]}?" if close else "no forecast knows a target of this name."
        sentences.append(f"{target} ({_rows(rows)} of {named}) is not used; {hint}")
    spellings = _spellings(regions)
    rest = counts[~counts["location"].isin({*spellings.values(), *carried})]
    for place, rows in rest["location"].value_counts(sort=False).items():
        if name := _meant(str(place), spellings):
            sentences.append(f"{place} ({_rows(rows)} of {named}) is taken for another place than {name}; write {name} "
                             "where it is meant.")  # fmt: skip
    return sentences


def _spellings(regions: Sequence["Region"]) -> dict[str, str]:
    """The names of regions and of the places around them, by every name that they are known to have."""
    from ecosim.data import china

    chinese = china.location_names()
    found: dict[str, str] = {}
    for region in regions:
        for name, other in ((region.name, region.name_zh), *((place, "") for place in region.inside)):
            for spelling in (name, other, chinese.get(name, "")):
                if spelling:
                    found.setdefault(spelling, name)
    return found


def _meant(place: str, spellings: dict[str, str]) -> str:
    """The name that a place is close to by one of its spellings, empty where there is none."""
    close = get_close_matches(place, spellings, n=1, cutoff=CLOSE)
    return spellings[close[0]] if close else ""


def _places(counts: "pd.DataFrame") -> list[str]:
    return list(dict.fromkeys(counts["location"].astype(str)))


def _quoted(names: Sequence[str], last: str) -> str:
    shown = [repr(name) for name in names[:SHOWN]]
    if len(names) > SHOWN:
        shown.append(f"{len(names) - SHOWN} more")
    return " ".join([*([", ".join(shown[:-1]), last] if len(shown) > 1 else []), shown[-1]])


def _rows(count: int) -> str:
    return "1 row" if count == 1 else f"{count} rows"
