#!/usr/bin/env bash
# Updates a module under calls very many times: tests/long/updates.sh [UPDATES]. The more there are, the
# less an update may leave behind.
set -euo pipefail
cd "$(dirname "$0")/../.."
export HOTMOD_UPDATES=${1:-50000}
exec cargo test --release --locked -p hotmod-tests --test soak -- --nocapture
