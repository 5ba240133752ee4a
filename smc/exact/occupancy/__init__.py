"""The engine of exact laws: a chain over occupancies."""
