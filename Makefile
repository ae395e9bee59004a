# make demo    the window on a seeded town with an embedded centre; without a display the story goes to out/demo/
# make test    every check that a change must pass
# make bench   ratios against the bare libraries
# make bench-sync   windows and centre at the size of a city, beside bare peers on the same server
# make setup   only what the others do first: system packages that are missing, and .venv/
# make clean   away with everything that was made here, .venv/ too

PYTHON ?= python3
HEADLESS := $(if $(DISPLAY)$(WAYLAND_DISPLAY),,--headless --out out/demo)

.PHONY: demo test bench bench-sync setup clean

demo: setup
	@.venv/bin/gjj-desktop demo $(HEADLESS)

test: setup
	@sh scripts/check

bench: setup
	@.venv/bin/python -m benchmarks

bench-sync: setup
	@.venv/bin/python -m benchmarks.sync

setup:
	@$(PYTHON) scripts/setup.py

clean:
	rm -rf .venv .setup out build dist .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis .coverage
	rm -rf *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
