# Alliance: `make demo` shows it, `make test` tests it; both set up what they need.
PYTHON3 ?= python3
PORT ?= 8000
MAIL_PORT ?= 8025
BIN := .venv/bin

.DEFAULT_GOAL := help
.PHONY: help demo run test check fix bench bench-detection bench-engine bench-form bench-usability

help:
	@echo "make demo    start everything on this machine, with a synthetic clinic (PORT=8000 MAIL_PORT=8025)"
	@echo "make run     the same for developing: pages follow the code"
	@echo "make test    all tests, in a real browser and on real servers (ARGS=tests/trends for some)"
	@echo "make check   style, types, layers, templates, migrations, settings"
	@echo "make fix     put the style right"
	@echo "make bench   measure it"
	@echo "make bench-detection   how well ruptures are found, in simulated treatments (ARGS=--no-exact: sooner)"
	@echo "make bench-engine      how fast the engine and a clinic's night are"
	@echo "make bench-form        the client's form on a slow phone, beside a bare page"
	@echo "make bench-usability   clicks and seconds of what therapists do most often"

demo: .venv/installed-demo translations
	$(BIN)/python -m alliance.local demo --stop-with-parent --port $(PORT) --mail-port $(MAIL_PORT)

run: .venv/installed-dev translations
	$(BIN)/python -m alliance.local run --stop-with-parent --port $(PORT) --mail-port $(MAIL_PORT)

# A file stays in one process, with the servers, the browser and the rows that its tests share.
test: .venv/installed-dev translations
	scripts/chromium > .venv/chromium
	CHROMIUM="$$(cat .venv/chromium)" $(BIN)/python -m pytest \
		-n auto --dist loadfile --no-loadscope-reorder $(ARGS)

bench: .venv/installed-dev translations
	$(BIN)/python -m benchmarks

bench-detection: .venv/installed-dev
	$(BIN)/python -m benchmarks.detection $(ARGS)

bench-engine: .venv/installed-dev
	OPENBLAS_NUM_THREADS=1 $(BIN)/python -m benchmarks.engine $(ARGS)

bench-form: .venv/installed-dev translations
	scripts/chromium > .venv/chromium
	CHROMIUM="$$(cat .venv/chromium)" $(BIN)/python -m benchmarks.form $(ARGS)

bench-usability: .venv/installed-dev translations
	scripts/chromium > .venv/chromium
	CHROMIUM="$$(cat .venv/chromium)" $(BIN)/python -m benchmarks.usability $(ARGS)

# The settings of a production, with values that open nothing: no server is asked.
check: export SECRET_KEY := only-for-make-check-0123456789-abcdefghijklmnopqrstuvwxyz
check: export FIELD_KEYS := k1:MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=
check: export DATABASE_URL := postgres://nobody@127.0.0.1:1/none
check: export REDIS_URL := redis://127.0.0.1:1/0
check: export SITE_URL := https://alliance.example.org
check: export EMAIL_URL := smtp+tls://127.0.0.1:1
check: export DEFAULT_FROM_EMAIL := alliance@example.org
check: .venv/installed-dev translations
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy .
	$(BIN)/lint-imports
	$(BIN)/djlint --lint --profile=django templates
	$(BIN)/python -W ignore::RuntimeWarning manage.py makemigrations --check --dry-run
	$(BIN)/python manage.py check --deploy --fail-level WARNING

fix: .venv/installed-dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# --- What the commands above need -------------------------------------------------------------

# Installed again only when the lock has changed. `demo` is a part of `dev`, and takes nothing away.
.venv/installed-demo: pyproject.toml uv.lock | $(BIN)/uv
	$(BIN)/uv sync --locked --inexact --no-default-groups --group demo --compile-bytecode
	@touch $@

.venv/installed-dev: pyproject.toml uv.lock | $(BIN)/uv
	$(BIN)/uv sync --locked --group dev --compile-bytecode
	@touch $@ .venv/installed-demo

$(BIN)/uv:
	@$(PYTHON3) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "Alliance needs Python 3.11 or newer; $(PYTHON3) is older or missing." >&2; \
	  echo "Install one and name it, for example: make $(MAKECMDGOALS) PYTHON3=python3.12" >&2; exit 1; }
	@$(PYTHON3) -m venv .venv || { \
	  echo "On Debian and Ubuntu: apt-get install python3-venv" >&2; exit 1; }
	$(BIN)/python -m pip install --quiet uv

.PHONY: translations
translations: $(patsubst %.po,%.mo,$(wildcard locale/*/LC_MESSAGES/*.po))

%.mo: %.po
	$(BIN)/pybabel compile --input-file $< --output-file $@
