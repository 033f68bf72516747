#!/usr/bin/env bash
# Makes up functions and methods that modules and hosts call of each other, and the types that they pass, over and over:
# tests/long/signatures.sh [ROUNDS] [FUNCTIONS] [SEED].
#
# A round is two pairs of modules, one of which loses nothing on the way: so many functions that are called with
# made-up values, and a third as many that must be refused. Prints what came of the calls. A round of 150 functions
# takes some minutes, most of them to build the modules. What fails names the function, the values, and what was to
# come of them; HOTMOD_SEED and HOTMOD_FUNCTIONS bring it about again.
set -euo pipefail
cd "$(dirname "$0")/../.."
rounds=${1:-10} seed=${3:-$(date +%s)}
export HOTMOD_FUNCTIONS=${2:-150}
failed=0
for ((round = 0; round < rounds; round++)); do
  HOTMOD_SEED=$((seed + round)) cargo test -q -p hotmod-tests --test passing -- --nocapture || failed=1
done
exit $failed
