"""The simulated ecosystem: firms in columns, the quarter and the books."""
