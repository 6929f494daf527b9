# Stentor: `make run` starts it, `make test` tests it. `make help` lists the rest.

VENV ?= .venv
PORT ?= 8000
STENTOR_HOME ?= .stentor
PYTHON3 ?= python3
export STENTOR_HOME

PYTHON := $(VENV)/bin/python
BENCHES = $(filter-out __init__ _%,$(patsubst bench/%.py,%,$(wildcard bench/*.py)))

.PHONY: help run test check bench fix install install-dev system-packages
.DEFAULT_GOAL := help

help:
	@echo 'make run     install what is needed and run Stentor (PORT=8000, STENTOR_HOME=.stentor, VENV=.venv)'
	@echo 'make test    run every test, on SQLite and on PostgreSQL, with real processes and a real browser'
	@echo 'make check   format, lint, types, import contracts, migrations, generated documents'
	@echo 'make bench   measure; make bench BENCHES=fanout for one'
	@echo 'make fix     repair what the formatter and the linter can repair'

run: install
	@exec $(PYTHON) manage.py run_stack --port $(PORT)

test: install-dev system-packages
	@exec ops/test $(PYTHON)

check: install-dev
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m ruff check .
	$(PYTHON) -m mypy
	$(VENV)/bin/lint-imports
	$(PYTHON) manage.py makemigrations --check --dry-run
	$(PYTHON) manage.py generate_docs --check
	ops/check-deploy $(PYTHON)

bench: install-dev
	@set -e; for name in $(BENCHES); do echo "== bench.$$name"; $(PYTHON) -m bench.$$name; done

fix: install-dev
	$(PYTHON) -m ruff format .
	$(PYTHON) -m ruff check --fix .
	$(PYTHON) manage.py generate_docs

# Installs only when the pinned versions differ from what this environment was last given.
install:
	@ops/install $(PYTHON3) $(VENV) requirements.txt

install-dev:
	@ops/install $(PYTHON3) $(VENV) requirements-dev.txt

system-packages:
	@ops/system-packages
