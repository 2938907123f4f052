# make lab   set up what is missing, then run the headless lab
# make test  set up what is missing, then lint, type-check and test

PYTHON ?= python3
BIN := .venv/bin
export PYTHON

.PHONY: lab test lint lock bench

lab: .venv/ready
	$(BIN)/pytest labs/headless

test: lint
	$(BIN)/pytest -n auto tests

lint: .venv/ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: .venv/ready
	$(BIN)/python -m benchmarks

# The stamp is newer than the lock: the environment is as the lock says.
.venv/ready: requirements.lock pyproject.toml setup/debian
	setup/debian
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --require-hashes -r requirements.lock
	$(BIN)/pip install --quiet --no-deps --no-build-isolation -e .
	touch $@

# After a change of the dependencies in pyproject.toml.
lock:
	$(PYTHON) -m venv .venv/lock
	.venv/lock/bin/pip install --quiet pip-tools
	.venv/lock/bin/pip-compile --quiet --extra dev --generate-hashes --strip-extras --allow-unsafe \
	  --no-emit-index-url --no-emit-find-links --no-emit-trusted-host --output-file requirements.lock pyproject.toml
