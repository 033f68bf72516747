//! What all requests share.

use std::collections::BTreeMap;
use std::panic::{self, AssertUnwindSafe};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use hotmod_host::{Canary, Host};
use serde_json::json;
use tokio::sync::{Semaphore, watch};

use crate::audit::AuditRecord;
use crate::auth::Auth;
use crate::counts::Counts;
use crate::fault::{Fault, broken};
use crate::limits::{Limits, Rates};
use crate::operations::Operations;
use crate::ring::{Kind, Ring};
use crate::stream::Streams;
use crate::time::millis;

/// What hears of each change and each read of state.
pub(crate) type Hear = dyn Fn(&AuditRecord) + Send + Sync;

/// What all requests share.
pub(crate) struct Shared {
    pub(crate) host: Host,
    pub(crate) auth: Auth,
    pub(crate) limits: Limits,
    pub(crate) hear: Option<Box<Hear>>,
    pub(crate) ring: Arc<Ring>,
    pub(crate) counts: Counts,
    pub(crate) rates: Rates,
    pub(crate) requests: Semaphore,
    pub(crate) streams: Streams,
    pub(crate) operations: Operations,
    pub(crate) stopping: watch::Sender<bool>,
    pub(crate) started: SystemTime,
    /// The canaries that were begun here, by their modules. To drop one aborts it.
    canaries: Mutex<BTreeMap<String, Canary>>,
}

impl Shared {
    pub(crate) fn new(host: Host, auth: Auth, limits: Limits, hear: Option<Box<Hear>>) -> Self {
        let started = SystemTime::now();
        let (told, ended) = limits.kept;
        Shared {
            ring: Arc::new(Ring::new(format!("{:x}", millis(started)), told)),
            counts: Counts::default(),
            rates: Rates::default(),
            requests: Semaphore::new(limits.requests.clamp(1, Semaphore::MAX_PERMITS)),
            streams: Streams::default(),
            operations: Operations::new(limits.operations, ended),
            stopping: watch::Sender::new(false),
            started,
            canaries: Mutex::default(),
            host,
            auth,
            limits,
            hear,
        }
    }

    pub(crate) fn is_stopping(&self) -> bool {
        *self.stopping.borrow()
    }

    fn canaries(&self) -> MutexGuard<'_, BTreeMap<String, Canary>> {
        // A canary is put in and taken out whole.
        self.canaries.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The canary of a module that was begun here last.
    pub(crate) fn canary(&self, module: &str) -> Option<Canary> {
        self.canaries().get(module).cloned()
    }

    pub(crate) fn keep_canary(&self, module: &str, canary: Canary) {
        let before = self.canaries().insert(module.to_owned(), canary);
        // To drop one that runs would abort it; but while one runs, no other can be begun.
        drop(before);
    }

    /// Has it be told: to who listens to events, to the server, and to `tracing`.
    pub(crate) fn note(&self, record: &AuditRecord) {
        let AuditRecord {
            time,
            caller,
            from,
            action,
            of,
            reason,
            operation,
            outcome,
        } = record;
        tracing::info!(
            target: "hotmod_admin::audit",
            caller, from, action, of, reason, operation, outcome
        );
        let told = json!({
            "time": millis(*time),
            "caller": caller,
            "from": from,
            "action": action,
            "of": of,
            "reason": reason,
            "operation": operation,
            "outcome": outcome,
        });
        self.ring.tell(Kind::Audit, &told);
        if let Some(hear) = &self.hear {
            // A panic of the server's own function is told by its hook, and stops nothing here.
            let _ = panic::catch_unwind(AssertUnwindSafe(|| hear(record)));
        }
    }
}

/// Does what may take a while, on a thread that may wait.
pub(crate) async fn aside<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Fault> + Send + 'static,
) -> Result<T, Fault> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(_) => Err(broken()),
    }
}
