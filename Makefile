# `make` lists what can be done. Nothing needs root, Docker, Node, PostgreSQL or uv.
.DEFAULT_GOAL := help
SHELL := /bin/sh
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
TESTS ?= tests

.PHONY: help demo test lint check contract print assets fuzz bench year torture races lock clean

help:  ## list these targets
	@sed -n 's/^\([a-z-]*\):.*## /\1|/p' $(MAKEFILE_LIST) | awk -F'|' '{ printf "  make %-10s %s\n", $$1, $$2 }'

$(VENV)/.base: requirements/base.txt setup.cfg clients/python/pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "OpenBureau needs Python 3.11 or newer; name one with PYTHON=...")'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/base.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e . -e clients/python
	@touch $@

$(VENV)/.dev: $(VENV)/.base requirements/dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@touch $@

demo: $(VENV)/.base  ## set everything up and run the main job (ONCE=1: end after it; DATA=FILE: with a real file)
	@$(BIN)/openbureau demo $(if $(ONCE),--once) $(if $(DATA),--data "$(DATA)")

test: $(VENV)/.dev  ## run the tests (TESTS=path for some of them)
	$(BIN)/python -m pytest -n 2 $(TESTS)

lint: $(VENV)/.dev  ## ruff, mypy and the import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

check: lint contract test  ## everything that CI runs

contract: $(VENV)/.dev  ## fail if schema/contract.graphql or a printed page of docs is stale, or the contract breaks a promise
	$(BIN)/python -m schema.contract | diff -u schema/contract.graphql - || \
		{ echo "The contract changed: run 'make print' and read the difference."; exit 1; }
	$(BIN)/python -m exchange.settings | diff -u docs/settings.md - || { echo "Run 'make print'."; exit 1; }
	$(BIN)/python -m consent.policy.print_packs | diff -u docs/policy-rules.md - || { echo "Run 'make print'."; exit 1; }
	$(BIN)/python -m schema.compatibility

print: $(VENV)/.dev  ## write schema/contract.graphql and the printed pages of docs anew
	$(BIN)/python -m schema.contract > schema/contract.graphql
	$(BIN)/python -m exchange.settings > docs/settings.md
	$(BIN)/python -m consent.policy.print_packs > docs/policy-rules.md

assets:  ## build the pages' style sheet anew (needs Node; what it builds is committed)
	cd exchange/web/assets && npm ci --silent && npm run --silent build

blackbox: $(VENV)/.dev  ## foreign clients and audits against this server (needs Node and npm)
	npm ci --prefix tests/blackbox --ignore-scripts --no-audit --no-fund
	$(BIN)/python -m pytest tests/blackbox

fuzz: $(VENV)/.dev  ## schemathesis against the sandbox, for a long time (CASES=10000), from an environment of its own
	test -x $(VENV)-fuzz/bin/python || $(PYTHON) -m venv $(VENV)-fuzz
	$(VENV)-fuzz/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r tests/fuzz/requirements.txt
	PYTHONPATH=.:tests FUZZ_VENV=$(VENV)-fuzz $(if $(CASES),CASES=$(CASES)) $(BIN)/python tests/fuzz/run.py

bench: $(VENV)/.dev  ## reports per second beside the floor and peers, in one run (QUICK=1; SECONDS=8 ROUNDS=5 ONLY=a,b)
	$(BIN)/python -m benchmarks.peers $(if $(QUICK),--quick) $(if $(SECONDS),--seconds $(SECONDS)) \
		$(if $(ROUNDS),--rounds $(ROUNDS)) $(if $(ONLY),--only $(ONLY))

year: $(VENV)/.dev  ## a made-up year of collecting, and whether every promise held (BORROWERS=1000 DAYS=365 BUSY=0.15)
	YEAR_BORROWERS=$(or $(BORROWERS),1000) YEAR_DAYS=$(or $(DAYS),365) YEAR_BUSY=$(or $(BUSY),0.15) \
		$(BIN)/python -m pytest -q --log-cli-level=INFO tests/year

torture: $(VENV)/.dev  ## kill every process under load, again and again (KILLS=20; FORKED=1: thousands)
	$(BIN)/python -m benchmarks.kill $(if $(KILLS),--kills $(KILLS)) $(if $(FORKED),--forked)

races: $(VENV)/.dev  ## collectors race for the last contact of a day, and decisions against a model (ROUNDS=1000 CASES=100000)
	OPENBUREAU_CLEARANCE_ROUNDS=$(or $(ROUNDS),1000) OPENBUREAU_CONTACT_HISTORIES=$(or $(CASES),100000) \
		$(BIN)/python -m pytest -q tests/faults/test_clearance_workers.py tests/unit/consent/test_contact_model.py

lock: $(VENV)/.dev  ## resolve requirements/*.in into hashed locks (needs the network)
	$(PYTHON) -m venv $(VENV)-lock
	$(VENV)-lock/bin/python -m pip install --quiet uv
	for name in base dev; do \
		$(VENV)-lock/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
			--no-emit-index-url --no-header requirements/$$name.in -o requirements/$$name.txt || exit 1; \
	done
	$(VENV)-lock/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
		--no-emit-index-url --no-header tests/fuzz/requirements.in -o tests/fuzz/requirements.txt
	rm -r $(VENV)-lock

clean:  ## remove the environment and everything built, never the data under .openbureau
	rm -rf $(VENV) build dist *.egg-info clients/python/*.egg-info .pytest_cache .mypy_cache .ruff_cache
