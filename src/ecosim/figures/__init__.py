"""Charts of tables: fans of futures, policy effects, past forecasts beside what then happened, and skill."""

from ecosim.figures.effect import effect_chart
from ecosim.figures.fan import Fan, fan_chart, fan_limits
from ecosim.figures.hindcast import hindcast_chart
from ecosim.figures.labels import TARGETS, Labels, TargetLabel
from ecosim.figures.skill import skill_chart

__all__ = [
    "TARGETS",
    "Fan",
    "Labels",
    "TargetLabel",
    "effect_chart",
    "fan_chart",
    "fan_limits",
    "hindcast_chart",
    "skill_chart",
]
