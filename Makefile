# The commands that the README names. `make` alone lists them.

SHELL   := bash
PYTHON  ?= python3
# One environment for each Python: .venv, .venv-3.13 ...
VENV    ?= .venv$(patsubst python%,-%,$(filter-out python3,$(notdir $(PYTHON))))
PREFIX  ?= /opt/edgetwin
DESTDIR ?=
# More for the command: make demo ARGS="--broker localhost:1883", make test ARGS="tests/core -x"
ARGS    ?=

python  := $(VENV)/bin/python
pip     := $(python) -m pip --disable-pip-version-check
jobs    := $(shell expr $$(nproc) + 1)# tests wait more than they work
nothing := 5# what pytest says where no test was asked for
scripts := .ci/run $(wildcard deploy/*.sh)

.PHONY: help demo test campaign lint install lock interop bench clean debian

help: ## List these commands
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 18

demo: $(VENV)/.demo ## Start a simulated plant and the gateway that watches it; Ctrl-C ends both
	@$(VENV)/bin/edgetwin demo $(ARGS)

test: debian $(VENV)/.test ## Install what the tests need, and run them all
	$(python) -m pytest -n $(jobs) --dist loadfile -m 'not alone' $(ARGS) || test $$? = $(nothing)
	$(python) -m pytest -m alone $(ARGS) || test $$? = $(nothing)

campaign: debian $(VENV)/.test ## Run the long form of what `make test` does briefly: faults for minutes
	EDGETWIN_CAMPAIGN=1 $(python) -m pytest tests/campaigns tests/field/test_modbus_spoilt.py $(ARGS)

lint: $(VENV)/.test ## Check style and types; nothing is changed
	$(VENV)/bin/ruff check
	$(VENV)/bin/ruff format --check
	$(VENV)/bin/mypy
	@for each in $(wildcard tests/*/conftest.py); do $(VENV)/bin/mypy "$$each" || exit; done
	@if command -v shellcheck >/dev/null; then echo shellcheck $(scripts); shellcheck $(scripts); fi

install: ## Put the service in place (as root); DESTDIR=FOLDER puts the same tree into a folder
	@PYTHON="$(PYTHON)" PREFIX="$(PREFIX)" DESTDIR="$(DESTDIR)" deploy/install.sh

lock: $(VENV)/.test ## Pin every package the service needs, by version and hash
	$(pip) install -qq 'uv>=0.13'
	$(VENV)/bin/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes \
	  --no-emit-index-url --no-header --output-file deploy/requirements.lock pyproject.toml

bench: $(VENV)/.test ## Measure speed and accuracy on this machine
	@for script in $(filter-out tests/bench/test_%,$(wildcard tests/bench/*.py)); do echo "$$script"; $(python) "$$script" $(ARGS) || exit; done

interop: $(VENV)/.test ## Test OPC UA against a server of another family (needs node and npm)
	npm install --prefix tests/field/node_server --no-package-lock --no-audit --no-fund --loglevel=error
	EDGETWIN_INTEROP=1 $(python) -m pytest tests/field/test_opcua_interop.py $(ARGS)

clean: ## Remove what these commands made here
	rm -rf .venv .venv-* build dist .hypothesis .mypy_cache .pytest_cache .ruff_cache tests/field/node_server/node_modules
	find . -name __pycache__ -prune -exec rm -rf {} +

# What the tests start that does not come with Python. Debian starts a mosquitto of its own when it is installed;
# the tests never talk to that one, theirs listen on free ports.
debian:
	@deploy/debian.sh mosquitto systemd-analyze=systemd libmodbus.so.5=libmodbus5

$(VENV)/bin/pip:
	@deploy/venv.sh $(PYTHON) $(VENV)

# Installed in place, so changes to the code need no second run; changes to pyproject.toml do.
$(VENV)/.demo $(VENV)/.test: $(VENV)/.%: pyproject.toml | $(VENV)/bin/pip
	@echo "Installing edgetwin and its packages into $(VENV); the first time takes a minute or two."
	@$(pip) install -qq --editable '.[$*]'
	@touch $@
