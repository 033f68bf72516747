#!/usr/bin/env bash
# Has a copy of the process write one instance of so many bytes, and the process itself after that, while a thread calls the
# instance: tests/long/copied.sh [BYTES]. By default that is a GiB. Prints the longest call beside the time of writing.
set -euo pipefail
cd "$(dirname "$0")/../.."
export HOTMOD_COPIED=${1:-1073741824}
exec cargo test --locked -p hotmod-tests --test snapshots -- --nocapture calls_go_on_while_a_copy
