"""What counts say of parameters that no regression sees: a posterior by simulation, and what stays open."""

from ecosim.calibration.simulation.adjust import Posterior, adjust, from_bank
from ecosim.calibration.simulation.identification import NOT_IDENTIFIED, Identified, identify
from ecosim.calibration.simulation.kept import Kept, key_of
from ecosim.calibration.simulation.moments import Estimated, SearchPlan, match_moments
from ecosim.calibration.simulation.particles import Weighted, reweigh, systematic
from ecosim.calibration.simulation.priors import Parameter, Prior, PriorError
from ecosim.calibration.simulation.ranks import RankTest, rank_test
from ecosim.calibration.simulation.sampler import Plan, Sampled, sample

__all__ = [
    "NOT_IDENTIFIED",
    "Estimated",
    "Identified",
    "Kept",
    "Parameter",
    "Plan",
    "Posterior",
    "Prior",
    "PriorError",
    "RankTest",
    "Sampled",
    "SearchPlan",
    "Weighted",
    "adjust",
    "from_bank",
    "identify",
    "key_of",
    "match_moments",
    "rank_test",
    "reweigh",
    "sample",
    "systematic",
]
