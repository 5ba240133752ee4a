"""Language models small enough that the true value is known: n-grams times an automaton, reward models learned on them, and adapters."""
