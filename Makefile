# The verbs of a contributor; `make help` lists them. Only python3 with its venv module is needed,
# and Node with npm for the tests of the JavaScript client. Each target makes what it depends on.

PYTHON ?= python3
VENV ?= .venv
DATA ?= .kinto-data
PORT ?= 8888
WORKERS ?= 2
ARGS ?=

BIN := $(VENV)/bin
RUNTIME := $(VENV)/.runtime
DEVELOPMENT := $(VENV)/.development
DOCS := $(VENV)/.docs
NODE := tests/clients/js/node_modules/.package-lock.json
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

.DEFAULT_GOAL := help
.PHONY: help setup serve test test-fast test-backends thirdparty acceptance lint format docs bench clean

help:  ## Show this help
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(RUNTIME)  ## Make .venv with the pinned requirements and Kinto itself

serve: $(RUNTIME)  ## Serve on http://127.0.0.1:8888 (PORT=...), data in .kinto-data (DATA=...)
	@exec $(BIN)/kinto start --data $(DATA) --port $(PORT) $(ARGS)

test: $(DEVELOPMENT) $(NODE)  ## Run every test, the published clients included (ARGS="-k words")
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal $(ARGS)

test-fast: $(DEVELOPMENT)  ## Run the tests that need neither Node nor a real server
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal \
		--ignore tests/clients --ignore tests/faults --ignore tests/docs $(ARGS)

test-backends: $(DEVELOPMENT) $(NODE)  ## Run every test on all backends, PostgreSQL and Redis too (longer)
	KINTO_TEST_BACKENDS="memory sqlite postgresql redis" \
		$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal $(ARGS)

thirdparty: $(DEVELOPMENT)  ## Run the suites of published plugins against ours (some minutes)
	KINTO_THIRDPARTY=1 $(BIN)/python -m pytest tests/thirdparty $(ARGS)

acceptance: $(DOCS) $(NODE)  ## Run the promises at full size and print the figures (long)
	KINTO_ACCEPTANCE=1 $(BIN)/python -m pytest tests/acceptance $(ARGS)

lint: $(DEVELOPMENT)  ## Check style, types, import rules, rendered files (under a minute)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports --no-logo --no-cache
	$(BIN)/python scripts/house_rules.py
	$(BIN)/python scripts/render.py --check
	$(BIN)/python scripts/changelog.py --check
	$(BIN)/mypy

format: $(DEVELOPMENT)  ## Put imports and layout in order
	$(BIN)/ruff check --fix --exit-zero --quiet .
	$(BIN)/ruff format .

docs: $(DOCS)  ## Render what is made from the code, build the site in build/site (warnings are errors)
	$(BIN)/python scripts/render.py
	$(BIN)/python scripts/code_map.py
	$(BIN)/python scripts/changelog.py --draft
	$(BIN)/python -m scripts.build_docs

bench: $(DEVELOPMENT)  ## Measure against the floor of the machine and PocketBase (ARGS=--quick)
	$(PIP) install --quiet -r benchmarks/requirements.txt
	$(BIN)/python -m benchmarks $(ARGS)

clean:  ## Remove the environment and caches; the data in .kinto-data stays
	rm -rf $(VENV) tests/clients/js/node_modules .pytest_cache .mypy_cache .ruff_cache \
		.import_linter_cache .hypothesis

$(RUNTIME): requirements.txt setup.py
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("Kinto needs Python 3.11 or later; set PYTHON=...")'
	$(PYTHON) -m venv $(VENV)
	$(PIP) install -r requirements.txt
	$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

$(DEVELOPMENT): $(RUNTIME) requirements-dev.txt
	$(PIP) install -r requirements-dev.txt
	@touch $@

$(DOCS): $(DEVELOPMENT) requirements-docs.txt
	$(PIP) install -r requirements-docs.txt
	@touch $@

$(NODE): tests/clients/js/package-lock.json
	@command -v npm >/dev/null && node -e 'process.exit(+(parseInt(process.versions.node) < 20))' || \
		{ echo "The tests of the JavaScript client need Node 20 or later, with npm." >&2; exit 1; }
	npm --prefix tests/clients/js ci --ignore-scripts --no-audit --no-fund
	@touch $@
