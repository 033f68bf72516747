#!/usr/bin/env bash
# Mixes the tables of a module up, very often: tests/long/mixed.sh [COPIES] [SEED] [DIRECTORY].
#
# Each copy has valid values in each other's place. What the checks of a file let through is loaded
# and called by a process of its own; one that is killed by something that the checks should have seen
# fails the run. Prints what became of the copies, by what was mixed. Copies that end a process are
# kept in the directory, if one is named. A million copies take some minutes for each ten that a
# processor is free for.
set -euo pipefail
cd "$(dirname "$0")/../.."
export HOTMOD_MIXED=${1:-1000000} HOTMOD_SEED=${2:-$(date +%s)}
[ $# -lt 3 ] || {
    mkdir -p "$3"
    HOTMOD_KEPT=$(cd "$3" && pwd)
    export HOTMOD_KEPT
}
exec cargo test --release --locked -p hotmod-tests --test mixed -- --nocapture
