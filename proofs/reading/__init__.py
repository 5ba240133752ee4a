"""For readers: the blueprint, derivations, the graph, notebooks."""
