# make lab   set up what is missing, then run the headless lab
# make test  set up what is missing, then lint, type-check, test, and check the course

PYTHON ?= python3
BIN := .venv/bin
export PYTHON

.PHONY: lab test lint course lock bench

lab: .venv/ready
	$(BIN)/pytest labs/headless

test: lint course
	$(BIN)/pytest -n auto tests

course: .venv/validate
	$(BIN)/labs check

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
	# As pip compiles what it copies: where Python may write no bytecode, each cluster would compile itself, 0.5 s.
	$(BIN)/python -m compileall -q graders pocketkube
	touch $@

# What only authors need: see the extra in pyproject.toml.
.venv/validate: .venv/ready requirements-validate.lock
	$(BIN)/pip install --quiet --require-hashes -r requirements-validate.lock
	touch $@

# After a change of the dependencies in pyproject.toml.
LOCK := --quiet --generate-hashes --strip-extras --allow-unsafe --no-emit-index-url --no-emit-find-links \
  --no-emit-trusted-host
lock:
	$(PYTHON) -m venv .venv/lock
	.venv/lock/bin/pip install --quiet pip-tools
	.venv/lock/bin/pip-compile $(LOCK) --extra dev --output-file requirements.lock pyproject.toml
	.venv/lock/bin/pip-compile $(LOCK) --extra validate --constraint requirements.lock \
	  --output-file requirements-validate.lock pyproject.toml
