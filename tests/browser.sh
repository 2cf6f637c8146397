#!/bin/sh
# The headline jobs in a real browser, against a demo server of our own on a free port. Needs Chromium: `chromium` on
# the PATH, or its path in CHROMIUM. Arguments are test files under web/ (all of them without); with BAILIWICK_PICTURES
# set to a folder, the pictures that README.md shows are written there.
#
# Where all of them run and the only fault is that up to three files waited in vain, or asked about what was taken back
# at that moment (a 404 in the console), these are run once more against a server begun anew, and that is said: a machine
# may stand still for a minute, which no wait of a browser outlasts, and what it does then nobody planned. A page that
# always does so fails both times; whoever finds something other than it should be fails at once.
set -eu
cd "$(dirname "$0")/.."
make --no-print-directory web
cargo build --locked -p server

# In memory where there is a gigabyte of it: what is written here need not outlive the tests, and no page waits for a disk.
folder=
room=$(df -Pk /dev/shm 2>/dev/null | awk 'NR == 2 { print $4 }')
[ "${room:-0}" -lt 1000000 ] || folder=$(mktemp -d -p /dev/shm 2>/dev/null || true)
[ -n "$folder" ] || folder=$(mktemp -d)
server=
stop() {
    if [ -n "$server" ]; then
        kill "$server" 2>/dev/null || true
        wait "$server" 2>/dev/null || true
        server=
    fi
}
said() {
    printf '\nThe server said:\n' >&2
    tail -n 40 "$folder/out" "$folder/log" 2>/dev/null | cut -c1-400 >&2 || true
}
finish() {
    status=$?
    trap - EXIT INT TERM
    stop
    [ "$status" -eq 0 ] || said
    rm -rf "$folder"
    exit "$status"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

start() {
    rm -rf "$folder/demo" "$folder/out"
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
}

# One test starts a server of its own, which sends mail.
BAILIWICK_PROGRAM=$PWD/target/debug/bailiwick
export BAILIWICK_PROGRAM
# Which files failed, and how, is written beside what is printed.
BAILIWICK_FAILED=$folder/failed
export BAILIWICK_FAILED

start
if [ "$#" -gt 0 ]; then
    (cd web && node --test --test-concurrency=1 "$@" </dev/null)
    exit
fi
(cd web && npm run --silent e2e </dev/null) && exit
late=$(sed -n 's/^late //p' "$folder/failed")
if [ -z "$late" ] || grep -q '^wrong' "$folder/failed" || [ "$(wc -l <"$folder/failed")" -gt 3 ]; then exit 1; fi
said
stop
printf '\n== Waited in vain or asked about what was gone, and run once more against a server begun anew:\n%s\n' "$late"
start
cd web
# No file's name has a space.
# shellcheck disable=SC2086
node --test --test-concurrency=1 $late </dev/null
