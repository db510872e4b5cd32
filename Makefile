# Everything a developer does here, by name; `make` alone lists it.
.DEFAULT_GOAL := help
PYTHON ?= python3
BIN := .venv/bin
INSTALLED := .venv/.installed
# npm itself writes it, last of all.
PLUGIN_INSTALLED := plugin/node_modules/.package-lock.json
SPECTRAL := npx --yes @stoplight/spectral-cli@6.16.3

.PHONY: help setup demo dev test lint type plugin migrate seed audit spec-check bench perf history doctor format clean

help: ## list these verbs
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

setup: $(INSTALLED) ## make .venv with the exact versions of constraints.txt (at once when nothing changed)

$(INSTALLED): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.11 ...")'
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "Python's venv is missing: apt install python3-venv" >&2; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@

demo: setup ## one whole run, from work item to pull request, with scripted models: no key, no network
	$(BIN)/python -m examples.demo

dev: setup ## Temporal server, worker and HTTP API, begun anew when the code changes or it dies; one Ctrl-C ends all
	FABER_PROFILE=dev $(BIN)/python scripts/dev.py

test: setup ## everything that must hold: style, types, imports, behaviour
	@$(MAKE) --no-print-directory --jobs 3 lint type plugin
	FABER_ENV_FILE= $(BIN)/pytest --numprocesses 2 --dist worksteal

lint: setup ## style, and the arrows between the rooms
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports

type: setup ## types
	$(BIN)/mypy

plugin: setup $(PLUGIN_INSTALLED) ## the TypeScript package: style, types, build, behaviour
	cd plugin && npm run lint && npm run typecheck && npm test

$(PLUGIN_INSTALLED): plugin/package.json plugin/package-lock.json
	cd plugin && npm ci
	@touch $@

format: setup ## write the style instead of checking it
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

migrate: setup ## bring the tables of DATABASE_URL up to date
	$(BIN)/alembic upgrade head

seed: setup ## put examples/definitions/ into the registry of DATABASE_URL
	$(BIN)/python scripts/seed_workflows.py

audit: setup ## known vulnerabilities of what constraints.txt names; asks the public service
	$(BIN)/python scripts/audit.py

spec-check: setup ## what the HTTP API says of itself, written to openapi.yaml, by Spectral's rules
	$(BIN)/python scripts/write_openapi.py
	$(SPECTRAL) lint --fail-severity warn openapi.yaml

bench: setup ## what a step costs
	$(BIN)/python -m tests.bench

perf: setup ## a minute's ramp of people over HTTP; PERF="--minutes 10" is longer, --host asks another server
	$(BIN)/python -m tests.perf $(PERF)

history: setup ## record the runs that tests/histories replays, anew
	$(BIN)/python -m tests.histories.record

doctor: setup ## what works here and what is missing
	$(BIN)/python -m faber.api doctor

clean: ## remove .venv and every cache; runs and settings stay
	rm -rf .venv .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis plugin/node_modules plugin/dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
