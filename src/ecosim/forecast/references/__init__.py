"""The forecasts to beat, one file each."""
