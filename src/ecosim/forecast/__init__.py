"""Many futures, their summary, and the forecasts to beat."""
