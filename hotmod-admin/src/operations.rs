//! What was asked for, what became of it, and the keys by which it is asked for once.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use axum::http::StatusCode;
use hotmod::codes;
use serde_json::{Value, json};
use tokio::sync::watch;

use crate::fault::Fault;
use crate::time::millis;

/// A change that was asked for.
#[derive(Debug)]
pub(crate) struct Operation {
    pub(crate) id: u64,
    pub(crate) action: &'static str,
    pub(crate) module: String,
    pub(crate) caller: String,
    pub(crate) from: String,
    pub(crate) reason: String,
    begun: SystemTime,
    outcome: watch::Sender<Option<Outcome>>,
}

/// What became of an operation.
#[derive(Clone, Debug)]
pub(crate) struct Outcome {
    pub(crate) status: StatusCode,
    pub(crate) result: Arc<Value>,
    ended: SystemTime,
}

impl Operation {
    pub(crate) fn end(&self, result: Result<Value, Fault>) {
        let (status, result) = match result {
            Ok(result) => (StatusCode::OK, result),
            Err(fault) => (fault.status, fault.body()),
        };
        self.outcome.send_replace(Some(Outcome {
            status,
            result: Arc::new(result),
            ended: SystemTime::now(),
        }));
    }

    /// Waits until it has come to something.
    pub(crate) async fn ended(&self) -> Option<Outcome> {
        let mut outcome = self.outcome.subscribe();
        let ended = outcome.wait_for(Option::is_some).await.ok()?;
        ended.clone()
    }

    pub(crate) fn outcome(&self) -> Option<Outcome> {
        self.outcome.borrow().clone()
    }

    pub(crate) fn view(&self) -> Value {
        self.view_with(self.outcome().as_ref())
    }

    /// As it is shown with this outcome of its. That is read once for all of an answer: the operation may end meanwhile.
    pub(crate) fn view_with(&self, outcome: Option<&Outcome>) -> Value {
        json!({
            "id": self.id,
            "action": self.action,
            "module": self.module,
            "caller": self.caller,
            "from": self.from,
            "reason": self.reason,
            "state": state(outcome),
            "begun": millis(self.begun),
            "ended": outcome.map(|it| millis(it.ended)),
            "status": outcome.map(|it| it.status.as_u16()),
            "result": outcome.map(|it| &*it.result),
        })
    }
}

/// How far an operation is, in a word.
fn state(outcome: Option<&Outcome>) -> &'static str {
    match outcome {
        None => "running",
        Some(outcome) if outcome.status.is_success() => "done",
        Some(outcome) if outcome.status.is_server_error() => "failed",
        Some(_) => "refused",
    }
}

/// What is asked for, apart from its key.
#[derive(Debug)]
pub(crate) struct Asked {
    pub(crate) action: &'static str,
    pub(crate) module: String,
    pub(crate) caller: String,
    pub(crate) from: String,
    pub(crate) reason: String,
    /// The caller's key.
    pub(crate) key: String,
    /// Stands for all else of the request: a key is for one request.
    pub(crate) request: [u8; 32],
}

/// An operation, and whether it was begun by this request.
#[derive(Debug)]
pub(crate) enum Begun {
    Anew(Arc<Operation>),
    Before(Arc<Operation>),
}

#[derive(Debug, Default)]
struct All {
    last: u64,
    operations: VecDeque<Arc<Operation>>,
    /// By caller and key.
    keys: BTreeMap<(String, String), ([u8; 32], u64)>,
}

/// The operations that run, and the last that have ended.
#[derive(Debug)]
pub(crate) struct Operations {
    all: Mutex<All>,
    most: usize,
    kept: usize,
}

impl Operations {
    pub(crate) fn new(most: usize, kept: usize) -> Self {
        Operations {
            all: Mutex::default(),
            most: most.max(1),
            kept: kept.max(most).max(1),
        }
    }

    fn lock(&self) -> MutexGuard<'_, All> {
        // An operation is put in with its key.
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The operation of this key, which `may_begin` lets begin if there is none.
    pub(crate) fn begin(
        &self,
        asked: Asked,
        may_begin: impl FnOnce() -> Result<(), Fault>,
    ) -> Result<Begun, Fault> {
        let mut all = self.lock();
        let key = (asked.caller.clone(), asked.key);
        if let Some((request, id)) = all.keys.get(&key) {
            let known = all.operations.iter().find(|it| it.id == *id);
            return match known {
                Some(known) if *request == asked.request => Ok(Begun::Before(known.clone())),
                _ => Err(Fault::new(
                    StatusCode::UNPROCESSABLE_ENTITY,
                    codes::IDEMPOTENCY_KEY_REUSED,
                    "this idempotency key was used for another request: use a new one for each",
                )),
            };
        }
        may_begin()?;
        let running = all.operations.iter().filter(|it| it.outcome().is_none());
        if running.count() >= self.most {
            return Err(Fault::new(
                StatusCode::SERVICE_UNAVAILABLE,
                codes::BUSY,
                "as many operations run as may at once",
            )
            .retry_after(std::time::Duration::from_secs(1)));
        }
        if all.operations.len() >= self.kept {
            let ended = all.operations.iter().position(|it| it.outcome().is_some());
            let forgotten = ended.and_then(|place| all.operations.remove(place));
            let forgotten = forgotten.map(|it| it.id);
            all.keys.retain(|_, (_, id)| Some(*id) != forgotten);
        }
        all.last += 1;
        let operation = Arc::new(Operation {
            id: all.last,
            action: asked.action,
            module: asked.module,
            caller: asked.caller,
            from: asked.from,
            reason: asked.reason,
            begun: SystemTime::now(),
            outcome: watch::Sender::new(None),
        });
        all.keys.insert(key, (asked.request, operation.id));
        all.operations.push_back(operation.clone());
        Ok(Begun::Anew(operation))
    }

    pub(crate) fn find(&self, id: u64) -> Option<Arc<Operation>> {
        let all = self.lock();
        all.operations.iter().find(|it| it.id == id).cloned()
    }

    /// The last ones, the newest first.
    pub(crate) fn newest(&self, most: usize) -> Vec<Arc<Operation>> {
        let all = self.lock();
        all.operations.iter().rev().take(most).cloned().collect()
    }

    /// How many run.
    pub(crate) fn running(&self) -> usize {
        let all = self.lock();
        let running = all.operations.iter().filter(|it| it.outcome().is_none());
        running.count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(key: &str, request: u8) -> Asked {
        Asked {
            action: "update",
            module: "game".to_owned(),
            caller: "ada".to_owned(),
            from: "here".to_owned(),
            reason: "a test".to_owned(),
            key: key.to_owned(),
            request: [request; 32],
        }
    }

    #[test]
    fn a_key_stands_for_one_request_as_long_as_it_is_kept() {
        let operations = Operations::new(2, 3);
        let begin = |key: &str, request| operations.begin(asked(key, request), || Ok(()));
        let Ok(Begun::Anew(first)) = begin("a", 1) else {
            panic!("it is new");
        };
        assert!(matches!(begin("a", 1), Ok(Begun::Before(it)) if it.id == first.id));
        let reused = begin("a", 2).expect_err("another request");
        assert_eq!(reused.code.name(), "idempotency-key-reused");
        assert!(matches!(begin("b", 1), Ok(Begun::Anew(_))));
        let busy = begin("c", 1).expect_err("two run");
        assert_eq!(busy.status, StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(operations.running(), 2);
        first.end(Ok(json!({})));
        let outcome = first.outcome().expect("it has ended");
        assert_eq!(outcome.status, StatusCode::OK);
        let view = first.view_with(None);
        assert_eq!(
            (&view["state"], &view["ended"]),
            (&json!("running"), &json!(null))
        );
        assert!(matches!(begin("c", 1), Ok(Begun::Anew(it)) if it.id == 3));
        operations.find(3).expect("it runs").end(Ok(json!({})));
        // The first is forgotten for this one, and with it its key.
        assert!(matches!(begin("d", 1), Ok(Begun::Anew(_))));
        operations.find(4).expect("it runs").end(Ok(json!({})));
        assert!(operations.find(1).is_none());
        assert!(matches!(begin("a", 2), Ok(Begun::Anew(_))));
        let newest: Vec<u64> = operations.newest(2).iter().map(|it| it.id).collect();
        assert_eq!(newest, [5, 4]);
    }
}
