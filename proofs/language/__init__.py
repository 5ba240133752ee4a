"""How formulas are written and read: notation, terms, LaTeX."""
