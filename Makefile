# What a developer types.  Needs python3 (3.11 or later) and make; the rest is installed into .venv
# from requirements.lock, once, and again whenever that file changes.

PYTHON ?= python3
BIN := .venv/bin
INSTALLED := .venv/installed-from-lock
LITBOT := .venv/installed-litbot

.DEFAULT_GOAL := help
.PHONY: help install demo test format bench lock wheel clean

help: ## Say what there is
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1\t/'

install: $(LITBOT) ## Set up .venv with everything that development needs

demo: $(LITBOT) ## Run the whole bot on sample records, on this machine only; ARGS="..." adds options
	$(BIN)/litbot demo $(ARGS)

test: $(LITBOT) ## Lint, types, import contract, then every test on SQLite and PostgreSQL
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest -n 4 $(ARGS)

format: $(LITBOT) ## Format the code and mend what ruff can mend
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(LITBOT) ## Measure; nothing is asserted
	$(BIN)/python tests/bench $(ARGS)

lock: $(LITBOT) ## Bring requirements.lock up to date with pyproject.toml; ARGS=--upgrade takes the newest
	UV_CUSTOM_COMPILE_COMMAND="make lock" $(BIN)/uv pip compile pyproject.toml --quiet $(ARGS) \
	  --all-extras --universal --python-version 3.11 --generate-hashes --strip-extras \
	  --no-emit-index-url --no-emit-find-links -o requirements.lock

wheel: $(LITBOT) ## Build the wheel and the source archive into dist/
	$(BIN)/python -m build --no-isolation

clean: ## Remove what was built and installed; var/ stays
	rm -rf .venv build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

$(INSTALLED): requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "litbot needs Python 3.11 or later, and $(PYTHON) is not; try: make PYTHON=python3.12 install" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' || { \
	  echo "$(PYTHON) cannot make virtual environments; on Debian and Ubuntu: apt-get install python3-venv" >&2; exit 1; }
	@echo "Installing the packages of requirements.lock into .venv (once)"
	@$(PYTHON) -m venv --clear .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@touch $@

$(LITBOT): $(INSTALLED) pyproject.toml
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@
