"""Charts of tables: fans of futures, policy effects, and past forecasts beside what then happened."""

from ecosim.figures.decomposition import decomposition_chart
from ecosim.figures.effect import effect_chart
from ecosim.figures.fan import Fan, fan_chart, fan_limits
from ecosim.figures.hindcast import hindcast_chart
from ecosim.figures.labels import TARGETS, Labels, TargetLabel

__all__ = [
    "TARGETS",
    "Fan",
    "Labels",
    "TargetLabel",
    "decomposition_chart",
    "effect_chart",
    "fan_chart",
    "fan_limits",
    "hindcast_chart",
]
