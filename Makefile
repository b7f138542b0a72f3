# Every target sets up what it needs: a virtual environment from the hash-pinned locks, then the project itself.
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip --disable-pip-version-check -q

.PHONY: run test check bench soak lock clean

run: $(VENV)/.run
	@$(BIN)/pledge run

test: check
	$(BIN)/python -m pytest -n 2 --dist loadgroup -m "not soak"

check: $(VENV)/.dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(VENV)/.bench
	$(BIN)/python -m bench

soak: $(VENV)/.dev
	$(BIN)/python -m pytest -m soak

# The locks are written from pyproject.toml; uv is needed only here.
lock:
	uv lock -q
	uv export -q --no-emit-project --no-annotate --no-header --no-default-groups --group build -o requirements.lock
	uv export -q --no-emit-project --no-annotate --no-header --no-default-groups --group dev -o requirements-dev.lock
	uv export -q --no-emit-project --no-annotate --no-header --no-default-groups --group bench -o requirements-bench.lock

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Pledge needs Python 3.11 or newer; say PYTHON=python3.11 make ..."; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { echo "The venv module is missing: apt-get install python3-venv"; exit 1; }

$(VENV)/.run: requirements.lock pyproject.toml | $(VENV)/bin/python
	$(PIP) install --require-hashes -r requirements.lock
	$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.dev: requirements-dev.lock pyproject.toml | $(VENV)/bin/python
	$(PIP) install --require-hashes -r requirements-dev.lock
	$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.bench: requirements-bench.lock pyproject.toml | $(VENV)/bin/python
	$(PIP) install --require-hashes -r requirements-bench.lock
	$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@
