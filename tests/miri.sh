#!/usr/bin/env bash
# Runs under Miri what can be run there: what loads no module, asks nothing of the operating system that Miri does not
# know, and is not too long. Of `hotmod` the `Lazy` by itself, and how values are taken apart and built; of the host the
# parts of a migration that work on bytes.
#
#   tests/miri.sh [FILTER…]
#
# Exits with 0 if nothing was found, or if the tool is missing, which it says.
set -euo pipefail
cd "$(dirname "$0")/.."

cargo +nightly miri --version >/dev/null 2>&1 || {
    echo "skipped: there is no nightly compiler with Miri (rustup component add miri rust-src --toolchain nightly)"
    exit 0
}

# Nothing but the program's own memory is looked at: clocks and files are as they are.
export MIRIFLAGS="${MIRIFLAGS:--Zmiri-disable-isolation}"
cargo +nightly miri test --locked -p hotmod --test lazy -- "$@"
cargo +nightly miri test --locked -p hotmod --lib -- "${@:-thunks::bytes}"
# Calls of made-up types, fewer than usual: each takes seconds.
HOTMOD_CALLS=${HOTMOD_CALLS:-150} cargo +nightly miri test --locked -p hotmod-host --lib -- "${@:-migrate::}"
