"""The site: README, guides with doctests, the notebooks as they were executed, and beside them the reference (`make site`)."""

from importlib.metadata import version as installed

project = "bellman-smc"
author = "The bellman-smc developers"
version = release = installed("bellman-smc")

extensions = ["myst_nb", "sphinx.ext.doctest", "sphinx.ext.mathjax"]
root_doc = "index"
exclude_patterns = ["README.md"]  # the index holds it
html_theme = "furo"
html_title = f"bellman-smc {version}"

nb_execution_mode = "off"  # the notebooks carry their outputs; the tests execute them
nb_render_markdown_format = "myst"
myst_enable_extensions = ["dollarmath", "amsmath"]
myst_heading_anchors = 3
html_extra_path = ["extra"]  # the reference, which pdoc writes from the docstrings
linkcheck_ignore = [r"https?://.*"]  # links of the site itself; what lies outside needs a network
doctest_global_setup = "from fractions import Fraction"
suppress_warnings = ["misc.highlighting_failure"]  # PRISM has no highlighter
