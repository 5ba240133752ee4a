"""How derivations are written, and how their certificates are found. Untrusted."""
