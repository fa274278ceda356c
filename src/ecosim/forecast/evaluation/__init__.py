"""Past forecasts held against the counts: origins, horizons, scores, skill and its tests."""
