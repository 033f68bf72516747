#!/usr/bin/env bash
# Takes snapshots of instances between which something moves, and kills processes that write some:
# tests/long/crashes.sh [SNAPSHOTS] [KILLS].
set -euo pipefail
cd "$(dirname "$0")/../.."
export HOTMOD_SNAPSHOTS=${1:-1000} HOTMOD_KILLS=${2:-1000}
cargo test --release --locked -p hotmod-tests --test snapshots what_one_closure
exec cargo test --release --locked -p hotmod-tests --test crashes whenever_a_process_is_killed
