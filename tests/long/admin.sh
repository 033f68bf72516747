#!/usr/bin/env bash
# Measures what the admin takes of the calls of a server that it is part of: tests/long/admin.sh [SECONDS].
#
# Calls beside a flood of hostile requests: their time of the processor, and how often they waited. Within what time 99 %
# of the calls end beside 200 event streams and 1,000 reads a second, and beside the same requests to handlers that do
# nothing, in turns. How long the first page of a map of a million entries takes, and for how long who wants the state
# exclusively waits beside such pages. It takes half a minute more than eighteen times the seconds.
set -euo pipefail
cd "$(dirname "$0")/../.."
export HOTMOD_SECONDS=${1:-5}
exec cargo test --release --locked -p hotmod-admin --test admin -- --nocapture --test-threads 1 loaded::
