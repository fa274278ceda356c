"""What leaves the house: bundles of forecasts, pages that compare runs, scores of published forecasts, their ledger."""
