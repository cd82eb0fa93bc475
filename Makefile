# Needs Python ≥ 3.11 with venv, make and git. The first target you run sets up .venv by itself.
.DEFAULT_GOAL := test

# The first of these that is there, is new enough and can make a virtual environment (a name alone may be an empty shim).
PYTHON ?= $(shell for name in python3.13 python3.12 python3.11 python3; do \
	$$name -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' > /dev/null 2>&1 && echo $$name && break; done)
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

# What ruff looks at: all that ends in .py, and the script that does not.
CODE := . scripts/picture scripts/screenshots

# pytest in four processes, for many tests wait; `make test TESTS="tests/rules -x"` runs a part of it.
TESTS ?= tests
WORKERS ?= 4

RUNS ?= 20000

.PHONY: help demo test check fuzz format bench picture screenshots lock wheel clean

$(READY): constraints.txt pyproject.toml
	@test -n "$(PYTHON)" || { echo "alertd needs Python 3.11 or newer with its venv module (Debian: apt-get install python3-venv)" >&2; exit 1; }
	@echo "setting up $(VENV) with $(PYTHON), once; about a minute"
	@rm -rf $(VENV)
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement constraints.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --no-index --editable .
	@$(BIN)/python -m compileall -q alertd
	@touch $(READY)

help: ## what there is to make
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-9s %s\n", $$1, $$2 }' Makefile

demo: $(READY) ## the whole thing on this machine, with nothing configured
	@$(BIN)/alertd demo

test: $(READY) ## the tests
	@$(BIN)/python -m pytest -n $(WORKERS) $(TESTS)

check: $(READY) ## format, lint, types, architecture, fuzzing, then the tests
	@$(BIN)/ruff format --check $(CODE)
	@$(BIN)/ruff check $(CODE)
	@$(BIN)/mypy
	@$(BIN)/lint-imports --cache-dir .cache/import-linter
	@$(MAKE) --no-print-directory fuzz
	@$(MAKE) --no-print-directory test

fuzz: $(READY) ## look for texts that break the expressions, guided by what they reach (Linux on x86_64)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: --requirement tests/rules/atheris.txt
	@$(BIN)/python -m tests.rules.fuzz_expression -runs=$(RUNS) -seed=1 -timeout=5 -rss_limit_mb=1024 -verbosity=0

format: $(READY) ## put the code in form
	@$(BIN)/ruff check --fix --quiet $(CODE) || true
	@$(BIN)/ruff format $(CODE)

bench: $(READY) ## measure what a poll costs
	@$(BIN)/python -m benchmarks

picture: $(READY) ## draw docs/message.png anew (needs chromium)
	@$(BIN)/python scripts/picture

screenshots: $(READY) ## draw the pages of docs/pages.md anew (needs chromium)
	@$(BIN)/python scripts/screenshots

lock: ## write constraints.txt anew from pyproject.toml, changing only what it must
	@PYTHON=python3.11 scripts/lock

wheel: $(READY) ## build dist/*.whl
	@$(BIN)/python -m build --wheel --no-isolation --outdir dist .

clean: ## remove all that the targets above made
	@rm -rf $(VENV) dist build .cache .hypothesis
