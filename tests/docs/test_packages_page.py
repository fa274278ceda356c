"""docs/packages.md lists every family with its fields; run as a script this writes the list anew."""

import dataclasses
import inspect
import re
from pathlib import Path

import yaml

from ecosim.forecast.instruments import numbers_of
from ecosim.policies.eligibility import Eligibility
from ecosim.policies.shelf import build, families, needed

PAGE = Path(__file__).parents[2] / "docs" / "packages.md"
MARKS = re.compile(r"(?<=<!-- families: begin -->\n).*?(?=<!-- families: end -->)", re.DOTALL)


def told(kind: type) -> str:
    """A family in words: what its file and its class say, and its fields."""
    what = (inspect.getmodule(kind).__doc__ or "").strip().splitlines()[0]
    words = " ".join((inspect.getdoc(kind) or "").split())
    fields = [f"**`{field.name}`**" if needed(field) else f"`{field.name}`{usual(field)}" for field in fields_of(kind)]
    return f"**`{kind.family}`**. {what} {words} Fields: {', '.join(fields)}."


def fields_of(kind: type) -> tuple[dataclasses.Field, ...]:
    return dataclasses.fields(kind)


def usual(field: dataclasses.Field) -> str:
    """Whether rungs are told apart, and for whom an instrument is where the row does not say, if not for all."""
    words = numbers_of(field.default) if isinstance(field.default, Eligibility) else ""
    told = [*(["with rungs"] if field.type is Eligibility else []), *([f"by default {words}"] if words else [])]
    return f" ({'; '.join(told)})" if told else ""


def listed() -> str:
    return "".join(f"- {told(kind)}\n" for _, kind in sorted(families().items()))


def test_the_page_lists_every_family_as_the_code_describes_it() -> None:
    (block,) = MARKS.findall(PAGE.read_text(encoding="utf-8"))
    assert block == listed(), "python tests/docs/test_packages_page.py writes it anew"


def test_the_example_is_a_package() -> None:
    text = re.search(r"```yaml\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert text is not None
    rows = yaml.safe_load(text.group(1))
    assert rows.pop("defaults") == ["national_rules", "_self_"]
    (row,) = build(rows).values()
    assert row.policy.rate.at(4 * 2023) == 3
    assert row.policy.rate.at(4 * 2026) == 0


if __name__ == "__main__":
    PAGE.write_text(MARKS.sub(lambda _: listed(), PAGE.read_text(encoding="utf-8")), encoding="utf-8")
