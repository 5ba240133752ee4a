"""Files that hold the scores of a process reward model: which law a loop on them samples, and how good the scores are."""
