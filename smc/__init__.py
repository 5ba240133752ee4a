"""The computational side of bellman-smc: models, reward models, exact laws of particle runs, and their verification."""
