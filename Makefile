# make build | run | test: each installs what is missing, builds into build/release, and does its job. CONTRIBUTING.md has the finer commands.
SHELL := /bin/bash
BUILD := build/release
BIN := $(BUILD)/bin
PYTHON ?= python3

.PHONY: build run test test-install bench fuzz sanitize docs packages clean

build: packages .venv/.complete
	@cmake --preset release $(if $(wildcard $(BUILD)/CMakeCache.txt),>/dev/null)
	@cmake --build --preset release
	@$(MAKE) --no-print-directory .venv/.installed

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
	$(BUILD)/benchmarks/dense_wafer
	$(BUILD)/benchmarks/dense_wafer 6 20

# Coverage-guided fuzzing of everything that reads users' files: a million inputs, some hours. What crashed lies in build/fuzz/crash-*.
FUZZ_TARGETS := calibration configuration connections mapping
FUZZ_RUNS_calibration := 50000
FUZZ_RUNS_configuration := 250000
FUZZ_RUNS_connections := 650000
FUZZ_RUNS_mapping := 50000
fuzz:
	@command -v clang++ >/dev/null || { echo "make fuzz: left out, there is no clang++ (Debian: clang, libclang-rt-dev)"; exit 0; }; \
	cmake -S . -B build/fuzz -G Ninja -DCMAKE_BUILD_TYPE=RelWithDebInfo -DCMAKE_CXX_COMPILER=clang++ -DBSS_FUZZ=ON -DBSS_BENCHMARKS=OFF >/dev/null && \
	cmake --build build/fuzz --target $(FUZZ_TARGETS:%=fuzz_%) $(FUZZ_TARGETS:%=fuzz_%_seeds) && cd build/fuzz && \
	$(foreach t,$(FUZZ_TARGETS),tests/fuzz/fuzz_$(t)_seeds --seeds corpus/$(t) && tests/fuzz/fuzz_$(t) -runs=$(FUZZ_RUNS_$(t)) -max_len=4096 -timeout=60 -rss_limit_mb=4096 -print_final_stats=1 corpus/$(t) &&) true

# Address and undefined-behaviour sanitizer, then the thread sanitizer, over the whole test suite.
sanitize: packages .venv/.complete
	cmake --preset sanitize && cmake --build --preset sanitize && ctest --preset sanitize
	cmake --preset sanitize-thread && cmake --build --preset sanitize-thread && ctest --preset sanitize-thread

# Tables in docs/ that are printed from the code.
docs: build
	BSS_UPDATE_DOCS=1 ctest --preset release -R Docs

packages:
	@scripts/install-packages

# An environment with what the build needs; what the package needs comes with the package.
.venv/.complete: pyproject.toml
	$(PYTHON) -m venv .venv
	.venv/bin/pip install --quiet --disable-pip-version-check 'scikit-build-core>=0.10' 'pybind11>=2.12'
	@touch $@

# What `pip install .` does anywhere, with the build at hand: nothing is compiled again.
PACKAGE := $(shell find pybindings configs/technology -name '*.py' -o -name '*.pyi' -o -name '*.yaml') $(wildcard $(BIN)/bss-* $(BUILD)/python/bss/_core* $(BUILD)/lib/*.so)
.venv/.installed: .venv/.complete $(PACKAGE)
	@.venv/bin/pip install --quiet --disable-pip-version-check --no-build-isolation --config-settings=build-dir=$(BUILD) \
	  --config-settings=cmake.define.BSS_TESTS=ON --config-settings=cmake.define.BSS_BENCHMARKS=ON '.[test]'
	@touch $@

clean:
	rm -rf build
