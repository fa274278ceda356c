"""Speed of ecosim's engine beside other ways to write the same model, measured in the same run."""
