#!/usr/bin/env bash
# Links two modules into a program (`tests/linked/examples/market.rs`) by each linker that is there, with sections left
# out and the program stripped, and with link-time optimisation over all crates; and runs it. What macros leave for
# linked modules has to be there in each.
set -euo pipefail
cd "$(dirname "$0")/../.."

market() {
    local name=$1
    shift
    local profile=debug
    [[ $name != release* ]] || profile=release
    cargo rustc --quiet --locked --package hotmod-linked --example market "$@"
    local said
    said=$("target/$profile/examples/market" | tail -n 1)
    echo "$name: $said"
    [[ $said = sold ]]
}

market 'the default linker' --
market 'sections are left out' -- -Clink-arg=-Wl,--gc-sections -Cstrip=symbols
for linker in bfd gold lld mold; do
    if command -v "ld.$linker" > /dev/null; then
        market "$linker" -- -Clink-self-contained=-linker -Clink-arg="-fuse-ld=$linker" -Clink-arg=-Wl,--gc-sections
    else
        echo "$linker: not there, skipped"
    fi
done
market release --release --
market 'release, lto over all crates' --release --config 'profile.release.lto="fat"' --config 'profile.release.codegen-units=1' --
