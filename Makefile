# aponta: `make help` lists what there is. Everything lives in .venv; nothing here needs root but `make system`.
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready
TRYTON := $(VENV)-tryton/.ready
LAMBDA := $(VENV)-lambda/.ready
DEMO   ?= demo

# Each command of the tests is a process of its own: compiled once and kept, it starts in half the time.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help environments demo test search check types quick docs screenshots bundle newest bench system clean

help: ## list the targets
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 13
	@$(PYTHON) tests/support/searched.py

$(READY): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip --constraint constraints.txt
	$(BIN)/python -m pip install --quiet --editable '.[dev]' --constraint constraints.txt
	@touch $@

# Stock systems that tests post to, each in an environment of its own: aponta speaks to them over the network only.
$(TRYTON): constraints.txt
	$(PYTHON) -m venv $(VENV)-tryton
	$(VENV)-tryton/bin/python -m pip install --quiet 'trytond[postgresql]' 'psycopg[binary]' trytond-production trytond-stock-lot proteus --constraint constraints.txt
	@touch $@

$(LAMBDA): constraints.txt
	$(PYTHON) -m venv $(VENV)-lambda
	$(VENV)-lambda/bin/python -m pip install --quiet lambda-erp --constraint constraints.txt
	@touch $@

environments: $(READY) $(TRYTON) $(LAMBDA)

demo: $(READY) ## simulate two days of ten machines with every fault, run the pipeline, compare with the truth, show the pages (DEMO_SERVE=0: no pages)
	rm -rf $(DEMO)
	$(BIN)/aponta demo $(DEMO)

test: $(READY) ## every test of the gate
	+@$(MAKE) --no-print-directory --jobs 2 $(TRYTON) $(LAMBDA)
	$(BIN)/python -m pytest -n 2 --dist loadfile

# What would take the gate too long: other examples each time, a kill at every step, weeks of passes, the newest versions.
SEARCHED := tests/pipeline/test_order.py tests/pipeline/test_states.py tests/pipeline/test_totals.py tests/pipeline/restate/test_inputs.py tests/usecases/correct/test_reassign.py tests/ship/test_laws.py
search: $(READY) ## look long for a counterexample, outside the gate: laws with APONTA_SEARCH times as many examples, kills at every step, weeks of passes, the newest versions
	@code=0; export APONTA_SEARCH=$${APONTA_SEARCH:-10}; \
	$(BIN)/python -m pytest -n 2 --timeout 36000 $(SEARCHED) || code=1; \
	$(BIN)/python -m pytest -n 2 --timeout 36000 -m search tests/pipeline/kill tests/lab || code=1; \
	env -u APONTA_SEARCH $(MAKE) --no-print-directory newest || code=1; \
	$(PYTHON) tests/support/searched.py --ended $$code; exit $$code

# Asked for with `test`, which tries all, `check` leaves the tests to it.
check: $(READY) ## the fast loop: format, lint, types, house rules, unit tests, the site of the docs
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports
	+@$(MAKE) --no-print-directory --jobs 2 --output-sync types $(if $(filter test,$(MAKECMDGOALS)),,quick)
	@$(PYTHON) tests/support/searched.py

types: $(READY)
	$(BIN)/mypy

# Pages that are tried on a dozen factories each run in `make test`. What was made for a file's tests is made once: its tests
# stay together, and the longest begin.
MANY_FACTORIES := --ignore=tests/show/pages $(patsubst %,--ignore=tests/show/%.py,monitor/test_metrics http/test_upload monitor/test_watcher)
quick: $(READY)
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder -q -m "not slow" $(MANY_FACTORIES) tests/docs/test_site.py tests/docs/test_reference.py tests/docs/test_explanation.py tests/show tests/refine tests/house tests/config tests/words tests/operate tests/decode/values/test_numbers.py tests/decode/values/test_times.py tests/release tests/test_factory_calendar.py

docs: $(READY) ## the pages of docs/ as a site that needs no internet: build/site/index.html
	$(BIN)/python -m sphinx -nWq --keep-going -d build/.site docs build/site

screenshots: $(READY) ## the pictures of docs/images, taken of the demo's factory
	PYTHONPATH=tests/support:tests/support/servers $(BIN)/python tests/screenshots.py

bundle: docs ## what installs on a computer without internet: build/bundle and its zip (PYTHONS="3.11 3.12 3.13" PLATFORMS="linux windows")
	$(BIN)/python release/bundle.py --docs build/site --out build/bundle --python $(PYTHONS) --platform $(PLATFORMS)

newest: ## does it run on the newest versions that pyproject.toml admits? In an environment of its own
	$(PYTHON) -m venv $(VENV)-newest
	$(VENV)-newest/bin/python -m pip install --quiet --upgrade --upgrade-strategy eager --editable '.[dev]'
	$(VENV)-newest/bin/python -m pytest -n 2 -q -m "not slow" tests/lake tests/refine tests/decode tests/pipeline tests/usecases tests/ship tests/cli/test_cli.py

bench: $(READY) $(TRYTON) ## the benchmarks of docs/reference/performance.md
	$(PYTHON) -m venv $(VENV)-peers
	$(VENV)-peers/bin/python -m pip install --quiet '.[bench]' --constraint constraints.txt
	$(BIN)/python -m benchmarks --peers $(VENV)-peers/bin/python

system: ## system packages that some tests need (root, Debian): PostgreSQL, MariaDB, Chromium, OpenSSH
	apt-get update -q
	apt-get install -y -q --no-install-recommends make python3-venv postgresql postgresql-contrib mariadb-server-core mariadb-client-core chromium openssh-client openssh-server procps

clean: ## remove what was installed and made
	rm -rf $(VENV) $(VENV)-peers $(VENV)-newest $(VENV)-tryton $(VENV)-lambda $(DEMO) build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
