#!/usr/bin/env bash
# Has very many values follow updates and rollbacks under readers and writers at full speed: tests/long/lazy.sh [ENTRIES].
#
# A state with so many `Lazy` entries, in a map, a `Vec` and nested, is updated and rolled back; also with values that do
# not fit, a function that panics, and a third version while most are still at the first. A model agrees at every moment.
# Prints how long calls took, and fails where they took longer at 99.9 % than without an update plus twice the migration
# of one value, which is what that of 99.9 % of them takes at most. There are as many callers as processors, and four at
# most. Without an update they are measured twice: by themselves, and beside a thread that touches nothing of theirs and
# takes as much of the processors as the sweeper may. The longer of the two counts: where callers at full speed have all
# processors, any other work makes them wait. It takes some minutes and about 1 GiB.
set -euo pipefail
cd "$(dirname "$0")/../.."
export HOTMOD_ENTRIES=${1:-1000000}
exec cargo test --release --locked -p hotmod-tests --test large -- --nocapture --test-threads 1
