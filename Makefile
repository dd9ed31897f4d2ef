# Laidan: every frequent act is one command. `make help` lists them.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help setup run test test-long simulate check fix bench lock clean

# The first Python on the path that is new enough makes the environment; PYTHON=… overrides it.
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
VENV := .venv
PY := $(VENV)/bin/python
PIP := $(PY) -m pip --quiet --disable-pip-version-check --no-input
PORT ?= 8000

help: ## List the commands.
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 10

setup: $(VENV)/.stamp-dev $(VENV)/.stamp-pages ## Install everything for running and developing.

run: $(VENV)/.stamp-run $(VENV)/.stamp-pages ## Install what running needs, make a demo shop, serve it.
	@$(VENV)/bin/laidan demo
	@$(VENV)/bin/laidan serve

test: setup ## Run all tests, those of the database on SQLite, PostgreSQL and MariaDB.
	@$(PY) scripts/test.py

test-long: setup ## The same with many more random examples and kills, for a night.
	@LAIDAN_TEST_PROFILE=thorough $(PY) scripts/test.py

simulate: setup ## Thousands of simulated orders: payments, refunds, crashes. SEEDS=2000 SEED=1 choose.
	@LAIDAN_TEST_ENGINE=sqlite LAIDAN_SIMULATIONS=$(or $(SEEDS),400) LAIDAN_SIMULATION_SEED=$(or $(SEED),1) \
		$(PY) -m pytest -q tests/scenarios/test_money_simulation.py

check: setup ## What CI checks beside the tests: format, lint, types, arrows, migrations.
	@scripts/check

fix: setup ## Format, and mend what the linter can.
	@$(VENV)/bin/ruff check --fix --quiet . || true
	@$(VENV)/bin/ruff format .

bench: setup ## Measure placing orders against the limit of the database.
	@$(VENV)/bin/laidan bench place --mix spread

$(VENV)/.stamp-venv:
	@test -n "$(PYTHON)" || { echo "Laidan needs Python 3.11 or newer on the path." >&2; exit 1; }
	@echo "Making $(VENV) with $$($(PYTHON) --version)"
	@$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/.stamp-run: $(VENV)/.stamp-venv requirements/run.lock pyproject.toml
	@echo "Installing what Laidan runs on"
	@$(PIP) install --require-hashes -r requirements/run.lock
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.stamp-dev: $(VENV)/.stamp-run requirements/dev.lock
	@echo "Installing the developer's tools"
	@$(PIP) install --require-hashes -r requirements/dev.lock
	@touch $@

# The bundled pages: built again when a source, the lock or the build itself has changed.
PAGES := $(shell find frontend -name node_modules -prune -o -type f -print 2>/dev/null)
MESSAGES := $(shell find src -name '*.po' 2>/dev/null)

$(VENV)/.stamp-pages: $(VENV)/.stamp-run $(PAGES) $(MESSAGES)
	@scripts/pages
	@$(PY) scripts/messages.py
	@touch $@

lock: $(VENV)/.stamp-venv ## Resolve pyproject.toml anew into requirements/*.lock.
	@scripts/lock

clean: ## Remove what was built and installed; data stays.
	@rm -rf $(VENV) frontend/node_modules src/laidan/interfaces/web/static/web \
		.mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
