#!/usr/bin/env bash
# Makes up modules, edits them and updates them, very often: tests/long/types.sh [CASES] [SEED].
#
# A case is a module in four versions and one that is to be refused, and what is done with live instances of
# it; all of it runs under AddressSanitizer where there is a nightly compiler. A case that fails is made
# as small as it can be and stays in `tests/regressions`: commit it with what cures it. Prints what was
# tried out, and how often. 100 cases take some minutes, most of them to build 500 modules.
set -euo pipefail
cd "$(dirname "$0")/../.."
export HOTMOD_TYPES=${1:-100} HOTMOD_SEED=${2:-$(date +%s)}
export SANITIZE=edited
exec tests/sanitize.sh address edits_come_to_what_they_say --nocapture
