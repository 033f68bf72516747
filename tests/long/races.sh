#!/usr/bin/env bash
# Has a file, HTTP, a signal and a command line update one module at the same time so often: tests/long/races.sh [ROUNDS].
# Each is answered, the newest version runs after each round, and each version that ran took the place of the one before.
set -euo pipefail
cd "$(dirname "$0")/../.."
export HOTMOD_RACES=${1:-1000}
exec cargo test --release --locked -p hotmod-admin --test admin -- raced --nocapture
