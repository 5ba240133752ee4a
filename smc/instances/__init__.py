"""Models with known answers, and the shipped ones."""
