# Every target sets itself up in a private .venv and reuses it. Needs Python >= 3.11 and make, nothing else.
PYTHON ?= python3
BIN := .venv/bin
ifeq ($(OS),Windows_NT)
BIN := .venv/Scripts
endif

# The tests start many interpreters: bytecode is kept, whatever the environment says.
test suite nightly: export PYTHONDONTWRITEBYTECODE =

.PHONY: verify test suite nightly bench rocq notebooks lab mutation lint site figures clean help

help:  ## this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

verify: .venv/.installed  ## the main job: check the shipped models against every theorem; writes build/
	$(BIN)/bellman-smc verify

test: export MAKEFLAGS += --no-print-directory
test: .venv/.developed  ## lint, types, architecture rules, and the tests with a day's share of their cases (two cores: two minutes)
	@mkdir -p build; $(MAKE) lint > build/lint.txt 2>&1 & lint=$$!; $(MAKE) suite; suite=$$?; wait $$lint; lint=$$?; cat build/lint.txt; exit $$((suite ? suite : lint))

suite: .venv/.developed
	$(BIN)/python -m pytest -n 2 --dist worksteal -m "not nightly"

lint: .venv/.developed  ## ruff (check and format), mypy, import-linter
	$(BIN)/ruff check proofs smc tests
	$(BIN)/ruff format --check proofs smc tests
	$(BIN)/mypy
	$(BIN)/lint-imports

nightly: .venv/.developed  ## every test with all its cases, the long property profile, the long checks (hours)
	HYPOTHESIS_PROFILE=nightly $(BIN)/python -m pytest -n 2 --dist worksteal

bench: .venv/.developed  ## ratios of the engines, side by side in one process
	$(BIN)/python -m tests.bench

rocq:  ## build the Rocq files and audit what they assume (needs Coq 8.16.1 and MathComp 1.15.0)
	$(MAKE) -C proofs/rocq PYTHON=$(PYTHON)

notebooks: .venv/.developed  ## execute the notebooks again and write them with their outputs
	$(BIN)/python -m tests.notebooks

PAGES := build/pages
site: .venv/.developed  ## the site with its doctests and links checked; open build/site/index.html
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --group site
	rm -rf $(PAGES) build/site && mkdir -p $(PAGES)/proofs $(PAGES)/tests $(PAGES)/notebooks $(PAGES)/extra/reference
	cp -R .site/. README.md CHANGELOG.md CITATION.cff $(PAGES) && mkdir -p $(PAGES)/.site && cp .site/*.svg $(PAGES)/.site && cp proofs/README.md $(PAGES)/proofs && cp tests/*.md $(PAGES)/tests
	cp notebooks/*.ipynb notebooks/README.md $(PAGES)/notebooks
	mkdir -p $(PAGES)/tests/outside && cp tests/outside/*.py $(PAGES)/tests/outside
	$(BIN)/python -m pdoc --docformat markdown --math --output-directory $(PAGES)/extra/reference smc proofs
	$(BIN)/python -m sphinx -q -W --keep-going -b doctest $(PAGES) build/doctest
	$(BIN)/python -m sphinx -q -W --keep-going -b linkcheck $(PAGES) build/linkcheck
	$(BIN)/python -m sphinx -q -W --keep-going -b html $(PAGES) build/site

figures: .venv/.developed  ## draw the figures of the README again
	$(BIN)/python .site/figures.py

lab: .venv/.installed  ## open the notebooks in JupyterLab, to read and to change
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[notebooks]'
	$(BIN)/jupyter lab notebooks

mutation: .venv/.developed  ## mutation testing of the trusted kernel and the exact engine
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --group mutation
	$(BIN)/mutmut run

clean:  ## remove everything that the targets above made
	rm -rf .venv build .pytest_cache .ruff_cache .mypy_cache .hypothesis mutants *.egg-info

.venv/bin/python .venv/Scripts/python.exe:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "bellman-smc needs Python 3.11 or newer, this is " + sys.version.split()[0])'
	$(PYTHON) -m venv .venv

.venv/.installed: pyproject.toml | $(BIN)/python$(if $(filter Windows_NT,$(OS)),.exe)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade 'pip>=25.1'
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[campaign,gym,plot]'
	touch $@

.venv/.developed: .venv/.installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable . --group dev
	touch $@
