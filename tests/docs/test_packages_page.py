"""docs/packages.md lists every family with its fields; run as a script this writes the list anew."""

import dataclasses
import inspect
import re
from pathlib import Path

import yaml

from ecosim.policies.shelf import build, families

PAGE = Path(__file__).parents[2] / "docs" / "packages.md"
MARKS = re.compile(r"(?<=<!-- families: begin -->\n).*?(?=<!-- families: end -->)", re.DOTALL)
WIDTH = 150


def told(kind: type) -> str:
    """A family in words: what its file and its class say, and its fields."""
    what = (inspect.getmodule(kind).__doc__ or "").strip().splitlines()[0]
    words = " ".join((inspect.getdoc(kind) or "").split())
    fields = [f"**`{field.name}`**" if needed(field) else f"`{field.name}`" for field in dataclasses.fields(kind)]
    return f"**`{kind.family}`**. {what} {words} Fields: {', '.join(fields)}."


def needed(field: dataclasses.Field) -> bool:
    """Whether a row must give it."""
    default = getattr(field.default, "default", field.default)
    return field.default is dataclasses.MISSING or type(default).__name__ == "PydanticUndefinedType"


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
