# The whole project by name: `make` alone prints the targets.
# Every target that needs Python makes .venv by itself; nothing outside this folder is touched.

SHELL := /bin/bash
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
PYTHONS := python3.13 python3.12 python3.11 python3
IMAGE ?= eventcenter:dev
NPD_IMAGE ?= eventcenter-npd:dev
EVENTS ?=
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help install run test lint check bench lock image image-npd

help: ## print the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-10s%s\n", $$1, $$2 }' $(MAKEFILE_LIST)

install: $(STAMP) ## make .venv with everything in it

# A candidate must run (a version manager's shim may not), be new enough and be able to make an environment.
define FIND_PYTHON
found= ; \
for python in $(or $(PYTHON),$(PYTHONS)); do \
  "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || continue; \
  found=$$python; \
  "$$python" -c 'import ensurepip, venv' 2>/dev/null && break; \
  python= ; \
done; \
if [ -z "$$found" ]; then \
  echo "make: Python 3.11 or newer is needed, and none of these is: $(or $(PYTHON),$(PYTHONS)). Install one, or name it: make install PYTHON=/path/to/python3" >&2; exit 2; \
elif ! "$$found" -c 'import ensurepip, venv' 2>/dev/null; then \
  echo "make: $$found cannot make an environment (no venv module). On Debian and Ubuntu: apt-get install python3-venv" >&2; exit 2; \
fi
endef

$(STAMP): requirements-dev.lock pyproject.toml
	@$(FIND_PYTHON); \
	$(BIN)/python -m pip --version >/dev/null 2>&1 || "$$python" -m venv --clear $(VENV) || exit 2; \
	echo "Installing into $(VENV) with $$($(BIN)/python --version) (a minute or two the first time) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@# setuptools warns of every editable installation
	@PYTHONWARNINGS=ignore $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	@touch $@

run: install ## start the center on the current kubeconfig, else the playground; ARGS="--listen 127.0.0.1:9000"
	@exec $(BIN)/eventcenter run --demo-if-no-cluster $(ARGS)

test: install ## run the tests; what is missing here is skipped with its reason; ARGS="-k watch"
	@$(BIN)/python -m pytest $(ARGS)

lint: install ## check format, style, types and import directions
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

check: lint test ## all that CI checks: lint, then the tests

bench: install ## measure the figures of docs/; EVENTS=250000
	@$(BIN)/python -m bench $(if $(EVENTS),--events $(EVENTS)) $(ARGS)

lock: ## resolve the dependencies anew into both lock files (needs uv)
	@command -v uv >/dev/null || { echo "make lock: uv is needed and was not found: pip install uv" >&2; exit 2; }
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url --upgrade \
	  pyproject.toml --extra all --output-file requirements.lock
	{ echo '# What the node agent needs beyond Python, as `make lock` found it in requirements.lock.'; \
	  awk '/^[a-z]/ { mine = /^google-re2==/ } mine && !/^    #/' requirements.lock; } > requirements-npd.lock
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url --upgrade \
	  --constraint requirements.lock --extra all --group dev pyproject.toml --output-file requirements-dev.lock

image: ## build the container image; IMAGE=eventcenter:dev
	docker build --tag $(IMAGE) .

image-npd: ## build the image of the node agent; NPD_IMAGE=eventcenter-npd:dev
	docker build --target npd --tag $(NPD_IMAGE) .
