#!/usr/bin/env bash
# Sees to it that the clients of Redis are there, which judge the store, and says so where it cannot.
set -euo pipefail
are_there() { command -v redis-cli && command -v redis-benchmark; } > /dev/null
install() { apt-get install --yes --no-install-recommends redis-tools; } > /dev/null
are_there && exit
install || { apt-get update > /dev/null && install; } || true
are_there || {
    echo 'redis-cli and redis-benchmark are not here, and could not be installed: Debian has them in redis-tools' >&2
    exit 1
}
