#!/bin/sh
# The three headline jobs in a real browser, against a demo server of our own on a free port.
set -eu
cd "$(dirname "$0")/.."
cargo build --locked -p server
folder=$(mktemp -d)
server=
trap 'kill $server 2>/dev/null || true; rm -rf "$folder"' EXIT INT TERM
BAILIWICK_LISTEN=127.0.0.1:0 target/debug/bailiwick demo --folder "$folder" >"$folder/out" 2>"$folder/log" &
server=$!
waited=0
until grep -q '^http' "$folder/out" 2>/dev/null || grep -q 'http://' "$folder/out" 2>/dev/null; do
    waited=$((waited + 1))
    if [ "$waited" -gt 600 ] || ! kill -0 "$server" 2>/dev/null; then
        echo "The demo server did not start:" >&2; cat "$folder/out" "$folder/log" >&2; exit 1
    fi
    sleep 0.5
done
BAILIWICK_URL=$(grep -o 'http://[^ ]*' "$folder/out" | head -1)
export BAILIWICK_URL
(cd web && npm run --silent e2e)
