//! `uuid`: sixteen bytes, as the crate promises.

use uuid::Uuid;

use super::laid_out;

laid_out! {
    // `Uuid` is `repr(transparent)` over `Bytes`, which its documentation promises under "ABI"; any bytes are one.
    unsafe [] Uuid as "uuid::Uuid" () { "0" at 0 => [u8; 16] }
}
