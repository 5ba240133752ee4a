"""What no algorithm can beat: the query model, hard families, algorithms as its clients, and exhaustive minimax in tiny cases."""
