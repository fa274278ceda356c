"""What governments do: one file for each instrument family."""
