"""A long search for counterexamples, outside pytest: many instances, every chosen statement, results in one SQLite file.

`plan` says what is searched, `search` runs one chunk of instances (a pure function of the plan and the chunk's number),
`store` keeps what chunks found, `runner` spreads chunks over cores or a Dask cluster, `summary` makes the table and the plot.
"""
