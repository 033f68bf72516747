//! What is told of a save.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use hotmod::printed::Line;
use serde::Serialize;
use serde_json::Value;

/// How many parts of state are named.
const MOST: usize = 5;

/// Something that a person who has it run reads.
#[derive(Serialize)]
#[serde(tag = "told", rename_all = "kebab-case")]
pub(super) enum Told {
    Watching {
        modules: Vec<String>,
        files: usize,
        directory: PathBuf,
    },
    /// It runs.
    Live {
        module: String,
        version: String,
        took_ms: u64,
        /// Not known of the first; `None` within if only comments and the like were changed.
        changed: Option<Option<String>>,
        state: String,
    },
    /// What runs is what was built.
    Unchanged {
        module: String,
        version: String,
    },
    /// It lies where a server would take it, and none runs.
    Placed {
        module: String,
        version: String,
        file: String,
        socket: PathBuf,
    },
    /// What runs goes on.
    Refused {
        module: String,
        text: String,
    },
    /// What the compiler says was printed by it.
    Uncompiled {
        package: String,
    },
    Unusable {
        reason: String,
    },
    Serving {
        took_ms: u64,
        began: Began,
        before: Option<BTreeMap<String, u64>>,
        instances: Option<BTreeMap<String, u64>>,
    },
    /// The server that was started has ended, and the one that runs goes on.
    NotTakenOver {
        status: String,
    },
    /// The server has ended by itself.
    Ended {
        status: String,
    },
    Killed {
        seconds: u64,
    },
}

/// How a server came to serve.
#[derive(Clone, Copy, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Began {
    Anew,
    Restarted,
    TookOver,
}

/// What becomes of state, by a plan.
pub(super) fn state(plan: &Value) -> String {
    if plan["verdict"] != "migrate" {
        return "state handed over".to_owned();
    }
    let differences: Vec<&Value> = plan["differences"]
        .as_array()
        .into_iter()
        .flatten()
        .collect();
    let part = |it: &Value| {
        let text = |name: &str| it[name].as_str().unwrap_or_default().to_owned();
        format!("{} {}", text("path"), text("rule"))
    };
    let mut parts: Vec<String> = differences.iter().take(MOST).map(|it| part(it)).collect();
    if differences.len() > MOST {
        parts.push(format!("{} more", differences.len() - MOST));
    }
    format!("state migrated: {}", parts.join(", "))
}

impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Told::Watching {
                modules,
                files,
                directory,
            } => {
                let directory = Line(directory.display());
                write!(
                    f,
                    "watching {}: {files} files; what is built goes to {directory}",
                    modules.join(", ")
                )
            }
            Told::Live {
                module,
                version,
                took_ms,
                changed,
                state,
            } => {
                write!(f, "live in {took_ms} ms · {module} {version}")?;
                match changed {
                    None => {}
                    Some(None) => f.write_str(" · changed: comments and line numbers")?,
                    Some(Some(changed)) => write!(f, " · changed: {changed}")?,
                }
                write!(f, " · {state}")
            }
            Told::Unchanged { module, version } => {
                write!(f, "nothing changed: {module} {version} is this very code")
            }
            Told::Placed {
                module,
                version,
                file,
                socket,
            } => {
                let (file, socket) = (Line(file), Line(socket.display()));
                write!(
                    f,
                    "built {module} {version}: {file} lies ready, and no server answers at {socket}"
                )
            }
            Told::Refused { module, text } => {
                write!(f, "refused, and what runs of {module} goes on:\n{text}")
            }
            Told::Uncompiled { package } => {
                write!(f, "{package} does not compile; what runs goes on")
            }
            Told::Unusable { reason } => f.write_str(reason),
            Told::Serving {
                took_ms,
                began,
                before,
                instances,
            } => {
                write!(f, "serving after {took_ms} ms")?;
                match began {
                    Began::Anew => return Ok(()),
                    Began::Restarted => f.write_str(" · restarted")?,
                    Began::TookOver => f.write_str(" · took over from the one before")?,
                }
                let counts = |of: &BTreeMap<String, u64>| {
                    let counts: Vec<String> = of
                        .iter()
                        .map(|(name, count)| format!("{name} {count}"))
                        .collect();
                    match counts.is_empty() {
                        true => "none".to_owned(),
                        false => counts.join(", "),
                    }
                };
                if let (Some(before), Some(now)) = (before, instances) {
                    write!(
                        f,
                        "; instances before: {}, now: {}",
                        counts(before),
                        counts(now)
                    )?;
                }
                Ok(())
            }
            Told::NotTakenOver { status } => write!(
                f,
                "the server that was built did not take over ({status}); the one that runs goes on"
            ),
            Told::Ended { status } => write!(
                f,
                "the server ended: {status}; the next save starts it again"
            ),
            Told::Killed { seconds } => write!(
                f,
                "the server did not stop within {seconds} s, and was killed"
            ),
        }
    }
}
