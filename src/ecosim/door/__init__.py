"""The door: composes a scenario, checks it, runs the chosen study and shows what came out."""
