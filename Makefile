# govpulse: needs Python >= 3.11, make and a C library; everything else is fetched.
VENV ?= .venv
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3 python; do command -v $$p >/dev/null && $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
BIN := $(VENV)/bin
PYTEST := $(BIN)/python -m pytest

.PHONY: help install demo test test-fast chaos year lint format bench clean

help: ## Say what there is to do.
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

install: $(VENV)/.installed ## Make the virtual environment from the lock; again only when the lock changes.

$(VENV)/.installed: requirements.txt pyproject.toml
	@test -n "$(PYTHON)" || { echo "govpulse needs Python 3.11 or newer: install it, or say 'make PYTHON=/path/to/python3.11'"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "installing the locked requirements (some minutes the first time)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

demo: install ## Live through a real permit log; leaves the platform running.
	@$(BIN)/govpulse demo

test: install ## Every test but the long chaos and the year, on a real Kafka, PostgreSQL, dbt and Great Expectations.
	@$(PYTEST) -m "not chaos and not year" -n 2 --dist loadfile

test-fast: install ## The tests that need no server, in seconds, on two processors.
	@$(PYTEST) -m "not broker and not slow and not chaos and not year" -q -n 2 --dist loadfile

chaos: install ## Kill everything at random for minutes, then compare with a batch fold.
	@$(PYTEST) -m chaos -s

year: install ## Live through a simulated year (SIMULATED_EVENTS, SIMULATED_DAYS) and compare it with its truth: two hours and a half, and some 65 GB of disk.
	@SIMULATED_EVENTS=$${SIMULATED_EVENTS:-12000000} SIMULATED_DAYS=$${SIMULATED_DAYS:-365} $(PYTEST) -m year -s

lint: install ## Style and types.
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

format: install ## Put the code into shape.
	@$(BIN)/ruff check --fix --quiet . || true
	@$(BIN)/ruff format .

bench: install ## Measure speed: events per second, latency, restart, memory.
	@$(BIN)/govpulse bench

clean: ## Stop the platform and remove the environment; data in .govpulse stays.
	@test ! -x $(BIN)/govpulse || $(BIN)/govpulse down
	@rm -rf $(VENV)
