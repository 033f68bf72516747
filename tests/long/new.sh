#!/usr/bin/env bash
# What a new server costs with hotmod, beside the same one without (`bench/plain`): from nothing compiled to serving, and from
# an edit to its being live. Nothing is downloaded. Each figure of the edits is the middle one of several.
#
# tests/long/new.sh [EDITS]
set -euo pipefail
cd "$(dirname "$0")/../.."
edits=${1:-5}
repository=$PWD
cargo fetch --quiet --locked
export CARGO_TERM_COLOR=never CARGO_NET_OFFLINE=true PORT=0
unset CARGO_TARGET_DIR CARGO_INCREMENTAL

cargo build --quiet --locked --package cargo-hotmod
hotmod=$PWD/target/debug/cargo-hotmod
place=$(mktemp -d /tmp/hotmod-new.XXXXXX)
running=
stop() {
    [ -z "$running" ] || { kill "$running" && wait "$running"; } 2> /dev/null || true
    running=
}
trap 'stop; rm -rf "$place"' EXIT

now() { date +%s%3N; }
# waits_for FILE LINES PATTERN: until so many lines of a file match.
waits_for() {
    local looks=0
    until [ "$(grep -c -- "$3" "$1")" -ge "$2" ]; do
        looks=$((looks + 1))
        [ $looks -lt 60000 ] || { cat "$1" >&2; exit 1; }
        sleep 0.01
    done
}
# The middle one of numbers.
middle() { printf '%s\n' "$@" | sort -n | sed -n "$((($# + 1) / 2))p"; }
serve_plain() {
    stop
    : > "$place/plain.log"
    target/debug/plain-greeter > "$place/plain.log" &
    running=$!
    waits_for "$place/plain.log" 1 http://
}

# Without hotmod.
cp -r bench/plain "$place/plain"
printf '\n[workspace]\n\n[profile.dev]\ndebug = "line-tables-only"\n[profile.dev.package."*"]\ndebug = false\n' >> "$place/plain/Cargo.toml"
cp Cargo.lock "$place/plain"
cd "$place/plain"
begun=$(now)
cargo build --quiet
serve_plain
plain_new=$(($(now) - begun))
took=()
for edit in $(seq "$edits"); do
    begun=$(now)
    sed -i "s/hello[0-9]* {name}/hello$edit {name}/" src/main.rs
    cargo build --quiet
    serve_plain
    took+=($(($(now) - begun)))
done
plain_edit=$(middle "${took[@]}")
stop

# With hotmod.
cd "$place"
begun=$(now)
"$hotmod" new greeter --hotmod "$repository" > /dev/null
cp "$repository/Cargo.lock" greeter
cd greeter
"$hotmod" run > "$place/hotmod.log" 2> /dev/null &
running=$!
waits_for "$place/hotmod.log" 1 'serving after'
hotmod_new=$(($(now) - begun))
for edit in $(seq "$edits"); do
    sed -i "s/visit[0-9]* {}/visit$edit {}/" module/src/lib.rs
    waits_for "$place/hotmod.log" "$edit" 'live in'
done
mapfile -t took < <(sed -n 's/^live in \([0-9]*\) ms.*/\1/p' "$place/hotmod.log")
hotmod_edit=$(middle "${took[@]}")
stop

awk -v plain="$plain_new" -v hotmod="$hotmod_new" 'BEGIN {
    printf "from nothing to serving: %.1f s, without hotmod %.1f s: %.2f times as long\n", hotmod / 1000, plain / 1000, hotmod / plain }'
echo "from an edit to its being live: $hotmod_edit ms, with the state; without hotmod $plain_edit ms, by a restart"
