# make build | run | test: each installs what is missing, builds into build/release, and does its job. CONTRIBUTING.md has the finer commands.
SHELL := /bin/bash
BUILD := build/release
BIN := $(BUILD)/bin
PYTHON ?= python3

.PHONY: build run test bench sanitize docs packages clean

build: packages .venv/.complete
	@cmake --preset release $(if $(wildcard $(BUILD)/CMakeCache.txt),>/dev/null)
	@cmake --build --preset release
	@ln -sf $(CURDIR)/$(BIN)/bss-run $(CURDIR)/$(BIN)/bss-map .venv/bin/

run: build
	$(BIN)/bss-run --config configs/wafer.yaml
	$(BIN)/bss-report results/wafer

test: build
	@$(BUILD)/tests/kernels/cuda_tests_run_on
	ctest --preset release

# What docs/performance.md is made from: each figure beside its floor, in one run.
bench: build
	$(BUILD)/benchmarks/neuron_step
	$(BUILD)/benchmarks/row_event
	$(BUILD)/benchmarks/mapping_stages
	$(BUILD)/benchmarks/whole_run

# Address and undefined-behaviour sanitizer, then the thread sanitizer, over the whole test suite.
sanitize: packages .venv/.complete
	cmake --preset sanitize && cmake --build --preset sanitize && ctest --preset sanitize
	cmake --preset sanitize-thread && cmake --build --preset sanitize-thread && ctest --preset sanitize-thread

# Tables in docs/ that are printed from the code.
docs: build
	BSS_UPDATE_DOCS=1 ctest --preset release -R Docs

packages:
	@scripts/install-packages

.venv/.complete: pyproject.toml
	$(PYTHON) -m venv .venv
	.venv/bin/pip install --quiet --disable-pip-version-check --editable '.[test]'
	@touch $@

clean:
	rm -rf build
