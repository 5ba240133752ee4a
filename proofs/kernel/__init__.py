"""TRUSTED. The language of the proofs, the rules of inference, exact arithmetic, and the replay; standard library only."""
