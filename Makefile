# Everything a developer does here, by name; `make` alone lists it.
.DEFAULT_GOAL := help
PYTHON ?= python3
BIN := .venv/bin
INSTALLED := .venv/.installed

.PHONY: help setup demo dev test lint type bench history doctor format clean

help: ## list these verbs
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-8s %s\n", $$1, $$2}'

setup: $(INSTALLED) ## make .venv with the exact versions of constraints.txt (at once when nothing changed)

$(INSTALLED): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.11 ...")'
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "Python's venv is missing: apt install python3-venv" >&2; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@

demo: setup ## one whole run, from work item to pull request, with scripted models: no key, no network
	$(BIN)/python -m examples.demo

dev: setup ## the worker with its own Temporal server
	$(BIN)/python worker.py --dev

test: setup lint type ## everything that must hold: style, types, imports, behaviour
	$(BIN)/pytest

lint: setup ## style, and the arrows between the rooms
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports

type: setup ## types
	$(BIN)/mypy

format: setup ## write the style instead of checking it
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: setup ## what a step costs
	$(BIN)/python -m tests.bench

history: setup ## record the runs that tests/histories replays, anew
	$(BIN)/python -m tests.histories.record

doctor: setup ## what works here and what is missing
	$(BIN)/python -m faber.api doctor

clean: ## remove .venv and every cache; runs and settings stay
	rm -rf .venv .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
