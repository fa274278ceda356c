"""What a chart, a table or the page calls a place, a scenario and a target."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from ecosim.data.targets import COUNT
from ecosim.data.targets import TARGETS as observables


class TargetLabel(NamedTuple):
    """A target in words."""

    title: str
    unit: str  # 'firms', '100m CNY'
    chinese: str = ""
    whole: bool = True  # a count: shown without decimals from 10 upward
    stock: bool = False  # a level at the end of the period; otherwise a sum over it


LEAST, NONE = 5e-5, 1e-9  # sizes under which a value is not told from zero, and is none
BASE = "= 100"  # ends the unit of an index

TARGETS: dict[str, TargetLabel] = {
    "firms": TargetLabel("Firms", "firms", "企业", stock=True),
    "births": TargetLabel("New firms", "firms", "新设企业"),
    "deaths": TargetLabel("Closed firms", "firms", "注销企业"),
    "employment": TargetLabel("Employment", "persons", "从业人员", stock=True),
    "patents_granted": TargetLabel("Patents granted", "patents", "专利授权"),
    "patents_applied": TargetLabel("Patent applications", "applications", "专利申请"),
    "inventions_granted": TargetLabel("Invention patents granted", "patents", "发明专利授权"),
    "inventions_applied": TargetLabel("Invention applications", "applications", "发明专利申请"),
    "rd_expenditure": TargetLabel("R&D spending", "100m CNY", "研发经费", whole=False),
    "rd_government_funded": TargetLabel("R&D paid by government", "100m CNY", "政府研发资金", whole=False),
    "rd_firm_funded": TargetLabel("R&D paid by firms", "100m CNY", "企业研发资金", whole=False),
    "rd_personnel": TargetLabel("R&D personnel", "person-years", "研发人员"),
    "rd_researchers": TargetLabel("Researchers", "person-years", "研究人员"),
    "fiscal_science_spending": TargetLabel("Fiscal science spending", "100m CNY", "财政科技支出", whole=False),
    "tech_sme_stock": TargetLabel("Technology SMEs", "firms", "科技型中小企业", stock=True),
    "tech_sme_new": TargetLabel("New technology SMEs", "firms", "新增科技型中小企业"),
    "hnte_stock": TargetLabel("High-tech enterprises", "firms", "高新技术企业", stock=True),
    "hnte_stock_index": TargetLabel("High-tech enterprises, index", "origin = 100", "高企指数", stock=True),
    "hnte_new": TargetLabel("First certifications", "firms", "新增高新技术企业"),
    "hnte_certifications": TargetLabel("High-tech certifications", "certificates", "高新技术企业认定"),
    "hnte_foreign_stock": TargetLabel("Foreign-invested high-tech enterprises", "firms", "外资高企", stock=True),
    "hightech_firms": TargetLabel("High-tech manufacturing firms", "firms", "高技术制造业企业", stock=True),
    "rd_gap_share": TargetLabel("R&D reported beyond the true", "share", "研发虚报比例", whole=False, stock=True),
    "progress_index": TargetLabel("Index of S&T progress", "standard deviations", "科技进步指数", False, stock=True),
    "progress_rank": TargetLabel("Rank of S&T progress", "place", "科技进步位次", stock=True),
    "outlay": TargetLabel("Public outlay", "10k CNY", "财政支出"),
    "tax_expenditure": TargetLabel("Tax not paid", "10k CNY", "税收减免"),
    "institutes": TargetLabel("Enterprise R&D institutes", "institutes", "企业研究院", stock=True),
}
"""The model's observables in words short enough for a chart; `Labels.targets` goes before them."""


@dataclass(frozen=True)
class Labels:
    """The words of one run, as its reader knows them."""

    place: str
    """Name of the region in English, 'Pinghu'."""
    place_local: str = ""
    """Its own name, '平湖'; left out where empty."""
    scenario: str = "scenario"
    """What the forecast assumes, in a few words: '2017 policy package'."""
    baseline: str = "without it"
    """What the baseline assumes, in a few words: 'national rules only'."""
    posterior: bool = False
    """Whether members draw part of what carries a policy effect from a posterior; else all of it is a prior."""
    updated: bool = False
    """Whether counts after the origin moved the members, and with them the effect."""
    targets: Mapping[str, TargetLabel] = field(default_factory=dict)
    """Words for targets of the user's own, or other words for ours."""

    @property
    def where(self) -> str:
        """'Pinghu 平湖'; one name where both are the same."""
        return " ".join(dict.fromkeys(name for name in (self.place, self.place_local) if name))

    @property
    def caution(self) -> str:
        """What a policy effect is, for the head of a chart."""
        what = "posterior and prior effect" if self.posterior else "prior effect"
        if self.updated:
            return f"{what} × state, moved by new counts, not identified from them alone"
        return f"{what} × state, not {'measured' if self.posterior else 'estimated from these counts'}"

    def of(self, target: str) -> TargetLabel:
        """The words for a target: the run's own, those above, the data sets', or its name with spaces."""
        if target in self.targets:
            return self.targets[target]
        if target in TARGETS:
            return TARGETS[target]
        if known := observables.get(target):
            count = known.unit == COUNT
            title = known.english[:1].upper() + known.english[1:]
            return TargetLabel(title, "number" if count else known.unit, known.chinese, count, known.kind == "stock")
        return TargetLabel(target.replace("_", " ").capitalize(), "", whole=False)

    def title(self, target: str) -> str:
        """'Technology SMEs 科技型中小企业'."""
        label = self.of(target)
        return f"{label.title} {label.chinese}".strip()

    def measured(self, target: str) -> str:
        """What the numbers count: 'firms, end of year'; empty where the unit is not known."""
        label = self.of(target)
        return f"{label.unit}, {'end of year' if label.stock else 'per year'}" if label.unit else ""


def number(value: float, label: TargetLabel, signed: bool = False) -> str:
    """A value as text: counts whole from 10 upward, else with one decimal; others to three digits; '+' where signed.

    What these would round to zero has one digit, as far as LEAST, and is '≈0' below. Not-a-number is an en dash: the
    figure is not there.
    """
    if value != value:
        return "–"
    size = abs(value)
    decimals = (0 if size >= 9.95 else 1) if label.whole else 0 if size >= 99.95 else 1 if size >= 9.995 else 2
    if NONE <= size < LEAST:
        return "≈0"
    while size >= LEAST and round(size, decimals) == 0:
        decimals += 1
    text = f"{value:{'+' if signed else ''},.{decimals}f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("-0", "+0") else text.replace("-", "−")


def amount(value: float, label: TargetLabel, signed: bool = False) -> str:
    """A value with its unit: '514 firms', '3.5 (100m CNY)', 'index 265 (origin = 100)'; signed '+44 firms'."""
    text = number(value, label, signed)
    if signed:
        return f"{text}{after_number(unit_of_change(label))}"
    return f"{'index ' if label.unit.endswith(BASE) else ''}{text}{after_number(label.unit)}"


def after_number(unit: str) -> str:
    """A unit as it stands after a number: ' firms'; ' (100m CNY)' where it holds a number itself; '' where unknown."""
    if any(character.isdigit() for character in unit):
        return f" ({unit})"
    return f" {unit}" if unit else ""


def unit_of_change(label: TargetLabel) -> str:
    """The unit of a difference between two values: 'firms', 'index points'; empty where it is not known."""
    return "index points" if label.unit.endswith(BASE) else label.unit


def brief(values: Sequence[float], label: TargetLabel, signed: bool = False, beside: Sequence[float] = ()) -> list[str]:
    """Values as text that stand together, all in thousands ('149k') or millions once one of them is that large.

    beside: further values of the same row, which is all in one form.
    """
    largest = max((abs(value) for value in (*values, *beside) if value == value), default=0)
    if largest < 1e5:
        return [number(value, label, signed) for value in values]
    unit, sign, plain = (1e3, "k", TargetLabel("", "")) if largest < 1e7 else (1e6, "m", TargetLabel("", "", "", False))
    return [f"{number(value / unit, plain, signed)}{sign}" for value in values]
