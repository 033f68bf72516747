#!/usr/bin/env bash
# Holds what is said of a snapshot's states against an update of them: tests/long/tried.sh [PAIRS] [SEED] [STATES].
#
# First, the one bad value among a million. Then it makes so many pairs of modules up, and so many states for each; both kinds of pairs, those that lose something and those
# that do not. `Host::try_snapshot` has to say of each state what an update says of it: whether it fits, and where it does
# not and why. Each pair takes some seconds to build.
set -euo pipefail
cd "$(dirname "$0")/../.."
export HOTMOD_TRIED=${3:-100}
HOTMOD_STATES=1000000 cargo test --release --locked -p cargo-hotmod --features run --test run -- --nocapture one_bad_value
first=${2:-$(date +%s)}
for ((seed = first; seed < first + ${1:-100}; seed++)); do
    HOTMOD_SEED=$seed cargo test --quiet --locked -p hotmod-tests --test randomised -- --nocapture a_snapshot_is_tried
done
