#!/usr/bin/env bash
# Packages each crate that is published, as it would be: tests/release.sh [--verify].
#
# With `--verify` each is built from its package as well, against the packages of the others, and each feature of the host
# is compiled alone, without a warning.
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
fi
