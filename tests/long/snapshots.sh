#!/usr/bin/env bash
# Garbles snapshots, very often: tests/long/snapshots.sh [INPUTS] [SEED].
#
# Makes so many values up, garbles what would be written of them, and reads that as a restore does. Each makes a value,
# which is whole, or an error, within a bound of memory; a panic, or a value that cannot be written down again, fails the
# run. Files, with digests that are right again, are garbled likewise, a tenth as many. Prints how many of each there were,
# the slowest, and how much memory it took.
set -euo pipefail
cd "$(dirname "$0")/../.."
export HOTMOD_DECODED=${1:-10000000} HOTMOD_SEED=${2:-$(date +%s)}
cargo test --release --locked -p hotmod-host --features snapshot --lib -- --nocapture garbled_values
exec cargo test --release --locked -p hotmod-tests --test decode -- --nocapture garbled_snapshots
