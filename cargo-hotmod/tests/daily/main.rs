//! The command line as it is used every day: from `cargo hotmod new` to a live edit, over real HTTP.

mod fixed;
mod guide;
mod live;
mod made;
mod making;
mod reader;
mod watched;
