# Two commands: `make run` starts the demo, `make test` checks everything. Both do their own set-up.

CARGO ?= cargo
NPM ?= npm
PROGRAM := target/release/bailiwick
WEB_SOURCES := $(shell find web/src web/public web/index.html web/*.ts web/*.json -type f 2>/dev/null)

.PHONY: all run test web build bench clean setup-test

all: build

run: build
	@$(PROGRAM) demo

build: web
	@$(CARGO) build --release --locked -p server

web: web/dist/index.html

# `npm ci` runs only when the lock file changed.
web/node_modules/.stamp: web/package-lock.json
	cd web && $(NPM) ci --no-audit --no-fund
	@touch $@

web/dist/index.html: web/node_modules/.stamp $(WEB_SOURCES)
	cd web && $(NPM) run --silent build
	@touch $@

test:
	@sh tests/run.sh

bench:
	$(CARGO) bench --workspace

clean:
	rm -rf target web/dist web/node_modules var
