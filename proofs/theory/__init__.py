"""The statements, one file a statement or a group that shares its argument."""
