"""What a reader gets of a run: one page in words, tables and charts, and the short tables beside it."""

from ecosim.report.context import ReportContext
from ecosim.report.page import write_report
from ecosim.report.tables import forecast_table, hindcast_table, summary_table, write_forecast_table

__all__ = ["ReportContext", "forecast_table", "hindcast_table", "summary_table", "write_forecast_table", "write_report"]
