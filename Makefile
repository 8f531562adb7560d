# One command each. Everything is installed into .venv here and nothing anywhere else, but for one
# thing: `make test` as root on Debian installs Debian's rabbitmq-server and chromium where missing.
#   make help    what there is

PACKAGES := access app broker connections coordination demo migrations outbox qbo_client qbo_simulator records \
            schemas workers
VENV     := .venv
BIN      := $(VENV)/bin
PIP      := $(BIN)/python -m pip --quiet --quiet --disable-pip-version-check --no-input
COMPILE  := $(BIN)/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url \
            --no-header --python-version 3.11 pyproject.toml

export PIP_ROOT_USER_ACTION := ignore

.PHONY: help demo page test bench chaos mutants screenshots check format requirements clean
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

help: ## say what there is
	@sed -n 's/^\([a-z]*\):[^#]*## /\1|/p' $(MAKEFILE_LIST) | \
	  while IFS='|' read -r name what; do printf '  make %-14s %s\n' "$$name" "$$what"; done

demo: $(VENV)/.demo ## play three companies through the whole way, then compare to the cent
	@$(BIN)/proline-qbo demo

page: $(VENV)/.demo ## put the Integrations page on this machine to look at, until Ctrl-C
	@$(BIN)/proline-qbo demo --page

test: $(VENV)/.dev ## run the tests on a real PostgreSQL and RabbitMQ (DATABASE_URL and AMQP_URL, Docker, or private ones)
	@$(BIN)/pytest --numprocesses auto --dist loadfile --no-loadscope-reorder

bench: $(VENV)/.bench ## measure everything beside its control (ONLY=name: one of them; LONG=1: the long forms too)
	@$(BIN)/python -m benchmarks $(if $(ONLY),--only $(ONLY)) $(if $(LONG),--long)

chaos: $(VENV)/.dev ## harm the parts while ProLine writes, then compare the books (SEED=number; LONG=1: for an hour)
	@$(BIN)/python -m chaos $(if $(SEED),--seed $(SEED)) $(if $(LONG),--long)

mutants: $(VENV)/.dev ## plant seeded defects, one after the other: a test must catch each (ONLY=name: one; HARNESS=1: by make chaos)
	@$(BIN)/python -m tests.mutants $(if $(ONLY),--only $(ONLY)) $(if $(HARNESS),--harness)

screenshots: $(VENV)/.dev ## take the pictures of the Integrations page anew, into docs/screenshots
	@$(BIN)/python -m tests.browser.screenshots

check: $(VENV)/.dev ## format, lint, types, import contracts
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy $(PACKAGES) benchmarks chaos deploy/monitoring tests
	@$(BIN)/lint-imports --no-logo

format: $(VENV)/.dev ## write the format, and what lint can put right by itself
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

requirements: $(VENV)/.dev ## pin again, by hash, what pyproject.toml asks for
	@$(COMPILE) --output-file requirements/production.txt
	@$(COMPILE) --extra demo --output-file requirements/demo.txt
	@$(COMPILE) --extra demo --extra dev --output-file requirements/dev.txt
	@$(COMPILE) --extra demo --extra dev --extra bench --constraint requirements/dev.txt --output-file requirements/bench.txt

clean: ## remove the installation and every cache
	@rm -rf $(VENV) build ./*.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/.demo: requirements/demo.txt pyproject.toml | $(VENV)/.made
	@echo 'Installing what the demo needs into $(VENV) (about a minute the first time) ...'
	@$(PIP) install --no-compile --require-hashes --requirement requirements/demo.txt
	@$(PIP) install --no-build-isolation --no-deps --editable .
	@touch $@

# The tools of the tests and checks are pinned with the demo's: one .venv serves both.
$(VENV)/.dev: requirements/dev.txt pyproject.toml | $(VENV)/.made
	@echo 'Installing what the tests and checks need into $(VENV) (a minute or two the first time) ...'
	@$(PIP) install --no-compile --require-hashes --requirement requirements/dev.txt
	@$(PIP) install --no-build-isolation --no-deps --editable .
	@touch $@ $(VENV)/.demo

# The peers come on top of all that the tests and checks need, and change none of it.
$(VENV)/.bench: requirements/bench.txt pyproject.toml | $(VENV)/.made
	@echo 'Installing what the benchmarks need into $(VENV) (a minute or two the first time) ...'
	@$(PIP) install --no-compile --require-hashes --requirement requirements/bench.txt
	@$(PIP) install --no-build-isolation --no-deps --editable .
	@touch $@ $(VENV)/.dev $(VENV)/.demo

# PYTHON=... names one; otherwise the first of these that is new enough.
$(VENV)/.made:
	@for python in $(PYTHON) python3 python3.13 python3.12 python3.11; do \
	  if "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
	    "$$python" -c 'import ensurepip, venv' 2>/dev/null || { \
	      echo "$$python cannot make a virtual environment: install its venv package (Debian and Ubuntu: apt install python3-venv)." >&2; \
	      exit 1; }; \
	    "$$python" -m venv $(VENV) && touch $@; exit; \
	  fi; \
	done; \
	echo 'Python 3.11 or newer is needed and was not found: install it, or name it with make PYTHON=/path/to/python3 ...' >&2; \
	exit 1
