"""From counts to coefficients with their covariance."""
