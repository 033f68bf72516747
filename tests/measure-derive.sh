#!/bin/sh
# What `derive(StableState)` costs for each type: builds one generated module with and without it,
# three times each, and prints the shortest times. Run it alone on the machine.
set -eu

types=${1:-200}
root=$(cd "$(dirname "$0")/.." && pwd)
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
mkdir "$place/src"
cp "$root/Cargo.lock" "$place/"
cat > "$place/Cargo.toml" <<TOML
[package]
name = "measured"
version = "1.0.0"
edition = "2024"
[lib]
crate-type = ["cdylib"]
[dependencies]
hotmod = { path = "$root/hotmod" }
[lints.rust]
unused = "allow"
[profile.dev]
debug = 0
incremental = false
[workspace]
TOML

# source COUNT DERIVE: four fields each, one of another type.
source() {
    echo 'use std::collections::HashMap;'
    echo 'hotmod::module! { name: "measured", version: "1.0.0" }'
    i=0
    while [ "$i" -lt "$1" ]; do
        echo "$2 pub struct T$i { number: u32, text: String, more: Vec<T$((i / 2))>, map: HashMap<u64, u8> }"
        i=$((i + 1))
    done
}

# measure NAME PROFILE
measure() {
    best=
    for _ in 1 2 3; do
        touch "$place/src/lib.rs"
        start=$(date +%s%N)
        cargo build --quiet --offline --manifest-path "$place/Cargo.toml" \
            --target-dir "$root/target/fixtures/target" --profile "$2"
        took=$((($(date +%s%N) - start) / 1000000))
        if [ -z "$best" ] || [ "$took" -lt "$best" ]; then best=$took; fi
    done
    echo "$2, $1: $best ms"
}

for profile in dev release; do
    source 0 '' > "$place/src/lib.rs"
    cargo build --quiet --offline --manifest-path "$place/Cargo.toml" \
        --target-dir "$root/target/fixtures/target" --profile "$profile"
    measure "no types" "$profile"
    source "$types" '' > "$place/src/lib.rs"
    measure "$types types without the derive" "$profile"
    source "$types" '#[derive(hotmod::StableState)]' > "$place/src/lib.rs"
    measure "$types types with the derive" "$profile"
done
