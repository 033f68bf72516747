#!/usr/bin/env bash
# Has very many values follow updates and rollbacks under readers and writers at full speed: tests/long/lazy.sh [ENTRIES].
#
# A state with so many `Lazy` entries, in a map, a `Vec` and nested, is updated and rolled back; also with values that do
# not fit, a function that panics, and a third version while most are still at the first. A model agrees at every moment.
# Prints how long calls took, and fails where an update holds up more than one call in a thousand: has it take longer than
# 99.9 % of calls take without one, plus twice the migration of a value, its own and that of the call before it. All is done
# three times, with new vaults, and the median counts.
#
# There are two callers, or four where there are processors for them and for the sweeper. A machine holds up calls as well, by
# interrupts and by other threads, so many in so much time, and a virtual machine by as many as one in a thousand of so short
# ones. So those are counted first, without an update, and taken off: with nothing else to do where the sweeper has a
# processor to itself; where it has none, beside a thread that touches nothing of the callers' and takes as much of the
# processors as the sweeper may. It takes some minutes and about 1 GiB.
set -euo pipefail
cd "$(dirname "$0")/../.."
export HOTMOD_ENTRIES=${1:-1000000}
exec cargo test --release --locked -p hotmod-tests --test large -- --nocapture --test-threads 1
