#!/bin/sh
# The headline jobs in a real browser, against a demo server of our own on a free port. Needs Chromium: `chromium` on
# the PATH, or its path in CHROMIUM. Arguments are test files under web/ (all of them without); with BAILIWICK_PICTURES
# set to a folder, the pictures that README.md shows are written there.
set -eu
cd "$(dirname "$0")/.."
make --no-print-directory web
cargo build --locked -p server

folder=$(mktemp -d)
server=
finish() {
    status=$?
    trap - EXIT INT TERM
    if [ -n "$server" ]; then
        kill "$server" 2>/dev/null || true
        wait "$server" 2>/dev/null || true
    fi
    if [ "$status" -ne 0 ]; then
        printf '\nThe server said:\n' >&2
        tail -n 40 "$folder/out" "$folder/log" 2>/dev/null | cut -c1-400 >&2 || true
    fi
    rm -rf "$folder"
    exit "$status"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# The tests listen as a program that is told by webhook.
BAILIWICK_WEBHOOK_HOSTS=127.0.0.1 target/debug/bailiwick demo --listen 127.0.0.1:0 --folder "$folder/demo" >"$folder/out" 2>"$folder/log" </dev/null &
server=$!
waited=0
until grep -q 'http://' "$folder/out" 2>/dev/null; do
    waited=$((waited + 1))
    if [ "$waited" -gt 600 ] || ! kill -0 "$server" 2>/dev/null; then
        echo "The demo server did not start." >&2
        exit 1
    fi
    sleep 0.5
done
BAILIWICK_URL=$(grep -o 'http://[^ ]*' "$folder/out" | head -1)
export BAILIWICK_URL
# One test starts a server of its own, which sends mail.
BAILIWICK_PROGRAM=$PWD/target/debug/bailiwick
export BAILIWICK_PROGRAM
cd web
if [ "$#" -gt 0 ]; then node --test --test-concurrency=1 "$@" </dev/null; else npm run --silent e2e </dev/null; fi
