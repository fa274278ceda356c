"""The posterior of a place: firms are simulated from a few years back and held against what was counted since."""

from ecosim.forecast.posterior.job import CalibrationJob, Found, run
from ecosim.forecast.posterior.update import Updated, update_members

__all__ = ["CalibrationJob", "Found", "Updated", "run", "update_members"]
