#!/bin/sh
# Installs what the tests need, then runs all of them. Fails if any of them could not run.
set -eu
cd "$(dirname "$0")/.."

step() { printf '\n== %s\n' "$1"; }

# Debian's packages: a browser, a database server, two mail servers, and a software Vulkan driver for the tile check.
need() {
    missing=
    command -v chromium >/dev/null 2>&1 || [ -n "${CHROMIUM:-}" ] || missing="$missing chromium"
    ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || command -v initdb >/dev/null 2>&1 || missing="$missing postgresql"
    [ -x /usr/sbin/dovecot ] && [ -e /usr/lib/dovecot/imap ] || missing="$missing dovecot-imapd"
    /usr/bin/python3 -c 'import aiosmtpd' 2>/dev/null || missing="$missing python3-aiosmtpd"
    command -v openssl >/dev/null 2>&1 || missing="$missing openssl"
    ls /usr/share/vulkan/icd.d/lvp_icd*.json >/dev/null 2>&1 || missing="$missing mesa-vulkan-drivers libvulkan1"
    command -v cc >/dev/null 2>&1 || missing="$missing build-essential"
    [ -z "$missing" ] && return 0
    step "installing$missing"
    as_root=
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null 2>&1 || { echo "The tests need$missing. Install them as root, then run 'make test' again." >&2; exit 1; }
        as_root=sudo
    fi
    $as_root apt-get update -qq
    # shellcheck disable=SC2086
    DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -qq --no-install-recommends $missing >/dev/null
}

for tool in cargo node npm; do
    command -v "$tool" >/dev/null 2>&1 || { echo "The tests need $tool on the PATH." >&2; exit 1; }
done
need
# With these set, a test that finds no PostgreSQL or no mail servers fails instead of saying that it did not run.
export BAILIWICK_REQUIRE_POSTGRES=1 BAILIWICK_REQUIRE_MAIL=1
# Everything is built once here: what a next build would go on from is only disk.
[ -z "${CI:-}" ] || export CARGO_INCREMENTAL=0

step "format"
cargo fmt --all --check

step "front end: install, check, test, build"
make --no-print-directory web
(cd web && npm run --silent check && npm test --silent)

step "clippy"
cargo clippy --locked --workspace --all-targets -- -D warnings

step "unit, property and outside tests"
cargo test --locked --workspace --no-fail-fast

step "browser tests"
sh tests/browser.sh

step "tile check"
sh tests/tile-check.sh

step "all checks passed"
