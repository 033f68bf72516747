#!/usr/bin/env bash
# Renders the guide as a book, to `target/guide`.
#
# mdbook is built once, into `target/tools`, if the machine has none. What is compiled and run of the guide, and whether its
# links lead somewhere, is tested by `tests/guide` and `cargo-hotmod/tests/daily`.
set -euo pipefail
cd "$(dirname "$0")/.."

tools=$PWD/target/tools
PATH=$tools/bin:$PATH
command -v mdbook > /dev/null ||
    cargo install --quiet --locked --root "$tools" --version 0.5.4 mdbook --no-default-features --features search
mdbook build guide --dest-dir "$PWD/target/guide"

chapters=0
while read -r page; do
    [ -e "target/guide/$page" ] || {
        echo "$page was not rendered" >&2
        exit 1
    }
    chapters=$((chapters + 1))
done < <(grep -o '](.*\.md)' guide/src/SUMMARY.md | sed 's/](\(.*\)\.md)/\1.html/')
echo "$chapters chapters in target/guide"
