#!/usr/bin/env bash
# Hands rooms over under load: tests/long/handoff.sh [ROOMS] [BYTES] [USED]. By default that is a GiB, of which 200 rooms are
# used meanwhile, and no request may go unanswered for half a second.
set -euo pipefail
cd "$(dirname "$0")/../.."
export HOTMOD_HANDOFF_KEYS=${1:-10240} HOTMOD_HANDOFF_PAD=${2:-104857} HOTMOD_HANDOFF_HOT=${3:-200} HOTMOD_HANDOFF_LONGEST=${LONGEST:-500}
exec cargo test --release --locked -p hotmod-tests --test handoff -- --nocapture clients_and_callers
