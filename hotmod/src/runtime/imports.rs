//! The imports of hotmod's own. What `#[hotmod::import]` writes for a module's is written here by hand, but for one
//! thing: a record is no `#[used]` static. What calls the function refers to it, so the linker keeps it in the files of
//! modules that do, and in no others. It keeps sections whole, so a module that calls one of these imports may have all.

use std::hint::black_box;

use crate::call::boundary::{Boundary, Cons};
use crate::call::host_future::Awaiting;
use crate::call::passing::{CrossingTable, Passing, make_no_param};
use crate::describe::encode::{self, Writer};
use crate::describe::{ParamDesc, Receiver, SignatureDesc};
use crate::marked::import::{Import, ImportTable};
use crate::state::Describe;

/// The name of the import that waits for so many nanoseconds.
pub const SLEEP: &str = "hotmod::sleep";
/// The name of the import that lets others run.
pub const YIELD_NOW: &str = "hotmod::yield_now";
/// The name of the import that runs a future.
pub const SPAWN: &str = "hotmod::spawn";

/// An import: where the host leaves the way to its function (`$place`), and what the file says of it (`$record`).
macro_rules! import {
    (
        $place:ident, $signature:ident, $record:ident, $accessor:ident:
        $name:ident, $is_async:literal, ($($param:literal: $ty:ty),*) -> $output:ty
    ) => {
        static $place: Import = {
            const PARAMS: &[Passing] = &[$(<$ty>::PASSING),*];
            static CROSSING: CrossingTable =
                CrossingTable::new(PARAMS, <$output>::PASSING, make_no_param);
            Import::new(&CROSSING)
        };

        const $signature: SignatureDesc = SignatureDesc {
            name: $name,
            is_async: $is_async,
            is_local: false,
            receiver: Receiver::None,
            params: &[$(ParamDesc { name: $param, ty: <$ty>::TYPE, default: false }),*],
            output: <$output>::TYPE,
            optional: false,
            removed: &[],
            instances: &[],
        };

        // SAFETY: the section holds nothing but records.
        #[unsafe(link_section = ".hotmod")]
        static $record: [u8; length(stringify!($accessor), &$signature)] =
            encoded(stringify!($accessor), &$signature);
        #[cfg(feature = "linked")]
        __linked_symbol! { $accessor }

        // The tests of this crate link it a second time, and are no module.
        // SAFETY: the name begins with a prefix that is hotmod's own.
        #[cfg_attr(not(test), unsafe(no_mangle))]
        extern "C" fn $accessor() -> ImportTable {
            ImportTable::one(&$place)
        }
    };
}

import!(
    SLEEP_PLACE, SLEEP_SIGNATURE, SLEEP_RECORD, __hotmod_own_import_sleep:
    SLEEP, true, ("nanoseconds": u64) -> ()
);
import!(
    YIELD_PLACE, YIELD_SIGNATURE, YIELD_RECORD, __hotmod_own_import_yield_now:
    YIELD_NOW, true, () -> ()
);
import!(
    SPAWN_PLACE, SPAWN_SIGNATURE, SPAWN_RECORD, __hotmod_own_import_spawn:
    SPAWN, false, ("future": u64) -> bool
);

const fn length(symbol: &str, signature: &SignatureDesc) -> usize {
    let mut writer = Writer::new(&mut []);
    encode::import(&mut writer, symbol, signature);
    writer.written()
}

const fn encoded<const N: usize>(symbol: &str, signature: &SignatureDesc) -> [u8; N] {
    let mut bytes = [0; N];
    let mut writer = Writer::new(&mut bytes);
    encode::import(&mut writer, symbol, signature);
    bytes
}

/// Waits for so many nanoseconds.
pub(super) fn sleep(nanoseconds: u64) -> Awaiting<()> {
    black_box(&raw const SLEEP_RECORD);
    // SAFETY: these are the arguments and the result of the record.
    unsafe { SLEEP_PLACE.begin(SLEEP, Cons(nanoseconds.into_wire(), ())) }
}

/// Lets others run.
pub(super) fn yield_now() -> Awaiting<()> {
    black_box(&raw const YIELD_RECORD);
    // SAFETY: as above.
    unsafe { YIELD_PLACE.begin(YIELD_NOW, ()) }
}

/// Hands a future to the host, given by the address of its head. Returns whether the host has taken it.
#[track_caller]
pub(super) fn spawn(future: u64) -> bool {
    black_box(&raw const SPAWN_RECORD);
    // SAFETY: as above.
    unsafe { SPAWN_PLACE.call(SPAWN, Cons(future.into_wire(), ())) }
}
