# Everything starts from a clone and Python 3.11: each target does its own set-up.
SHELL := /bin/bash
VENV := .venv
PYTHON ?= python3.11
BIN := $(VENV)/bin
PYTEST := $(BIN)/python -m pytest

.PHONY: bench clean demo lint lock prove setup test

demo: setup
	@$(PYTEST) alert_tests -q --no-header

test: setup lint
	@.ci/tools.sh promtool || true  # its test is then not run, because, which .ci/run takes as red
	@$(PYTEST) tests alert_tests

prove: setup
	@.ci/tools.sh promtool || true
	@HYPOTHESIS_PROFILE=prove $(PYTEST) tests alert_tests -m "not bench"

bench: setup
	@$(PYTEST) tests/benchmarks -m bench

lint: setup
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/lint-imports >.lint-imports.log || { cat .lint-imports.log; exit 1; }
	@$(BIN)/mypy

setup: $(VENV)/.ready

$(VENV)/.ready: requirements.lock pyproject.toml .ci/setup.sh .ci/tools.sh
	@.ci/setup.sh $(PYTHON) $(VENV)

# Compiles the lock anew: hashes, and no address of an index.
lock: setup
	$(BIN)/uv pip compile pyproject.toml --extra browser --extra load --extra drill --extra embedded \
	  --group dev --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
	  --no-emit-package alertproof --quiet --output-file requirements.lock

clean:
	rm -rf $(VENV) .lint-imports.log .mypy_cache .pytest_cache .ruff_cache .hypothesis
