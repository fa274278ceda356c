"""Stylised facts of firms, held against the simulated ones: pure measures, what they should give, and the verdict."""
