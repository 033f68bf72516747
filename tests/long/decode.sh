#!/usr/bin/env bash
# Garbles manifests and whole files, very often: tests/long/decode.sh [INPUTS] [SEED].
#
# Makes so many of each from good ones, and reads them as a host does. Each is refused, or all that is
# done with a description is done with it; a panic, or one that takes for ever, fails the run. Prints
# how many were refused and accepted, and the slowest. A million manifests take about a minute, a
# million files ten. What the manifests are made from lies in `hotmod/fuzz/seeds` afterwards.
set -euo pipefail
cd "$(dirname "$0")/../.."
export HOTMOD_DECODED=${1:-1000000} HOTMOD_SEED=${2:-$(date +%s)}
export HOTMOD_SEEDS=$PWD/hotmod/fuzz/seeds
exec cargo test --release --locked -p hotmod-tests --test decode -- --nocapture
