# Everything starts from a clone and Python 3.11: each target does its own set-up.
# TARGET names the platform that the suite is pointed at: make synthetics TARGET=staging (alertproof.toml).
SHELL := /bin/bash
VENV := .venv
PYTHON ?= python3.11
TARGET ?= local
BIN := $(VENV)/bin
PYTEST := $(BIN)/python -m pytest
SUITE := alert_tests synthetics load
# The journey whose vitals a release's gate compares; it only reads.
FELT ?= synthetics/journeys/test_log_in.py::test_an_agent_logs_in_and_sees_the_leads

# Runs a command that has more to say than is wanted: all of it when it is red, else nothing.
quietly = @said=$$($(1) 2>&1) || { echo "$$said"; exit 1; }

# pytest compiles what it rewrites at every start that may not keep it: 5 s instead of 2.
unexport PYTHONDONTWRITEBYTECODE

export TARGET # read by the shell and not pasted into a command: it may come from a form
export BASELINE FELT VERSION ENVIRONMENT URL
.PHONY: bench clean demo drills gate lint load lock prove release setup specification synthetics test

demo: setup
	@$(PYTEST) $(SUITE) -q --no-header

# The suite against a target: scheduled, before a release, before a launch.
synthetics: setup
	@$(PYTEST) synthetics --target "$$TARGET"

load: setup
	@$(PYTEST) load --target "$$TARGET"

drills: setup
	@$(PYTEST) alert_tests/drills --target "$$TARGET"

# BASELINE=production compares it with what is in production, once all else holds.
gate: setup
	@$(PYTEST) $(SUITE) --target "$$TARGET"
	@test -z "$$BASELINE" || \
	  $(BIN)/alertproof gate --baseline "$$BASELINE" --candidate "$$TARGET" --journeys "$$FELT" \
	    --summary reports/summary.md

# Marks a deploy in Sentry, Datadog and PagerDuty: VERSION=2026.12.1 ENVIRONMENT=prod URL=https://.. make release
release: setup
	@test -n "$$VERSION" || { echo "make release: say what was deployed: VERSION=2026.12.1" >&2; exit 2; }
	@$(BIN)/python -m m3core release --version "$$VERSION" --environment "$$ENVIRONMENT" --url "$$URL"

test: setup lint
	@.ci/tools.sh npm promtool || true  # their tests are then not run, because, which .ci/run takes as red
	@.ci/frontend.sh
	@$(PYTEST) tests --numprocesses 2 --dist worksteal --junitxml reports/junit-tests.xml -m "not prove and not bench and not alone"; \
	  tests=$$?; $(PYTEST) tests/meta -m "alone and not prove"; alone=$$?; \
	  $(PYTEST) $(SUITE) -m "not prove and not alone" && exit $$((tests | alone))  # a CI machine may have no core to spare

prove: setup
	@.ci/tools.sh npm promtool || true
	@.ci/frontend.sh
	@HYPOTHESIS_PROFILE=prove $(PYTEST) tests $(SUITE) -m "not bench"
	@$(BIN)/alertproof report proven > reports/proven-alerts.md && mv reports/proven-alerts.md docs/proven-alerts.md

# Writes the table of the specification anew: docs/specification.md.
specification: setup
	@$(BIN)/python -m tests.specification.table

bench: setup
	@.ci/tools.sh blackbox peers promtool wrk || true  # what is missing fails its benchmark, which says what to install
	@ALERTPROOF_REQUIRE_TOOLS=1 $(PYTEST) tests/benchmarks -m bench

lint: setup
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --check --quiet .
	$(call quietly,$(BIN)/lint-imports)
	@$(BIN)/mypy
	@$(BIN)/zizmor --offline --quiet --no-progress .github
	$(call quietly,$(BIN)/check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml)
	$(call quietly,$(BIN)/check-jsonschema --builtin-schema vendor.github-actions .github/actions/*/action.yml)
	$(call quietly,$(BIN)/check-jsonschema --builtin-schema vendor.dependabot .github/dependabot.yml)

setup: $(VENV)/.ready

$(VENV)/.ready: requirements.lock pyproject.toml .ci/setup.sh .ci/tools.sh .ci/frontend.sh
	@.ci/setup.sh $(PYTHON) $(VENV)

# Compiles the lock anew: hashes, and no address of an index.
lock: setup
	$(BIN)/uv pip compile pyproject.toml --extra browser --extra dns --extra drill --extra embedded --extra load --extra openapi --extra relay --extra schedule --extra terraform \
	  --group dev --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
	  --no-emit-package alertproof --quiet --output-file requirements.lock

clean:
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .hypothesis
