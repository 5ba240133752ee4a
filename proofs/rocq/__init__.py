"""The same statements in Rocq: build, audit and status."""
