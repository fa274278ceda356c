"""The firm model's books without its firms: cohorts by age and certificates, moved by estimated rates."""
