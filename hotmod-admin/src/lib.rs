//! Operates the modules of a running server: over HTTP, by metrics, and on a page.
//!
//! [`router`] gives an [`axum::Router`] that nests under any prefix of a server that is there already;
//! [`Admin::serve_unix`] and [`Admin::serve_tcp`] serve it where there is none. `/v1/…` is JSON, described by
//! `openapi.json` in this crate; `/page` is a page over it; `/metrics`, `/healthz` and `/readyz` are what their names
//! say. [`Auth`] says who may do what.
//!
//! Each change has a plan that changes nothing, holds only for what the operator saw (`If-Match`), is made once however
//! often it is asked for (`Idempotency-Key`), and is kept with who asked for it, from where, and why. Updates go through
//! the one queue of the host ([`Module::request_update`](hotmod_host::Module::request_update)), which watches and
//! signals use too.
#![forbid(unsafe_code)]

mod admin;
mod audit;
mod auth;
mod body;
mod changes;
mod counts;
mod fault;
mod files;
mod guard;
mod header;
mod limits;
mod listener;
mod metrics;
mod operations;
mod page;
mod peer;
mod ring;
mod routes;
mod shared;
mod state;
mod stream;
mod time;
mod views;

pub use admin::{Admin, AdminBuilder};
pub use audit::AuditRecord;
pub use auth::{Auth, Scope, Token, TokenError};
pub use limits::Limits;
pub use metrics::Metrics;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
pub struct Readme;

/// The routes of an admin that is never stopped: see [`Admin::router`]. Keep the [`Admin`] instead in a server that
/// shuts down gracefully, or has a registry of metrics.
///
/// # Examples
///
/// ```no_run
/// # fn app() -> axum::Router { axum::Router::new() }
/// use hotmod_admin::{Auth, router};
///
/// # fn main() -> Result<(), hotmod_host::BuildError> {
/// let host = hotmod_host::Host::builder().module_dir("modules").build()?;
/// let app = app().nest("/hotmod", router(&host, Auth::new()));
/// # Ok(())
/// # }
/// ```
pub fn router(host: &hotmod_host::Host, auth: Auth) -> axum::Router {
    Admin::new(host, auth).router()
}
