"""What several statements use."""
