#!/usr/bin/env bash
# A thousand saves at random moments of builds, while `cargo hotmod run` goes on: the last is live, and no process is
# left. HOTMOD_SAVES and HOTMOD_SEED say otherwise.
set -euo pipefail
cd "$(dirname "$0")/../.."
export HOTMOD_SAVES=${HOTMOD_SAVES:-1000} HOTMOD_SEED=${HOTMOD_SEED:-$RANDOM}
echo "seed $HOTMOD_SEED"
exec cargo test --locked -p cargo-hotmod --test daily -- --nocapture the_last_of_many_saves
