# Needs Python 3.11 or later with venv, make, and a network to the package registries. Nothing else, and no root.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.in-step-with-the-lock

PYTEST_ARGS ?=
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help setup demo test check coverage bench clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(STAMP) ## Make .venv and put everything locked into it

$(STAMP): pyproject.toml uv.lock
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@test -x $(BIN)/uv || $(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	@env -u VIRTUAL_ENV UV_PROJECT_ENVIRONMENT=$(VENV) UV_PYTHON_DOWNLOADS=never \
		$(BIN)/uv sync --quiet --frozen --inexact --python $(BIN)/python
	@touch $@

demo: setup ## Watch bots play games whose events become stats, boards and awards (ARGS="--help")
	@$(BIN)/kleos demo $(ARGS)

test: setup ## Run the tests (PYTEST_ARGS="-k boards")
	@$(BIN)/python -m pytest $(PYTEST_ARGS)

check: setup ## Lint, format and types
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

coverage: setup ## Run the tests and report what they did not reach (htmlcov/)
	@rm -f .coverage .coverage.*
	@$(BIN)/coverage run -m pytest $(PYTEST_ARGS)
	@$(BIN)/coverage combine --quiet
	@$(BIN)/coverage html --quiet
	@$(BIN)/coverage report

bench: setup ## Run the benchmarks, each beside its peer (ARGS="--list")
	@$(BIN)/python -m bench $(ARGS)

clean: ## Remove what can be made again (not the data directory)
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage .coverage.* htmlcov dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
