#!/bin/sh
# Draws every layer of the demo map with maplibre-rs, an independent reader of our tiles.
set -eu
cd "$(dirname "$0")/.."
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT INT TERM
cargo build --locked -p server
target/debug/bailiwick map build data/neubrandenburg.osm.pbf --out "$folder/demo.pack" --quiet
target/debug/bailiwick map tiles "$folder/demo.pack" --out "$folder/tiles"
CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-target}/tile-check" cargo run --locked --config tests/tile-check/.cargo/config.toml --manifest-path tests/tile-check/Cargo.toml -- "$folder/tiles" "$folder/sheets"
