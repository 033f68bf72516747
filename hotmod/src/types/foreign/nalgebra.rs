//! `nalgebra`: vectors and matrices of a size that the type says, as their columns; others by rows, columns and
//! numbers.

use std::mem::offset_of;

use nalgebra::{
    ArrayStorage, Const, DMatrix, DVector, Matrix, OPoint, Quaternion, SVector, Scalar,
};

use super::{Carried, Moved, laid_out};
use crate::state::StableState;

/// A matrix of a size that its type says. A vector is one of one column.
type Sized<T, const R: usize, const C: usize> =
    Matrix<T, Const<R>, Const<C>, ArrayStorage<T, R, C>>;

laid_out! {
    // `data` is public and, but for a marker, all that there is; `ArrayStorage` is `repr(transparent)` over its only
    // field, which is public. Any numbers are a matrix.
    unsafe [T: StableState + Scalar, const R: usize, const C: usize] Sized<T, R, C>
        as "nalgebra::SMatrix" ([[T; R]; C],)
    {
        "0" at offset_of!(Sized<T, R, C>, data) => [[T; R]; C]
    }
}

impl<T: StableState + Scalar, const D: usize> Carried for OPoint<T, Const<D>> {
    const NAME: &'static str = "nalgebra::Point";
    type Parameters = ([T; D],);
    type Form = SVector<T, D>;
    const TAKES_ALL: bool = true;
    // SAFETY: it is values of its parameter.
    const MOVED: Moved = unsafe { Moved::where_unchanged::<OPoint<f32, Const<1>>>() };

    fn to_form(&self) -> Result<Self::Form, String> {
        Ok(self.coords.clone())
    }

    fn from_form(coords: Self::Form) -> Result<Self, String> {
        Ok(coords.into())
    }
}

impl<T: StableState + Scalar> Carried for Quaternion<T> {
    const NAME: &'static str = "nalgebra::Quaternion";
    type Parameters = (T,);
    type Form = SVector<T, 4>;
    const TAKES_ALL: bool = true;
    // SAFETY: it is values of its parameter.
    const MOVED: Moved = unsafe { Moved::where_unchanged::<Quaternion<f32>>() };

    fn to_form(&self) -> Result<Self::Form, String> {
        Ok(self.coords.clone())
    }

    fn from_form(coords: Self::Form) -> Result<Self, String> {
        Ok(coords.into())
    }
}

impl<T: StableState + Scalar> Carried for DMatrix<T> {
    const NAME: &'static str = "nalgebra::DMatrix";
    type Parameters = (T,);
    type Form = (usize, usize, Vec<T>);
    // SAFETY: it is values of its parameter in a block of the heap, and numbers.
    const MOVED: Moved = unsafe { Moved::where_unchanged::<DMatrix<f32>>() };

    fn to_form(&self) -> Result<Self::Form, String> {
        Ok((self.nrows(), self.ncols(), self.as_slice().to_vec()))
    }

    fn from_form((rows, columns, numbers): Self::Form) -> Result<Self, String> {
        match rows.checked_mul(columns) == Some(numbers.len()) {
            true => Ok(DMatrix::from_vec(rows, columns, numbers)),
            false => Err(format!("{rows} × {columns} of {} numbers", numbers.len())),
        }
    }
}

impl<T: StableState + Scalar> Carried for DVector<T> {
    const NAME: &'static str = "nalgebra::DVector";
    type Parameters = (T,);
    type Form = Vec<T>;
    const TAKES_ALL: bool = true;
    // SAFETY: it is values of its parameter in a block of the heap, and numbers.
    const MOVED: Moved = unsafe { Moved::where_unchanged::<DVector<f32>>() };

    fn to_form(&self) -> Result<Vec<T>, String> {
        Ok(self.as_slice().to_vec())
    }

    fn from_form(numbers: Vec<T>) -> Result<Self, String> {
        Ok(DVector::from_vec(numbers))
    }
}

carried! {
    [T: StableState + Scalar, const D: usize] OPoint<T, Const<D>>;
    [T: StableState + Scalar] Quaternion<T>;
    [T: StableState + Scalar] DMatrix<T>;
    [T: StableState + Scalar] DVector<T>;
}
