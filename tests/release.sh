#!/usr/bin/env bash
# Packages each crate that is published, as it would be: tests/release.sh [--verify].
#
# With `--verify` each is built from its package as well, against the packages of the others; each feature of the host is
# compiled alone, without a warning; the crates are compiled by the oldest compiler that they promise, where the installed
# one is newer; and the licences and origins of all that they are built of are held against deny.toml.
set -euo pipefail
cd "$(dirname "$0")/.."

verify=--no-verify
case ${1:-} in
'') ;;
--verify) verify= ;;
*)
    echo "tests/release.sh [--verify]" >&2
    exit 2
    ;;
esac

crates=(hotmod hotmod-macros hotmod-file hotmod-host hotmod-admin cargo-hotmod)
cargo package --quiet --locked --allow-dirty $verify "${crates[@]/#/--package=}"
for crate in "${crates[@]}"; do
    version=$(cargo pkgid --package "$crate" | sed 's/.*[#@]//')
    files=$(tar -tzf "target/package/$crate-$version.crate")
    for file in README.md LICENSE-MIT LICENSE-APACHE Cargo.toml; do
        grep -qx "$crate-$version/$file" <<<"$files" || {
            echo "the package of $crate has no $file" >&2
            exit 1
        }
    done
    echo "$crate $version: $(wc -l <<<"$files") files"
done

if [ -z "$verify" ]; then
    features=$(sed -n '/^\[features\]/,/^\[dev-dependencies\]/s/^\([a-z0-9]*\) = .*/\1/p' hotmod-host/Cargo.toml)
    for feature in $features; do
        RUSTFLAGS='-D warnings' cargo check --quiet --locked --package hotmod-host \
            --no-default-features --features "$feature" --target-dir target/features
    done

    oldest=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml)
    case $(rustc --version) in
    "rustc $oldest."*) ;;
    *) cargo "+$oldest" check --quiet --locked "${crates[@]/#/--package=}" --target-dir target/oldest ;;
    esac

    cargo install --quiet --locked --version 0.20.2 --root target/tools cargo-deny
    target/tools/bin/cargo-deny --locked check licenses bans sources
fi
