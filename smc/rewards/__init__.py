"""What a loop that is steered by a process reward model multiplies, and which law it therefore samples."""
