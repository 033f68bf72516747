//! `glam`: the numbers that they are.

use std::mem::offset_of;

use glam::*;

use super::laid_out;

/// Vectors with public fields, which are all that they have.
macro_rules! vectors {
    ($($ty:ident as $name:literal $of:ty { $($field:ident $said:literal),* })*) => {
        laid_out! {$(
            // Its fields are public, and any numbers are such a vector.
            unsafe [] $ty as $name () { $($said at offset_of!($ty, $field) => $of),* }
        )*}
    };
}

/// What the crate itself lends as an array, by `AsRef`: so it starts with that, whatever the processor. What is
/// behind the array is nothing that a value means.
macro_rules! arrays {
    ($($ty:ident as $name:literal [$of:ty; $len:literal])*) => {
        $(const _: fn(&$ty) -> &[$of; $len] = <$ty as AsRef<[$of; $len]>>::as_ref;)*
        laid_out! {$(
            // The array that `AsRef` lends lies at its start, and any numbers are one.
            unsafe [] $ty as $name () { "0" at 0 => [$of; $len] }
        )*}
    };
}

vectors! {
    Vec2 as "glam::Vec2" f32 { x "x", y "y" }
    Vec3 as "glam::Vec3" f32 { x "x", y "y", z "z" }
    DVec2 as "glam::DVec2" f64 { x "x", y "y" }
    DVec3 as "glam::DVec3" f64 { x "x", y "y", z "z" }
    DVec4 as "glam::DVec4" f64 { x "x", y "y", z "z", w "w" }
    IVec2 as "glam::IVec2" i32 { x "x", y "y" }
    IVec3 as "glam::IVec3" i32 { x "x", y "y", z "z" }
    IVec4 as "glam::IVec4" i32 { x "x", y "y", z "z", w "w" }
    UVec2 as "glam::UVec2" u32 { x "x", y "y" }
    UVec3 as "glam::UVec3" u32 { x "x", y "y", z "z" }
    UVec4 as "glam::UVec4" u32 { x "x", y "y", z "z", w "w" }
}

arrays! {
    Vec4 as "glam::Vec4" [f32; 4]
    Quat as "glam::Quat" [f32; 4]
    DQuat as "glam::DQuat" [f64; 4]
    Mat2 as "glam::Mat2" [f32; 4]
    Mat3 as "glam::Mat3" [f32; 9]
    Mat4 as "glam::Mat4" [f32; 16]
    DMat2 as "glam::DMat2" [f64; 4]
    DMat3 as "glam::DMat3" [f64; 9]
    DMat4 as "glam::DMat4" [f64; 16]
}
