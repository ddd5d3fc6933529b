# The words of this project. GNU Make 3.81, which macOS has, is enough.

# The commands of the venv and of npm come first for what a recipe starts. It takes the place of the recipe's shell,
# so that a signal meant for it reaches it.
IN_VENV = exec env PATH="$(CURDIR)/.venv/bin:$(CURDIR)/node_modules/.bin:$$PATH"

# What another environment, active in the shell, set for itself would reach into .venv
unexport PYTHONHOME PYTHONPATH
export VIRTUAL_ENV := $(CURDIR)/.venv

.DEFAULT_GOAL := help
.PHONY: setup lab test quick coverage lint types format house outputs links bench lock clean help

setup:  ## make .venv and node_modules (PYTHON=… names the Python to use)
	@PYTHON="$(PYTHON)" sh tools/setup.sh

lab: setup  ## start the embedded AWS and open JupyterLab on the first notebook (LAB_ARGS=… goes to jupyter lab)
	@$(IN_VENV) python tools/lab.py $(LAB_ARGS)

test: setup  ## lint, types, tests, and every notebook (ARGS=… goes to pytest)
	@$(IN_VENV) python tools/check.py all $(ARGS)

quick: setup  ## what is over within a minute, for before each commit: lint, types, a test of each part of src/
	@$(IN_VENV) python tools/check.py quick $(ARGS)

coverage: setup  ## the same as test, with a count of the lines of src/ that tests run (Python 3.12 counts in test too)
	@$(IN_VENV) python tools/check.py coverage $(ARGS)

lint: setup  ## find what ruff finds
	@$(IN_VENV) python tools/check.py lint

types: setup  ## check the types: all of Python, tests too, but handlers and notebooks
	@$(IN_VENV) python tools/check.py types

format: setup  ## let ruff put the code in order
	@$(IN_VENV) ruff check --fix .
	@$(IN_VENV) ruff format .

house: setup  ## draw docs/images/house.svg, who imports whom in src/, and its table in docs/architecture.md
	@$(IN_VENV) python tools/house.py $(ARGS)

outputs: setup  ## run the notebooks and keep their outputs, which the tests expect (ARGS=… names some)
	@$(IN_VENV) python tools/outputs.py $(ARGS)

links: setup  ## fetch each page that the texts link to, and name those that are gone (needs the internet)
	@$(IN_VENV) python tools/links.py $(ARGS)

bench: setup  ## measure the embedded AWS beside a bare server (ARGS=… goes to it; keeps the figures in benchmarks/results)
	@$(IN_VENV) python benchmarks/bench.py $(ARGS)

lock: setup  ## write requirements.txt and package-lock.json anew (ARGS=--upgrade for newer releases)
	@$(IN_VENV) sh tools/lock.sh $(ARGS)

clean:  ## remove what the words above made
	rm -rf .venv node_modules .serverless build dist .pytest_cache .mypy_cache .ruff_cache src/*.egg-info
	find src tests lambda notebooks tools benchmarks \( -name __pycache__ -o -name .ipynb_checkpoints \) \
		-prune -exec rm -rf {} +

help:  ## show these words
	@sed -n 's/^\([a-z]*\):.*  ## \(.*\)/make \1@\2/p' Makefile | awk -F@ '{ printf "%-12s %s\n", $$1, $$2 }'
