"""What firms do: one file for each rule."""
