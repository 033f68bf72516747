#!/usr/bin/env bash
# Kills servers at each step of what they do to a module, and so often at any moment: tests/long/kills.sh [KILLS]. Each next
# server has to begin with what was seen to run, and to say what was going on.
set -euo pipefail
cd "$(dirname "$0")/../.."
export HOTMOD_KILLS=${1:-1000}
exec cargo test --release --locked -p hotmod-tests --test kept -- killed
