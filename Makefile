# 两条命令 · two commands:  make demo   make test
# 只需 Python ≥ 3.11 · needs nothing but Python ≥ 3.11

PYTHON ?= python3
VENV   ?= .venv
BIN     = $(VENV)/bin
UV     ?= $(shell command -v uv 2>/dev/null || echo $(BIN)/uv)
PIP     = $(BIN)/python -m pip --disable-pip-version-check
EXPORT  = $(UV) export --quiet --frozen --all-extras --all-groups --no-emit-project --no-hashes --no-header
SOURCES = $(wildcard pyproject.toml constraints.txt)
DEMO_ARGS ?=
TEST_ARGS ?= -n auto --dist loadfile

.PHONY: demo test check fuzz faults bench rules constraints diagram clean

demo: $(VENV)/.installed
	$(BIN)/vermilion demo $(DEMO_ARGS)

test: $(VENV)/.installed-dev
	$(BIN)/python -m pytest $(TEST_ARGS)

check: $(VENV)/.installed-dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/pyright --pythonpath $(BIN)/python
	$(BIN)/lint-imports
	$(BIN)/djlint --lint --quiet .
	$(EXPORT) | diff -u constraints.txt -
	$(BIN)/vermilion dev migrations
	$(BIN)/vermilion dev asvs
	$(BIN)/vermilion dev verify-seeded
	$(BIN)/vermilion rules

# Other requests each time, for every operation and role: some 50 minutes at 50 each.
FUZZ ?= 50
fuzz: $(VENV)/.installed-dev
	VERMILION_FUZZ=$(FUZZ) $(BIN)/python -m pytest tests/adversary/test_description.py -q

bench: $(VENV)/.installed-bench
	$(BIN)/python -m bench

# five hundred relays and workers killed with -9, brokers and PostgreSQL of its own under them; FAULTS_SEED=… plays one again
faults: $(VENV)/.installed-dev
	$(BIN)/python -m bench faults

rules: $(VENV)/.installed-dev
	$(BIN)/vermilion rules

diagram: $(VENV)/.installed
	$(BIN)/vermilion dev diagram docs

constraints:
	$(EXPORT) --output-file constraints.txt

# The environment: installed from the lock's export, again only when that or pyproject.toml changed.
$(BIN)/pip:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: $(SOURCES) | $(BIN)/pip
	$(PIP) install --quiet -c constraints.txt -e .
	touch $@

$(VENV)/.installed-dev: $(SOURCES) | $(BIN)/pip
	$(PIP) install --quiet --upgrade "pip>=25.1"
	$(PIP) install --quiet -c constraints.txt -e ".[postgres,redis,rabbitmq,prod,signatures,s3,passkeys,oidc]" --group dev
	command -v uv >/dev/null || $(PIP) install --quiet uv
	touch $@ $(VENV)/.installed

$(VENV)/.installed-bench: $(VENV)/.installed-dev
	$(PIP) install --quiet -c constraints.txt --group bench
	touch $@

clean:
	rm -rf $(VENV) .demo
