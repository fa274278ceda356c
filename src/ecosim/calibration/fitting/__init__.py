"""A user's own equation on a user's own table: `fit(Equation(...), table)`, the functions that ecosim itself uses."""

from ecosim.calibration.fitting.equation import FAMILIES, Equation, from_table
from ecosim.calibration.fitting.errors import EquationError
from ecosim.calibration.fitting.fit import Fit, fit
from ecosim.calibration.fitting.identify import NOT_IDENTIFIED
from ecosim.calibration.fitting.leads import FAILS

__all__ = ["FAILS", "FAMILIES", "NOT_IDENTIFIED", "Equation", "EquationError", "Fit", "fit", "from_table"]
