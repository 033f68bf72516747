#!/usr/bin/env bash
# Runs the tests of what safe code and migrations must not break where every invalid access and every
# leak is seen: migrations, those of made-up types too, while others read, and of values that follow by themselves,
# estimates of them, calls that are converted, awaited and cancelled, what only looks equal, foreign values and values that are carried over,
# hooks, and rings.
#
#   tests/sanitize.sh [address|valgrind] [FILTER…]
#
# `SANITIZE` names the test binaries, as `migrated hooks`; all of these are run otherwise. `PACKAGE=hotmod-observed` takes
# those of that package, in which tasks of tokio await modules: `awaited shops`, unless `SANITIZE` names others. Where host and
# modules share types of std by value, both must be built by one compiler: `MODULES=nightly` has `address`
# build the modules by that of the host (in a directory of its own), as `apart`, `between`, `pools`, `canary`,
# `calls`, `evolving` and `ownership` need it.
#
# `address` (the default) needs a nightly compiler: AddressSanitizer and LeakSanitizer in the host.
# The modules are the usual ones, but all their memory comes from the host's allocator, so a block
# that is freed twice, used by the host after it is freed, or leaked, is seen on either side.
# `valgrind` sees every access, the modules' too, and takes its time: name a few tests.
#
# Exits with 0 if nothing was found, or if the tool is missing, which it says.
set -euo pipefail
cd "$(dirname "$0")/.."

tool=${1:-address}
[ $# -eq 0 ] || shift
target=x86_64-unknown-linux-gnu
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

skip() {
    echo "skipped: $*"
    exit 0
}

package=${PACKAGE:-hotmod-tests}
case $package in
hotmod-tests) folder=tests ;;
hotmod-observed)
    folder=tests/observed
    SANITIZE=${SANITIZE:-awaited shops}
    ;;
*)
    echo "no such package: $package" >&2
    exit 2
    ;;
esac
tests=(${SANITIZE:-awaited carried crossing edited foreign hooks identity lazy merging migrated opaque passing pauses randomised readers rings shops})

# Builds the tests with these flags of cargo, and prints where they are.
build() {
    local names=$(IFS='|' && echo "${tests[*]}")
    "$@" test --locked -p "$package" "${tests[@]/#/--test=}" --no-run --message-format json |
        sed -nE "s/.*\"executable\":\"([^\"]*\/($names)-[^\"]*)\".*/\1/p"
}

case $tool in
address)
    cargo +nightly --version >/dev/null 2>&1 || skip "there is no nightly compiler"
    # A sanitizer that finds nothing where there is something has not run.
    cat >"$scratch/probe.rs" <<'RUST'
fn main() {
    let block = Box::into_raw(Box::new([7_u8; 100]));
    if std::env::args().count() > 1 {
        drop(unsafe { Box::from_raw(block) });
        println!("{}", unsafe { block.cast::<u8>().read_volatile() });
    } else {
        std::hint::black_box(block);
    }
}
RUST
    rustc +nightly -Zsanitizer=address --target $target -o "$scratch/probe" "$scratch/probe.rs" ||
        skip "the nightly compiler has no AddressSanitizer"
    ! "$scratch/probe" freed >/dev/null 2>&1 || skip "AddressSanitizer does not work here"
    ! "$scratch/probe" >/dev/null 2>&1 || skip "LeakSanitizer does not work here"

    export RUSTFLAGS="-Zsanitizer=address -Cdebuginfo=1 -Copt-level=1 --cfg hotmod_sanitize"
    binaries=$(build cargo +nightly --config "build.target='$target'" \
        --config "build.target-dir='target/sanitize'")
    # The modules are built as ever, unless by the host's compiler.
    unset RUSTFLAGS
    # Of a panic whose payload panics as it is dropped, the payload of the second is given up on purpose.
    skipped=(--skip a_panic_whose_payload_panics --skip a_key_that_panics_in_the_host)
    if [ "${MODULES:-}" = nightly ]; then
        HOTMOD_RUSTC=$(rustc +nightly --print sysroot)/bin/rustc
        export HOTMOD_RUSTC
        # Their other compiler is that of the host.
        skipped+=(--skip compilers::)
    else
        skipped+=(--skip they_cross_by_value_and_by_reference --skip what_did_not_change_is_moved_there_and_back
            --skip what_is_lent_to_be_changed_is_changed_over_an_await
            --skip a_module_awaits_sockets_and_timers_of_its_host)
    fi
    export HOTMOD_ITEMS=1000000
    cd "$folder"
    for binary in $binaries; do
        # What the modules read of memory that is free is not what it was.
        ASAN_OPTIONS=detect_leaks=1:max_free_fill_size=65536:free_fill_byte=221 RUST_BACKTRACE=0 "$binary" --test-threads 2 "${skipped[@]}" "$@"
    done
    ;;
valgrind)
    command -v valgrind >/dev/null || skip "there is no valgrind"
    binaries=$(build cargo)
    cd "$folder"
    for binary in $binaries; do
        RUST_BACKTRACE=0 valgrind --quiet --error-exitcode=9 --num-callers=30 \
            --leak-check=full --show-leak-kinds=definite --errors-for-leak-kinds=definite \
            "$binary" --test-threads 2 "$@"
    done
    ;;
*)
    echo "usage: tests/sanitize.sh [address|valgrind] [FILTER…]" >&2
    exit 2
    ;;
esac
