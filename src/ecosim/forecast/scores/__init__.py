"""Scores of forecasts against counts, one file per rule."""

from ecosim.forecast.scores.coverage import coverage, inside
from ecosim.forecast.scores.crps import crps, crps_of_quantiles
from ecosim.forecast.scores.energy import energy
from ecosim.forecast.scores.log_score import log_score_counts, log_score_real
from ecosim.forecast.scores.mase import ase, naive_scale
from ecosim.forecast.scores.percentage import ape, sape
from ecosim.forecast.scores.pit import bias, pit
from ecosim.forecast.scores.wis import wis

__all__ = [
    "ape",
    "ase",
    "bias",
    "coverage",
    "crps",
    "crps_of_quantiles",
    "energy",
    "inside",
    "log_score_counts",
    "log_score_real",
    "naive_scale",
    "pit",
    "sape",
    "wis",
]
