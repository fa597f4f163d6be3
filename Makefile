# What a person needs, on a fresh Debian or Ubuntu with Rust and Node too; `make help` lists it.
#
# One cargo profile (dev) and one set of features for everything: on two cores a second one costs ten minutes. `--workspace --all-targets`
# is part of that: with fewer packages cargo picks fewer features of shared crates and builds them again.
# The program embeds ui/dist, so ui/dist is built before it. aura-desk has `custom-protocol` among its default features, which is how
# Tauri tells embedded pages (tauri::is_dev() == false) from a development server.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
# The order of the steps is what a person reads; cargo uses all cores by itself.
.NOTPARALLEL:
export PATH := $(CURDIR)/target/tools/bin:$(PATH)
# cargo and npm find colour and progress themselves; CI has no terminal, so it gets plain lines.
export CARGO_TERM_COLOR ?= auto

say = @printf '\033[1m==>\033[0m %s\n'
# What the program's pages are made of. Words compiled from the messages are made during the build itself.
ui_sources = $(shell find ui -type f -not -path '*/node_modules/*' -not -path 'ui/dist*' -not -path '*/paraglide/*' 2>/dev/null)

##@ Use
.PHONY: help run
help: ## List the targets
	@awk -F ':.*## ' '/^##@/ { printf "\n\033[1m%s\033[0m\n", substr($$0, 5) } /^[a-z0-9-]+:.*## / { printf "  %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: deps ui/dist/index.html ## Set up what is missing, build, and open the demo clinic
	$(say) 'opening the demo clinic'
	cargo run --locked -p aura-desk -- --demo

##@ Build
.PHONY: deps setup build
deps: ## Install missing system packages for the program
	@tests/setup/system.sh app

setup: ## The same for the tests too, with the tools that cargo builds
	@tests/setup/system.sh app test
	@tests/setup/tools.sh

build: deps ui/dist/index.html ui/dist-http/index.html ## Build the program, the server command and the tests
	$(say) 'building'
	cargo build --locked --workspace --all-targets

ui/node_modules/.package-lock.json: ui/package-lock.json
	$(say) 'installing npm packages'
	@# Not `npm ci`: it refuses a lock file without optional packages that their makers never published for some systems (below paraglide).
	cd ui && npm install --no-save --no-audit --no-fund
	@touch $@

ui/dist/index.html: ui/node_modules/.package-lock.json $(ui_sources)
	$(say) 'building the pages'
	cd ui && npm run build
	@touch $@

# The same pages for the test server: in a browser, over HTTP. The program never sees them.
ui/dist-http/index.html: ui/node_modules/.package-lock.json $(ui_sources)
	$(say) 'building the pages for the test server'
	cd ui && npm run build:http
	@touch $@

##@ Check
.PHONY: test test-fast test-ui test-rust e2e lint fmt deny
test: setup fmt-check test-ui lint-rust test-rust ## Everything, from a fresh clone too: what CI runs

test-fast: setup ## The rules of desk-core alone, in seconds
	cargo nextest run -p desk-core

test-ui: ui/node_modules/.package-lock.json ## The pages: types, lint, component tests
	$(say) 'checking the pages'
	cd ui && npm run check && npm run test

test-rust: setup build ## Every Rust test: quick crates first, the real window last (.config/nextest.toml)
	$(say) 'testing'
	cargo test --locked --workspace --doc --quiet
	cargo nextest run --locked --workspace

e2e: setup build ## The real windows alone
	cargo nextest run --locked --workspace -E 'binary(/^e2e_/)'

lint: fmt-check lint-rust ui/node_modules/.package-lock.json ## Formatting, clippy and the pages' lint, no tests
	cd ui && npm run check

.PHONY: fmt-check lint-rust
fmt-check:
	cargo fmt --check

lint-rust: ui/dist/index.html
	$(say) 'linting'
	cargo clippy --locked --workspace --all-targets -- -D warnings

fmt: ## Format everything
	cargo fmt
	cd ui && npm run format

deny: ## Dependency rules by cargo-deny (install it first; tests/tests/harness_layering.rs checks the same crates in `make test`)
	cargo deny check bans sources

##@ Measure and show
.PHONY: bench bench-load chaos simulate shots clean
# How many kills of each kind `make chaos` wants to see; a SEED repeats what it chose.
KILLS ?= 200
# What the benchmarks take: `make bench CUSTOMERS=20000 ROUNDS=1 WINDOW='start keys'`.
CUSTOMERS ?= 100000
# Ledger entries for each customer of bench-sync, and how often it loads them.
ENTRIES ?= 9
ROUNDS ?= 3
# What `make bench-load` plays, see src-tauri/docs/scale.md: desks, clinics, seconds, speed (x two actions a minute), and direct or pooler.
LOAD ?= 1000 20 120 1 direct
# Any of start, keys, toasts and large=CUSTOMERS (keys and start again on a clinic loaded from PostgreSQL: some minutes).
WINDOW ?= start keys toasts

bench: setup ui/dist/index.html ## Benchmarks on the release build: CUSTOMERS, ENTRIES, ROUNDS, WINDOW='start keys lists toasts large=N'
	$(say) 'building for release'
	cargo build --release --locked -p aura-desk -p desk-tests --bins --examples
	$(say) 'a keystroke of search among $(CUSTOMERS) customers'
	target/release/bench-search $(CUSTOMERS)
	$(say) 'the first load of $(CUSTOMERS) customers'
	target/release/bench-sync $(CUSTOMERS) $(ENTRIES) $(ROUNDS)
	$(say) "a person's work while sync takes in 200,000 rows"
	target/release/bench-busy $(CUSTOMERS)
	$(say) 'the real window'
	target/release/bench-window $(WINDOW)

bench-load: setup ## Many desks on one PostgreSQL: LOAD='100 5 60 1 direct' (or pooler, or 'figures')
	cargo build --release --locked -p desk-tests --bin bench-load
	target/release/bench-load $(LOAD)

chaos: setup build ## Kill desks, workers, connections and the server at random: KILLS=1000 SEED=7; prints the figures
	KILLS=$(KILLS) SEED=$(SEED) cargo test --locked --workspace --test chaos_kills --test chaos_worker -- --ignored --nocapture

# Seeds of `make simulate`.
SEEDS ?= 1000

simulate: setup ## The sync in a deterministic simulation: SEEDS=10000
	cargo run --release --locked -p desk-tests --bin simulate -- --seeds $(SEEDS)

shots: setup build ## Take the README's pictures in real windows
	cargo nextest run --locked --workspace --run-ignored only -E 'binary(e2e_shots)'

clean: ## Remove everything that was built or downloaded here
	cargo clean
	rm -rf ui/dist ui/dist-http ui/node_modules
