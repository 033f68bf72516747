#!/usr/bin/env bash
# Has the clients of Redis use a server through so many updates, and measures it: tests/long/store.sh [UPDATES].
#
# See examples/store: 1.0 to 1.3 and back, with `redis-cli` held against a model and `redis-benchmark` beside it. Then
# the throughput over that of the same code linked statically, and the longest reply while 500,000 entries change over that
# without: both are ratios or differences within one run, on a machine that should do nothing else. It takes some minutes.
set -euo pipefail
cd "$(dirname "$0")/../.."
examples/store/tools.sh
cargo store --release --locked -- --updates "${1:-100}"
exec cargo store --release --locked -- --figures
