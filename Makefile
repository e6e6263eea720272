# Every command makes the environment (.venv) first, if it is missing or older than its sources.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/ready
HTML := _build/html

# The book is built anew when the code that computes its numbers has changed, or the environment: the
# cache of executed notebooks knows only the notebooks.
CODE := $(shell find mlecore book/_ext -name '*.py' -o -name '*.js' -o -name '*.csv' -o -name '*.toml' -o -name '*.ttf')
FRESH := _build/fresh

# Quiet kernels, and one thread each: two of them run side by side in the tests.
export JUPYTER_PLATFORM_DIRS = 1
export PYDEVD_DISABLE_FILE_VALIDATION = 1
# Many processes import the package: compiled once, whatever the environment says.
export PYTHONDONTWRITEBYTECODE =
export OPENBLAS_NUM_THREADS ?= 1

.PHONY: help book browser test test-lowest notebooks lab serve lint bench clean

help:
	@echo "make book       build the book: $(HTML)/index.html"
	@echo "make test       run every test: package, notebooks, exercises, pages in a browser"
	@echo "make browser    see to it that there is a browser for the tests"
	@echo "make test-lowest  run the package's tests on the lowest versions it promises"
	@echo "make notebooks  execute the chapters and store them lean"
	@echo "make lab        open the chapters in JupyterLab"
	@echo "make serve      read the built book at http://localhost:8000"
	@echo "make lint       check style, types, imports between floors and the notebooks' form"
	@echo "make bench      time mlecore beside other packages"
	@echo "make clean      remove what was built"

$(READY): requirements.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 15))' || \
	  { echo "Python 3.11 to 3.14 is needed; choose one: make PYTHON=python3.12"; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --no-compile --requirement requirements.txt
	@touch $@

$(FRESH): requirements.txt pyproject.toml $(CODE)
	rm -rf _build .jupyter_cache
	@mkdir -p _build
	@touch $@

book: $(READY) $(FRESH)
	$(BIN)/jupyter-book build . -W -n --keep-going

browser: $(READY)
	@$(BIN)/python tools/bring_browser.py

test: $(READY) book browser
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder --nbval book/*.ipynb tests mlecore

# The package on the lowest versions that it promises, which have wheels up to Python 3.12: every
# fifth test, since what a version lacks is lacking in many places.
LOWEST := .venv-lowest/ready
LOWEST_TESTS := tests/families $(filter-out tests/test_benchmarks.py tests/test_datasets.py tests/test_project.py \
  tests/test_network.py tests/test_plotting.py tests/test_long_samples.py, $(wildcard tests/test_*.py))

$(LOWEST): tests/lowest.txt
	$(PYTHON) -m venv .venv-lowest
	.venv-lowest/bin/python -m pip install --quiet --no-compile --requirement tests/lowest.txt
	@touch $@

test-lowest:
	@if $(PYTHON) -c 'import sys; sys.exit(sys.version_info >= (3, 13))'; then \
	  $(MAKE) --no-print-directory $(LOWEST) && \
	  TEST_SHARE=5 PYTHONPATH=.:tests .venv-lowest/bin/python -m pytest -q -o addopts="-p no:cacheprovider -p share" $(LOWEST_TESTS); \
	else echo "The lowest versions of NumPy and SciPy have no wheels for this Python: their tests did not run."; fi

notebooks: $(READY)
	$(BIN)/python tools/lean_notebooks.py

lab: $(READY)
	$(BIN)/jupyter lab book

serve: book
	$(BIN)/python tools/serve.py $(HTML)

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/mypy
	$(BIN)/python tools/lean_notebooks.py --check

bench: $(READY)
	$(BIN)/python -m benchmarks

clean:
	rm -rf _build .jupyter_cache
