# Needs Python 3.11 or later with venv, make, and a network to the package registries. Nothing else, and no root.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.in-step-with-the-lock
UI := src/kleos/web/built/index.html
UI_SOURCES := $(shell find web -type f -not -path '*/node_modules/*' -not -path 'web/audit/*' -not -path 'web/screenshots/*' -not -name openapi.json -not -name schema.d.ts)
API_SOURCES := $(shell find src/kleos -name '*api.py' -o -name answers.py -o -path '*/facades/*.py')

# The tests wait for servers and databases more than they compute.
WORKERS ?= $(shell echo $$(($$(nproc 2>/dev/null || echo 2) + 1)))
PYTEST_ARGS ?=
ARGS ?=

# Where bytecode is not kept, each of the many processes that tests start compiles everything anew.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help setup web demo test check coverage screenshots lighthouse scrolling bench clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(STAMP) ## Make .venv and put everything locked into it

$(STAMP): pyproject.toml uv.lock
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@test -x $(BIN)/uv || $(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	@env -u VIRTUAL_ENV UV_PROJECT_ENVIRONMENT=$(VENV) UV_PYTHON_DOWNLOADS=never \
		$(BIN)/uv sync --quiet --frozen --inexact --compile-bytecode --python $(BIN)/python
	@touch $@

web: setup $(UI) ## Build the web UI into the package

$(UI): $(UI_SOURCES) $(API_SOURCES) build_web.py | $(STAMP)
	@$(BIN)/python build_web.py
	@touch $@

demo: setup web ## Watch bots play games whose events become stats, boards and awards (ARGS="--help")
	@$(BIN)/kleos demo $(ARGS)

test: setup web ## Run the tests (PYTEST_ARGS="-k boards" WORKERS=0)
	@$(BIN)/python -m pytest --numprocesses $(WORKERS) --max-worker-restart 0 --dist loadfile --no-loadscope-reorder \
		$(PYTEST_ARGS)

check: setup web ## Lint, format and types
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@cd web && PATH="$$PATH:$(CURDIR)/$(BIN)" npm run --silent check && PATH="$$PATH:$(CURDIR)/$(BIN)" npm test --silent

coverage: setup ## Run the tests and report what they did not reach (htmlcov/)
	@rm -f .coverage .coverage.*
	@$(BIN)/coverage run -m pytest $(PYTEST_ARGS)
	@$(BIN)/coverage combine --quiet
	@$(BIN)/coverage html --quiet
	@$(BIN)/coverage report

screenshots: setup web ## Take pictures of every page and state into web/screenshots (ARGS="--help")
	@$(BIN)/python -m web.audit.screenshots $(ARGS)

lighthouse: setup web ## Measure home, board and profile; fails under 95 (ARGS="--help")
	@$(BIN)/python -m web.audit.lighthouse $(ARGS)

scrolling: setup web ## Measure how smoothly a board of 100,000 rows scrolls (ARGS="--help")
	@$(BIN)/python -m web.audit.scrolling $(ARGS)

bench: setup ## Run the benchmarks, each beside its peer (ARGS="--list")
	@$(BIN)/python -m bench $(ARGS)

clean: ## Remove what can be made again (not the data directory)
	rm -rf web/node_modules web/audit/node_modules src/kleos/web/built $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage .coverage.* htmlcov dist web/screenshots
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
