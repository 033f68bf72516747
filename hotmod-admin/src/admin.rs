//! What a server holds of its admin.

use std::fmt;
use std::sync::{Arc, Weak};
use std::thread;

use axum::Router;
use hotmod_host::{Events, Host};

use crate::audit::AuditRecord;
use crate::auth::Auth;
use crate::limits::Limits;
use crate::metrics::Metrics;
use crate::ring::Kind;
use crate::routes;
use crate::shared::{Hear, Shared};
use crate::views;

/// The admin of a host: a router to be nested, metrics, and its end.
///
/// It is cheap to clone; all clones are the same. As long as one is there, or a router of it, it follows the host's
/// events on a thread of its own.
///
/// # Examples
///
/// ```no_run
/// use std::net::SocketAddr;
///
/// use hotmod_admin::{Admin, Auth};
/// use hotmod_host::Host;
///
/// # fn routes() -> axum::Router { axum::Router::new() }
/// # async fn shut_down() {}
/// # async fn serve() -> Result<(), Box<dyn std::error::Error>> {
/// let host = Host::builder().module_dir("modules").build()?;
/// let admin = Admin::new(&host, Auth::new());
/// let mut registry = prometheus_client::registry::Registry::default();
/// registry.register_collector(Box::new(admin.metrics()));
///
/// let app = routes().merge(admin.router_at("/hotmod"));
/// let listener = tokio::net::TcpListener::bind("127.0.0.1:8080").await?;
/// // With the addresses of clients, which the audit tells.
/// axum::serve(listener, app.into_make_service_with_connect_info::<SocketAddr>())
///     .with_graceful_shutdown(async move {
///         shut_down().await;
///         admin.stop(); // or open event streams would hold the shutdown up
///     })
///     .await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Admin {
    pub(crate) shared: Arc<Shared>,
}

/// Chooses how an [`Admin`] works.
#[must_use = "a builder does nothing until `build` is called"]
pub struct AdminBuilder {
    host: Host,
    auth: Auth,
    limits: Limits,
    hear: Option<Box<Hear>>,
}

impl Admin {
    /// The admin of a host, with the limits that [`Limits`] has by default.
    pub fn new(host: &Host, auth: Auth) -> Self {
        Admin::builder(host, auth).build()
    }

    /// Chooses how it works.
    pub fn builder(host: &Host, auth: Auth) -> AdminBuilder {
        AdminBuilder {
            host: host.clone(),
            auth,
            limits: Limits::default(),
            hear: None,
        }
    }

    /// The routes, to be nested under any prefix. It has no state to be given, no fallback and no link that says where
    /// it is nested.
    pub fn router(&self) -> Router {
        routes::router(&self.shared)
    }

    /// The routes under a prefix, to be merged: `app.merge(admin.router_at("/hotmod"))`. Where [`router`](Admin::router) is
    /// nested, axum has nothing under the prefix with a slash behind; here that leads to the page as well.
    ///
    /// # Panics
    ///
    /// If the prefix is none that axum nests under: one that does not begin with a slash.
    pub fn router_at(&self, prefix: &str) -> Router {
        routes::router_at(&self.shared, prefix)
    }

    /// What is known of the host, for the registry that the server has already:
    /// `registry.register_collector(Box::new(admin.metrics()))`.
    pub fn metrics(&self) -> Metrics {
        Metrics(self.shared.clone())
    }

    /// Ends all event streams, begins no operation any more, and has `/readyz` answer 503: for a server that is about to
    /// stop. Operations that run go on.
    pub fn stop(&self) {
        self.shared.stopping.send_replace(true);
    }
}

impl fmt::Debug for Admin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Admin")
            .field("host", &self.shared.host)
            .finish_non_exhaustive()
    }
}

impl AdminBuilder {
    /// How much it takes of the server at most.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Calls this with each change that was asked for and each state that was read: for a log of the server's own. It is
    /// called on a thread that answers a request, and keeps that waiting.
    pub fn on_audit(mut self, hear: impl Fn(&AuditRecord) + Send + Sync + 'static) -> Self {
        self.hear = Some(Box::new(hear));
        self
    }

    /// The admin. It follows the host's events from now on.
    ///
    /// # Panics
    ///
    /// If the thread for that cannot be started.
    pub fn build(self) -> Admin {
        let AdminBuilder {
            host,
            auth,
            limits,
            hear,
        } = self;
        let events = host.events();
        let shared = Arc::new(Shared::new(host, auth, limits, hear));
        let follower = Arc::downgrade(&shared);
        thread::Builder::new()
            .name("hotmod-admin".to_owned())
            .spawn(move || follow(&follower, &events))
            .expect("a thread for the host's events");
        Admin { shared }
    }
}

impl fmt::Debug for AdminBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AdminBuilder")
            .field("host", &self.host)
            .field("auth", &self.auth)
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}

/// Takes the host's events, until the host is gone or the admin is.
fn follow(shared: &Weak<Shared>, events: &Events) {
    while let Some(event) = events.wait() {
        let Some(shared) = shared.upgrade() else {
            return;
        };
        shared.counts.note(&event);
        shared.ring.tell(Kind::Update, &views::event(&event));
    }
}
