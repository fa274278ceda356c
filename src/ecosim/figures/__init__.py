"""Charts of tables: fans, effects, past forecasts beside what happened, facts in their bands, skill, calibration."""

from ecosim.figures.calibration_by_horizon import calibration_by_horizon
from ecosim.figures.decomposition import decomposition_chart
from ecosim.figures.effect import effect_chart
from ecosim.figures.facts import facts_chart
from ecosim.figures.fan import Fan, fan_chart, fan_limits
from ecosim.figures.hindcast import hindcast_chart
from ecosim.figures.identification import identification_chart
from ecosim.figures.labels import TARGETS, Labels, TargetLabel
from ecosim.figures.places import places_chart
from ecosim.figures.skill import skill_chart
from ecosim.figures.take_up import take_up_chart

__all__ = [
    "TARGETS",
    "Fan",
    "Labels",
    "TargetLabel",
    "calibration_by_horizon",
    "decomposition_chart",
    "effect_chart",
    "facts_chart",
    "fan_chart",
    "fan_limits",
    "hindcast_chart",
    "identification_chart",
    "places_chart",
    "skill_chart",
    "take_up_chart",
]
