"""Language models with a known truth."""
