"""Counts for China: 31 provinces from 2010 to 2022, and levels quoted for the nation, Zhejiang, Jiaxing and Pinghu.

Compiled from statistical yearbooks, bulletins, official announcements and the press (`sources`); facts and figures,
cite the original office. Technology-market contracts and planning targets were dropped. Two series are derived and
say so in `source`: provincial hnte_stock (sum of three yearly announcements) and gdp_implied (R&D over R&D intensity).
"""

from functools import cache

import pandas as pd

from ecosim.data import panel, tables

COUNTRY = "China"

_PROVINCES = {
    "Anhui": "安徽", "Beijing": "北京", "Chongqing": "重庆", "Fujian": "福建", "Gansu": "甘肃", "Guangdong": "广东",
    "Guangxi": "广西", "Guizhou": "贵州", "Hainan": "海南", "Hebei": "河北", "Heilongjiang": "黑龙江", "Henan": "河南",
    "Hubei": "湖北", "Hunan": "湖南", "Inner Mongolia": "内蒙古", "Jiangsu": "江苏", "Jiangxi": "江西", "Jilin": "吉林",
    "Liaoning": "辽宁", "Ningxia": "宁夏", "Qinghai": "青海", "Shaanxi": "陕西", "Shandong": "山东", "Shanghai": "上海",
    "Shanxi": "山西", "Sichuan": "四川", "Tianjin": "天津", "Tibet": "西藏", "Xinjiang": "新疆", "Yunnan": "云南",
    "Zhejiang": "浙江",
}  # fmt: skip
_OTHERS = {COUNTRY: "中国", "Jiaxing": "嘉兴", "Pinghu": "平湖"}


def load() -> pd.DataFrame:
    """The carried counts of all locations, in the counts schema (`panel.COLUMNS`); declared gaps are NaN.

    "China" is a location beside its provinces: leave it out of panels and sums (`provinces`).
    """
    return _load().copy()


@cache
def _load() -> pd.DataFrame:
    quoted = points()[list(panel.COLUMNS)]
    provincial = tables.read_numbers("china_provinces", "value")
    names = tables.source_names()
    provincial["source"] = provincial["source"].map(names)
    return pd.concat([provincial[list(panel.COLUMNS)], panel.declare_gaps(quoted)], ignore_index=True)


def points() -> pd.DataFrame:
    """The quoted levels alone, in the counts schema with `confidence` and `quote` beside it (English or Chinese)."""
    quoted = tables.read_numbers("china_points", "value")
    quoted["source"] = quoted["source"].map(tables.source_names())
    return quoted


def provinces() -> tuple[str, ...]:
    """The 31 provinces, autonomous regions and municipalities by their English names; never "China"."""
    return tuple(_PROVINCES)


def location_names() -> dict[str, str]:
    """English -> Chinese name of every location of the carried counts."""
    return _PROVINCES | _OTHERS


def sources() -> pd.DataFrame:
    """`source_id, source, address` of every carried figure; the address is empty where only a copy was at hand."""
    return tables.read_text("sources")


def breaks() -> pd.DataFrame:
    """`target, time, what`: from `time` on, a series is not comparable with what stands before it."""
    return tables.read_text("breaks")


def pinghu_article() -> pd.DataFrame:
    """`id, quantity, value, text, unit, time, quote, note`: the numbers N1 to N15 of the article on Pinghu (2018).

    `value` is NaN where the article gives words. N14 contradicts official figures and is used nowhere.
    """
    return tables.read_numbers("pinghu_article", "value")
