# Glassbox. `make help` lists what there is.
# Plain enough for the GNU Make 3.81 that macOS ships.

PYTHON ?= python3
PORT ?= 8501
# Not ?=: several shells and Conda export a HOST of their own.
HOST = 127.0.0.1
ARGS =

VENV = .venv
PY = $(VENV)/bin/python
# Copies of what was last installed: the set-up is skipped while they equal the files.
APP_STAMP = $(VENV)/installed-requirements.txt
DEV_STAMP = $(VENV)/installed-requirements-dev.txt

# 0.0.0.0 means "any address of this machine"; what is printed must be one that a browser can open.
SHOWN_HOST = $(if $(filter 0.0.0.0,$(HOST)),$$($(PY) -c "$$LAN_ADDRESS"),$(HOST))
# Alone, the page answers only to this machine's own names; a class may use any name that leads here.
ALLOWED_HOSTS = $(if $(filter 127.0.0.1,$(HOST)),,--server.allowedHosts '*')

.DEFAULT_GOAL := help
.PHONY: help app test lint screenshots bench setup setup-dev venv

help:  ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo
	@echo "  PYTHON=python3.12   the Python that makes .venv (3.11, 3.12 or 3.13)"
	@echo "  PORT=8600           app: another port"
	@echo "  HOST=0.0.0.0        app: let others on the network in, for a class"
	@echo "  ARGS='...'          passed on: app to streamlit, test to pytest, bench to the benchmarks"

app: setup  ## set up if needed, start the app, print its address
	@! $(PY) -c 'import socket; socket.create_connection(("127.0.0.1", $(PORT)), 1)' 2> /dev/null || { \
	  echo "Port $(PORT) is taken, perhaps by Glassbox itself: open http://127.0.0.1:$(PORT) and look." >&2; \
	  echo "For another port: make app PORT=$$(($(PORT) + 1))" >&2; exit 1; }
	@OMP_NUM_THREADS=$${OMP_NUM_THREADS:-1} exec $(PY) -m streamlit run app.py --server.port $(PORT) \
	  --server.address $(HOST) --browser.serverAddress "$(SHOWN_HOST)" $(ALLOWED_HOSTS) $(ARGS)

test: setup-dev lint  ## set up if needed, then ruff, mypy and every test
	$(PY) -m pytest --numprocesses auto --dist loadfile --no-loadscope-reorder $(ARGS)

lint: setup-dev  ## ruff (faults, then format) on everything, mypy on engine and ui
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy

screenshots: setup-dev  ## make docs/screenshots/*.png again (needs Chromium)
	$(PY) scripts/screenshots.py

bench: setup-dev  ## speed against other libraries, in one run on this machine
	$(PY) -m pip install --disable-pip-version-check --quiet --no-deps -r requirements-bench.txt
	$(PY) -m benchmarks $(ARGS)

setup:  ## only the set-up that `make app` needs
	@{ test -x $(PY) && cmp -s requirements.txt $(APP_STAMP); } || { \
	  $(MAKE) --no-print-directory venv && \
	  echo "Installing requirements.txt into $(VENV). The first time takes several minutes." && \
	  $(PY) -m pip install --disable-pip-version-check -r requirements.txt && \
	  cp requirements.txt $(APP_STAMP); }

setup-dev: setup  ## only the set-up that `make test` needs
	@cat requirements.txt requirements-dev.txt | cmp -s - $(DEV_STAMP) || { \
	  echo "Installing requirements-dev.txt into $(VENV)." && \
	  $(PY) -m pip install --disable-pip-version-check -r requirements-dev.txt && \
	  cat requirements.txt requirements-dev.txt > $(DEV_STAMP); }

venv:
	@$(PY) -m pip --version > /dev/null 2>&1 || { \
	  $(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2> /dev/null || { \
	    echo "Glassbox needs Python 3.11, 3.12 or 3.13, and $(PYTHON) is $$($(PYTHON) --version 2>&1 || true)." >&2; \
	    echo "Install one of them and name it: make app PYTHON=python3.12" >&2; exit 1; }; \
	  $(PYTHON) -m venv --clear $(VENV); }

# The address that others reach this machine by. Connecting a UDP socket sends nothing.
define LAN_ADDRESS
import socket
try:
    probe = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    probe.connect(("192.0.2.1", 9))
    print(probe.getsockname()[0])
except OSError:
    print(socket.gethostname())
endef
export LAN_ADDRESS
