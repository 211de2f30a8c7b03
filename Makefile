# Everything there is to do here; `make help` lists it. All targets can be repeated and start from any state.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory
.PHONY: help demo serve test chaos check lint types docs docs-in-step protos-in-step protos-compatible dockerfiles k8s k8s-files load soak protos fmt weights constraints clean

VENV := .venv
MINUTES ?= 30
PROFILE ?= smoke
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
NEW_ENOUGH := import sys; sys.exit(sys.version_info < (3, 11))
# The first of these that is new enough.
PYTHON ?= $(shell for name in python3 python3.13 python3.12 python3.11; do \
	$$name -c '$(NEW_ENOUGH)' 2>/dev/null && echo $$name && break; done)

# The user's Python paths would mix other packages into the environment.
unexport PYTHONPATH PYTHONHOME
# Taken from the environment, so that any file name works: make demo PHOTO="my shoe.jpg"
export PHOTO SCENE PITCH

say = @echo "==> $(1)"
fail = { echo "make: $(1)" >&2; exit 1; }

help:  ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: $(INSTALLED)  ## One real photo through the whole service, pictures in out/demo (PHOTO=file SCENE=id PITCH=degrees)
	$(call say,demo: a photo through gRPC into $(if $(SCENE),one scene,every scene that fits it))
	@$(BIN)/vitrine demo $(if $(PHOTO),--photo "$$PHOTO") $(if $(SCENE),--scene "$$SCENE") $(if $(PITCH),--pitch "$$PITCH") $(addprefix --drawn ,$(wildcard weights/catalog.yaml))

serve: $(INSTALLED) weights  ## Run the service until Ctrl-C: gRPC on 9000, HTTP on 8000
	@$(BIN)/vitrine serve

test: $(INSTALLED) weights  ## All tests, with a real service on this machine (ARGS="-k shadow" for some)
	$(call say,test: pytest; those with a service in one process and the others in a second)
	@$(BIN)/python -m pytest --numprocesses 2 --dist loadscope $(ARGS)

chaos: $(INSTALLED) weights  ## 2000 items of jobs while replicas are killed, the database restarts and the bucket fails (ARGS="--chaos-seed 2")
	$(call say,chaos: 50 kills; figures in out/chaos.json)
	@$(BIN)/python -m pytest tests/chaos --chaos-items 2000 --chaos-kills 50 --chaos-restarts 3 --chaos-stalls 3 --chaos-replicas 2 \
		--chaos-figures out/chaos.json --timeout 3600 $(ARGS)

check: lint types docs-in-step protos-in-step protos-compatible dockerfiles  ## Style, types, tables of the documents, protos, Dockerfiles

lint: $(INSTALLED)
	$(call say,check: ruff)
	@$(BIN)/ruff check --quiet . && $(BIN)/ruff format --quiet --check . || $(call fail,ruff found faults; 'make fmt' mends most)

types: $(INSTALLED)
	$(call say,check: mypy --strict)
	@$(BIN)/mypy

docs-in-step: $(INSTALLED)
	$(call say,check: the documents' tables and the dashboards say what the code says)
	@$(BIN)/python docs/tables.py --check && $(BIN)/python -m deploy.grafana.dashboards --check || $(call fail,run 'make docs')

docs: $(INSTALLED)  ## Write the documents' tables and the dashboards from the code
	@$(BIN)/python docs/tables.py
	@$(BIN)/python -m deploy.grafana.dashboards

protos-in-step: $(INSTALLED)
	$(call say,check: services/pb is what the protos say)
	@fresh=$$(mktemp -d) && trap 'rm -rf "$$fresh"' EXIT; PYTHON=$(BIN)/python protos/generate.sh "$$fresh"; \
		diff --recursive --brief --exclude=__pycache__ "$$fresh" services/pb || $(call fail,services/pb is not what the protos say: run 'make protos')

protos-compatible: $(INSTALLED)
	$(call say,check: buf lint and breaking changes of the protos)
	@$(BIN)/buf lint protos || $(call fail,the protos have faults)
	@BUF=$(BIN)/buf protos/breaking.sh

dockerfiles: $(INSTALLED)
	$(call say,check: hadolint)
	@$(BIN)/hadolint deploy/images/Dockerfile || $(call fail,the Dockerfile has faults)

k8s: $(INSTALLED)  ## Render the manifests of k8s/ and check every object (CRD_DIR=folder with schemas of custom kinds)
	$(call say,k8s: kustomize and schemas)
	@$(BIN)/python -m k8s.checks || $(call fail,the manifests have faults)

load: $(INSTALLED) weights  ## A load test, with a page of figures and plots in out/load (PROFILE=smoke or another of loadtests/profiles)
	$(call say,load: $(PROFILE))
	@$(BIN)/python -m loadtests.load.run "$(PROFILE)" $(ARGS) || $(call fail,a limit does not hold or the service did not start; see the last folder in out/load)

soak: $(INSTALLED) weights  ## Steady load for a long time: does memory stay the same? Pictures in out/soak (MINUTES=30)
	$(call say,soak: $(MINUTES) minutes)
	@mkdir -p out && $(BIN)/python -m loadtests.soak.run --minutes "$(MINUTES)" 2> out/soak.log || $(call fail,something grew or failed; what the service said is in out/soak.log)

k8s-files: $(INSTALLED)  ## Write what k8s/ takes from deploy/
	@$(BIN)/python -m k8s.checks.derived

protos: $(INSTALLED)  ## Generate services/pb from the protos
	@PYTHON=$(BIN)/python protos/generate.sh

fmt: $(INSTALLED)  ## Format and mend what ruff can
	@$(BIN)/ruff check --quiet --fix . || true
	@$(BIN)/ruff format .

weights: $(INSTALLED)
	@$(BIN)/vitrine models pull

constraints:  ## Pin all packages anew, from a fresh environment
	@fresh=$$(mktemp -d) && trap 'rm -rf "$$fresh"' EXIT; $(PYTHON) -m venv "$$fresh"; \
		"$$fresh/bin/python" -m pip install --quiet --disable-pip-version-check -e ".[dev,load]"; \
		{ sed -n '/^#/p' constraints.txt; "$$fresh/bin/python" -m pip freeze --exclude-editable | sed 's/+cpu$$//'; } > constraints.new; \
		mv constraints.new constraints.txt
	@echo "constraints.txt: $$(grep -c == constraints.txt) packages pinned"

clean:  ## Remove the environment, caches and results; fetched weights stay in the user's cache
	@rm -rf $(VENV) out build dist *.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis
	@find services tests -name __pycache__ -type d -prune -exec rm -rf {} +
	@echo "clean: environment, caches and results are gone"

# The stamp is younger than what it was made from, or the installation is done (again).
$(INSTALLED): pyproject.toml constraints.txt
	@test -n "$(PYTHON)" || $(call fail,Python 3.11 or newer is needed; found $$(python3 --version 2>&1 || echo none))
	@"$(PYTHON)" -c '$(NEW_ENOUGH)' 2>/dev/null || $(call fail,$(PYTHON) is not Python 3.11 or newer)
	@"$(PYTHON)" -c 'import ensurepip, venv' 2>/dev/null || $(call fail,$(PYTHON) has no venv module: install it (on Debian: apt install python3-venv))
	$(call say,install: packages into $(VENV) (2.8 GB; a few minutes the first time))
	@{ $(BIN)/python -c '$(NEW_ENOUGH)' && $(BIN)/python -m pip --version; } >/dev/null 2>&1 || \
		{ rm -rf $(VENV); "$(PYTHON)" -m venv $(VENV); }
	@$(BIN)/python -m pip install --disable-pip-version-check --no-input -c constraints.txt -e ".[dev]" > $(VENV)/install.log 2>&1 || \
		$(call fail,the packages can't be installed: $$(grep -m1 -o 'ERROR:.*' $(VENV)/install.log || echo 'is the network there?') (all of it: $(VENV)/install.log))
	@touch $@
