#!/usr/bin/env bash
# Migrates states while threads come to own some of them, for long: tests/long/threads.sh [SECONDS].
#
# Each of the tests that do so runs for so many seconds, some of them once for each number of threads,
# in release. A thread that finds what it looks at changed or freed panics, or ends the process. Prints
# how many migrations were refused and went through.
set -euo pipefail
cd "$(dirname "$0")/../.."
export HOTMOD_SECONDS=${1:-20}
exec cargo test --release --locked -p hotmod-tests --test migrated -- --nocapture --test-threads 1 \
    threads_that_walk_about threads_that_leave a_check_that_lends
