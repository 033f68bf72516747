//! From addresses of code to functions and lines, for the backtraces of panics.
//!
//! To be imported: [`known`], where each image lies and which file it is; [`look_up`], which writes a
//! backtrace. The files are read when a backtrace is displayed, by the thread that does so, and never within a call.
//!
//! It imports `sys` and the ground. It never imports `image` or what stands above that.

#[cfg(feature = "backtrace")]
mod debug_files;
#[cfg(feature = "backtrace")]
mod files;
mod function_at;
pub(crate) mod known;
pub(crate) mod look_up;
#[cfg(feature = "backtrace")]
mod symbol_file;
