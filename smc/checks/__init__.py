"""Where model, sampler and theorem meet: rows, reports, plans and atlases."""
