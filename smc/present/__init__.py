"""How results are shown: tables, page, figures, notebooks."""
