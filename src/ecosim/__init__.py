"""Forecasts how a region's innovative firms grow under subsidy and talent policies, and says how sure it is."""

__version__ = "0.2.15"
