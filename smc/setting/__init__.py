"""The model that every statement is about: layered model, MDP, reward model, and its constants."""
