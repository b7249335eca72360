# make train             train, evaluate and report on a small built-in data set
# make train DATA=folder ... on a folder of yours, one sub-folder per class, or a table of paths
# make test              run the tests
# make proofs            what takes longer: every architecture's file in a process of its own, ...
# make check             ruff, format, mypy and the tests

PYTHON ?= python3
DATA ?=
ARGS ?=
BIN := .venv/bin

.PHONY: train test proofs check clean

train: .venv/.installed
	$(BIN)/python scripts/train.py $(if $(DATA),"$(DATA)") $(ARGS)

test: .venv/.installed-dev
	$(BIN)/python -m pytest --numprocesses auto --maxprocesses 4 --dist loadfile

proofs: .venv/.installed-dev
	$(BIN)/python -m pytest -m proof

check: .venv/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m pytest --numprocesses auto --maxprocesses 4 --dist loadfile

.venv/bin/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed, this is " + sys.version.split()[0] + ". Try: make PYTHON=python3.12")'
	$(PYTHON) -m venv .venv || { rm -rf .venv; exit 1; }

.venv/.installed: .venv/bin/python pyproject.toml constraints.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable .
	touch $@

.venv/.installed-dev: .venv/.installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	touch $@

clean:
	rm -rf .venv build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache
