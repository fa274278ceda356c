"""What a reader gets of a run: one page in words, tables and charts, and the short tables beside it."""

from ecosim.report.context import ReportContext
from ecosim.report.page import write_report
from ecosim.report.tables import hindcast_table, stacked, summary_table, values_at

__all__ = ["ReportContext", "hindcast_table", "stacked", "summary_table", "values_at", "write_report"]
