#!/usr/bin/env bash
# Mixes the tables of a module up, very often: tests/long/mixed.sh [COPIES] [SEED].
#
# Each copy has valid values in each other's place. What the checks of a file let through is loaded
# and called by a process of its own; one that is killed by something that the checks should have seen
# fails the run, and the copy stays in the directory of temporary files. Prints what became of the
# copies, by what was mixed. 100,000 copies take some minutes.
set -euo pipefail
cd "$(dirname "$0")/../.."
export HOTMOD_MIXED=${1:-1000000} HOTMOD_SEED=${2:-$(date +%s)}
exec cargo test --release --locked -p hotmod-tests --test mixed -- --nocapture
