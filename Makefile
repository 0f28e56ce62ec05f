# Thin targets: each says what it runs, and the tools hold the settings (pyproject.toml).

PYTHON ?= python3
BIN := .venv/bin
READY := .venv/ready

# Not a word about newer versions: constraints.txt says which one.
export PYRIGHT_PYTHON_IGNORE_WARNINGS := 1

.PHONY: demo test check bench clean

demo: $(READY)
	$(BIN)/unsorry prove examples/lean

test: $(READY)
	$(BIN)/unsorry setup lean
	$(BIN)/python -m pytest

check: $(READY)
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/pyright
	$(BIN)/python -m pytest -q tests/test_layers.py

bench: $(READY)
	$(BIN)/unsorry bench verify
	$(BIN)/unsorry bench latency tests/cases/lean
	$(BIN)/unsorry bench suggest tests/cases/lean
	$(BIN)/unsorry bench prove tests/cases/lean --against builtin

clean:
	rm -rf .venv .pytest_cache .ruff_cache .hypothesis

$(READY): pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet -c constraints.txt -e '.[dev]'
	touch $@
