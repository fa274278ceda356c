"""The names of the observables: unit, stock or flow, and what each means in English and Chinese."""

from typing import NamedTuple

COUNT = "count"

UNITS: dict[str, str] = {
    COUNT: "whole, non-negative number of firms, patents, certificates ...",
    "persons": "people",
    "person-year": "full-time equivalents of a year",
    "CNY": "yuan",
    "10k CNY": "ten thousand yuan (万元)",
    "1m CNY": "million yuan",
    "100m CNY": "hundred million yuan (亿元)",
    "100m USD": "hundred million US dollars",
    "1m USD": "million US dollars",
    "1m EUR": "million euros",
    "% of GDP": "percent of gross domestic product",
    "%": "percent",
    "% per year": "percent of a stock in a year",
    "share": "part of a whole, 0 to 1",
    "ratio": "one level divided by another",
    "per 1000": "for every thousand",
    "per 10k": "for every ten thousand",
    "firms per day": "firms on an average day of the year",
    "index": "level relative to a base period",
    "rank": "place in an ordered list, 1 is first",
}


class Target(NamedTuple):
    """An observable: its unit, how quarters make a year of it, and its names."""

    unit: str
    kind: str  # stock (the year is its last quarter), flow (the year is the sum) or level (neither: a rate or an index)
    english: str
    chinese: str


TARGETS: dict[str, Target] = {
    # firms and their books
    "firms": Target(COUNT, "stock", "firms", "企业数"),
    "births": Target(COUNT, "flow", "firms founded", "新设企业"),
    "deaths": Target(COUNT, "flow", "firms closed", "注销企业"),
    "employment": Target("persons", "stock", "people employed", "从业人员"),
    "small_firms": Target(COUNT, "stock", "small and micro firms", "小微企业数"),
    "small_firm_births": Target(COUNT, "flow", "small and micro firms founded", "新设小微企业"),
    "small_firm_deaths": Target(COUNT, "flow", "small and micro firms closed", "注销小微企业"),
    "establishment_births": Target(COUNT, "flow", "establishments opened", "新设机构"),
    "establishment_deaths": Target(COUNT, "flow", "establishments closed", "关闭机构"),
    "new_firms_per_day": Target("firms per day", "level", "firms registered on an average day", "日均新设企业"),
    "firms_closed_in_founding_year": Target(
        COUNT, "flow", "firms registered and cancelled in the same year", "当年注册当年注销企业"
    ),
    "firm_death_rate": Target("% per year", "level", "firms closed, percent of firms", "企业死亡率"),
    "market_entities": Target(COUNT, "stock", "registered market entities, the self-employed included", "市场主体"),
    "industrial_firms": Target(COUNT, "stock", "industrial firms above designated size", "规上工业企业"),
    "industrial_firms_with_rd": Target(COUNT, "stock", "industrial firms that do research", "有研发活动的规上工业企业"),
    "industrial_firms_with_rd_share": Target(
        "%", "level", "share of industrial firms that do research", "有研发活动的规上工业企业占比"
    ),
    # patents
    "patents_applied": Target(COUNT, "flow", "domestic patent applications", "国内专利申请"),
    "patents_granted": Target(COUNT, "flow", "domestic patents granted", "国内专利授权"),
    "inventions_applied": Target(COUNT, "flow", "domestic invention patent applications", "国内发明专利申请"),
    "inventions_granted": Target(COUNT, "flow", "domestic invention patents granted", "国内发明专利授权"),
    # research
    "rd_expenditure": Target("100m CNY", "flow", "R&D expenditure", "研发经费支出"),
    "rd_government_funded": Target("100m CNY", "flow", "R&D expenditure funded by government", "政府资金研发经费"),
    "rd_firm_funded": Target("100m CNY", "flow", "R&D expenditure funded by firms", "企业资金研发经费"),
    "rd_personnel": Target("person-year", "flow", "R&D personnel, full-time equivalents", "研发人员全时当量"),
    "rd_researchers": Target("person-year", "flow", "researchers, full-time equivalents", "研究人员全时当量"),
    "rd_intensity": Target("% of GDP", "level", "R&D expenditure over GDP", "研发投入强度"),
    "fiscal_science_spending": Target(
        "100m CNY", "flow", "local budget spending on science and technology", "地方财政科技支出"
    ),
    # the certification ladder
    "tech_sme_stock": Target(COUNT, "stock", "provincial technology SMEs", "省科技型中小企业"),
    "tech_sme_new": Target(COUNT, "flow", "provincial technology SMEs newly listed", "新增省科技型中小企业"),
    "tech_sme_new_first_half": Target(
        COUNT, "flow", "provincial technology SMEs newly listed, January to June", "上半年新增省科技型中小企业"
    ),
    "tech_sme_stock_ratio_2y": Target(
        "ratio", "level", "technology SMEs over those of two years before", "科技型企业两年增长倍数"
    ),
    "hnte_stock": Target(COUNT, "stock", "high-tech enterprises with a valid certificate", "高新技术企业"),
    "hnte_certifications": Target(
        COUNT, "flow", "high-tech-enterprise certificates announced, renewals included", "高新技术企业认定数"
    ),
    "hnte_registered": Target(
        COUNT, "flow", "high-tech-enterprise certificates registered after the national check", "高新技术企业备案数"
    ),
    "hnte_new": Target(COUNT, "flow", "new high-tech enterprises", "新增高新技术企业"),
    "hnte_foreign_stock": Target(COUNT, "stock", "foreign-invested high-tech enterprises", "外资高新技术企业"),
    "hnte_japanese_new": Target(COUNT, "flow", "Japanese-invested high-tech enterprises certified", "新认定日资高企"),
    "hnte_stock_index": Target(
        "index",
        "level",
        "high-tech enterprises, index of the stock, last year before the origin = 100",
        "高新技术企业指数",
    ),
    "hnte_stock_ratio_2y": Target(
        "ratio", "level", "high-tech enterprises over those of two years before", "高新技术企业两年增长倍数"
    ),
    "hnte_per_1000_firms": Target("per 1000", "level", "high-tech enterprises per 1000 firms", "每千家企业高企数"),
    "hightech_firms": Target(
        COUNT, "stock", "high-tech manufacturing firms above designated size", "规上高技术制造业企业"
    ),
    "institutes": Target(COUNT, "stock", "provincial enterprise research institutes", "省级企业研究院"),
    "institutes_foreign": Target(COUNT, "stock", "of these foreign-invested", "外资省级企业研究院"),
    # size of the place
    "gdp": Target("100m CNY", "flow", "gross domestic product", "地区生产总值"),
    "gdp_implied": Target("100m CNY", "flow", "R&D expenditure divided by R&D intensity", "由研发强度推算的生产总值"),
    "industrial_output": Target(
        "100m CNY", "flow", "output of industrial firms above designated size", "规上工业总产值"
    ),
    "population": Target("persons", "stock", "resident population", "常住人口"),
}


def kind_of(target: str) -> str:
    """'stock', 'flow' or 'level' of a known target, '' of any other name."""
    return TARGETS[target].kind if target in TARGETS else ""


def in_words(target: str) -> str:
    """The English name of a known target, any other name with spaces."""
    return TARGETS[target].english if target in TARGETS else target.replace("_", " ")
