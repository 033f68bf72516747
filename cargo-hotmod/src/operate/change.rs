//! `cargo hotmod update`, `rehearse`, `canary`, `promote`, `abort` and `rollback`: each shows its plan, and is made once
//! that is agreed to.

use std::fmt;
use std::io::{self, IsTerminal, Write};
use std::path::Path;

use clap::Args;
use hyper::StatusCode;
use serde::Serialize;
use serde_json::{Value, json};

use super::Server;
use crate::json::with_examples;
use crate::output::{Exit, Failure, Output};
use crate::project::OfSocket;

const OF_UPDATE: &str = "\
Examples:
  cargo hotmod update
  cargo hotmod update libgame.so --rehearse --yes --reason 'the fix of 12'";

const OF_REHEARSE: &str = "\
Examples:
  cargo hotmod rehearse libgame.so --yes";

/// Of the three that belong together.
pub(crate) const OF_CANARY: &str = "\
Examples:
  cargo hotmod canary libgame.so --pool rooms --percent 5
  cargo hotmod promote
  cargo hotmod abort";

pub(crate) const OF_ROLLBACK: &str = "\
Examples:
  cargo hotmod rollback
  cargo hotmod rollback --module game --yes --reason 'more errors since 12:00'";

/// What each change prints for programs.
pub(crate) const JSON: &str = "\
With --format json, an object:
  plan                   what would become of state and calls, as the server's admin answers at
                         /v1/modules/{module}/{action}:plan; verdict, differences and conditions are as in
                         `diff`, text is for people, and tag is of the version that it is held against
  result                 what came of it, as the admin answers; null if it was not made";

/// What all changes are told.
#[derive(Args)]
struct Asked {
    /// The module; without, the only one that the server runs
    #[arg(short, long, value_name = "NAME")]
    module: Option<String>,

    /// Why, which the server keeps
    #[arg(long, default_value = "by `cargo hotmod`")]
    reason: String,

    /// Do it, and do not ask
    #[arg(short, long)]
    yes: bool,

    #[command(flatten)]
    socket: OfSocket,

    #[command(flatten)]
    output: Output,
}

/// Replaces the version that runs by that of a file in the server's module directory
///
/// Shows first what would become of its state and calls. Exit status 3 says that it is refused.
#[derive(Args)]
#[command(after_help = OF_UPDATE, after_long_help = with_examples(OF_UPDATE, JSON))]
pub(crate) struct Update {
    /// The file's name there; without, that of the version that runs
    file: Option<String>,

    /// Rehearse it first, in a copy of the process
    #[arg(long)]
    rehearse: bool,

    #[command(flatten)]
    asked: Asked,
}

/// Tries an update out in a copy of the server's process
#[derive(Args)]
#[command(after_help = OF_REHEARSE, after_long_help = with_examples(OF_REHEARSE, JSON))]
pub(crate) struct Rehearse {
    /// The file's name in the module directory; without, that of the version that runs
    file: Option<String>,

    #[command(flatten)]
    asked: Asked,
}

/// Has a share of a pool's instances follow the version in a file
#[derive(Args)]
#[command(after_help = OF_CANARY, after_long_help = with_examples(OF_CANARY, JSON))]
pub(crate) struct Canary {
    /// The file's name in the module directory; without, that of the version that runs
    file: Option<String>,

    /// The pool
    #[arg(long)]
    pool: String,

    /// How many of a hundred instances
    #[arg(long, value_parser = percent, allow_negative_numbers = true)]
    percent: f64,

    /// The greatest share of calls that may panic, from 0 to 1, before the trial is given up
    #[arg(long, value_parser = share, allow_negative_numbers = true)]
    max_panics: Option<f64>,

    /// The greatest share of calls that may fail or panic
    #[arg(long, value_parser = share, allow_negative_numbers = true)]
    max_errors: Option<f64>,

    #[command(flatten)]
    asked: Asked,
}

fn percent(text: &str) -> Result<f64, String> {
    number(text, 100.0).ok_or_else(|| "a number from 0 to 100, as `5`".to_owned())
}

fn share(text: &str) -> Result<f64, String> {
    number(text, 1.0).ok_or_else(|| "a share of the calls from 0 to 1, as `0.01`".to_owned())
}

/// A number up to this one. JSON has no others, such as `NaN`: left out, it would be no limit, without a word.
fn number(text: &str, most: f64) -> Option<f64> {
    let number: f64 = text.parse().ok()?;
    (0.0..=most).contains(&number).then_some(number)
}

/// A change that is told nothing more.
#[derive(Args)]
pub(crate) struct Plain {
    #[command(flatten)]
    asked: Asked,
}

impl Update {
    pub(crate) fn run(self) -> Result<Exit, Failure> {
        let body = json!({ "rehearse": self.rehearse });
        self.asked.run("update", Some(self.file), body)
    }
}

impl Rehearse {
    pub(crate) fn run(self) -> Result<Exit, Failure> {
        self.asked.run("rehearse", Some(self.file), json!({}))
    }
}

impl Canary {
    pub(crate) fn run(self) -> Result<Exit, Failure> {
        let body = json!({
            "pool": self.pool,
            "percent": self.percent,
            "max_panics": self.max_panics,
            "max_errors": self.max_errors,
        });
        self.asked.run("canary", Some(self.file), body)
    }
}

impl Plain {
    pub(crate) fn run(self, action: &str) -> Result<Exit, Failure> {
        self.asked.run(action, None, json!({}))
    }
}

/// What a change would do, or did.
#[derive(Serialize)]
struct Shown<'a> {
    plan: &'a Value,
    /// `None` as long as it was not made.
    result: Option<&'a Value>,
}

impl Asked {
    /// Shows the plan of a change, and makes it once that is agreed to. `file` is given where it needs one.
    fn run(self, action: &str, file: Option<Option<String>>, body: Value) -> Result<Exit, Failure> {
        let server = Server::of(&self.socket)?;
        let module = self.module(&server)?;
        let Value::Object(mut body) = body else {
            return Err(Failure::undone(
                "a change has no body",
                "this is a bug of hotmod: report it",
            ));
        };
        if let Some(file) = file {
            let file = match file {
                Some(file) => file,
                None => of_current(&server, &module)?,
            };
            body.insert("file".to_owned(), json!(file));
        }
        body.insert("reason".to_owned(), json!(self.reason));
        let asked = Value::Object(body);
        let mut plan = server.plan(&module, action, &asked)?;
        let is_refused = plan["verdict"] == "refuse";
        let shown = Shown {
            plan: &plan,
            result: None,
        };
        if !self.output.is_json() {
            self.output.print(&shown)?;
        }
        if is_refused || !self.is_agreed()? {
            if self.output.is_json() {
                self.output.print(&shown)?;
            } else if !is_refused {
                println!("nothing was changed; `--yes` does it");
            }
            return Ok(if is_refused { Exit::Refused } else { Exit::Yes });
        }
        let mut answer = server.change(&module, action, &asked, &plan)?;
        if answer.status == StatusCode::CONFLICT && action == "update" {
            // The server's watch takes files up, too: what came before this may be what is asked for.
            let now = server.plan(&module, action, &asked)?;
            if now["unchanged"] == true {
                answer = server.change(&module, action, &asked, &now)?;
                plan = now;
            }
        }
        let exit = match answer.status {
            StatusCode::UNPROCESSABLE_ENTITY => Exit::Refused,
            status if status.is_success() => Exit::Yes,
            _ => return Err(server.denied(&answer)),
        };
        let result = Some(&answer.body);
        self.output.print(&Shown {
            plan: &plan,
            result,
        })?;
        Ok(exit)
    }

    fn module(&self, server: &Server) -> Result<String, Failure> {
        if let Some(module) = &self.module {
            return Ok(module.clone());
        }
        let modules = server.get("/v1/modules")?;
        let modules = modules["modules"].as_array().into_iter().flatten();
        let names: Vec<&str> = modules.filter_map(|it| it["name"].as_str()).collect();
        match names.as_slice() {
            [name] => Ok((*name).to_owned()),
            [] => Err(Failure::undone(
                "the server runs no module",
                "it loads one by itself, or by its watch",
            )),
            _ => Err(Failure::undone(
                format!("the server runs {} modules", names.len()),
                format!("name one by `--module`: {}", names.join(", ")),
            )),
        }
    }

    fn is_agreed(&self) -> Result<bool, Failure> {
        if self.yes || self.output.is_json() || !io::stdin().is_terminal() {
            return Ok(self.yes);
        }
        print!("go on? [y/N] ");
        io::stdout().flush()?;
        let mut answer = String::new();
        io::stdin().read_line(&mut answer)?;
        Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
    }
}

/// The name of the file of the version that runs.
fn of_current(server: &Server, module: &str) -> Result<String, Failure> {
    let answer = server.get(&format!("/v1/modules/{}", crate::admin::encoded(module)))?;
    let versions = answer["versions"].as_array().into_iter().flatten();
    let mut current = versions.filter(|it| it["current"] == true);
    let file = current.find_map(|it| {
        Some(
            Path::new(it["file"].as_str()?)
                .file_name()?
                .to_str()?
                .to_owned(),
        )
    });
    file.ok_or_else(|| {
        Failure::undone(
            format!("the server does not say which file module `{module}` is of"),
            "name the file",
        )
    })
}

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = |of: &Value| {
            let text = of["text"].as_str().or(of["message"].as_str());
            text.unwrap_or_default().to_owned()
        };
        // The plan was shown before, and what came of a rollback is told as its plan is.
        if self.result.is_some_and(|it| text(it) == text(self.plan)) {
            return f.write_str("done");
        }
        let answer = self.result.unwrap_or(self.plan);
        f.write_str(&text(answer))?;
        if self.result.is_some() || answer["verdict"] != "migrate" {
            return Ok(());
        }
        // The text of a rollback's plan is a report, which has them.
        if answer["action"] != "rollback" {
            differences(answer, f)?;
        }
        conditions(answer, f)
    }
}

/// What differs, where a text does not say it.
fn differences(answer: &Value, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    for it in answer["differences"].as_array().into_iter().flatten() {
        let part = |name: &str| it[name].as_str().unwrap_or_default();
        write!(f, "\n  {}: {}", part("path"), part("rule"))?;
        if !part("was").is_empty() && !part("now").is_empty() {
            write!(f, ", was {}, now {}", part("was"), part("now"))?;
        }
        // A server of an older release tells no codes.
        if !part("code").is_empty() {
            write!(f, " [{}]", part("code"))?;
        }
    }
    Ok(())
}

/// What values have to be.
fn conditions(answer: &Value, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let conditions = answer["conditions"].as_array().into_iter().flatten();
    for (place, it) in conditions.enumerate() {
        if place == 0 {
            f.write_str(
                "\nsurvives if values allow; where one does not, its state stays as it is:",
            )?;
        }
        let part = |name: &str| it[name].as_str().unwrap_or_default();
        write!(f, "\n  {}: {}", part("path"), part("must"))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Command {
        #[command(flatten)]
        canary: Canary,
    }

    fn parsed(percent: &str, panics: &str) -> Result<Canary, clap::Error> {
        let args = ["canary", "--pool", "rooms", "--percent", percent];
        let command = Command::try_parse_from(args.into_iter().chain(["--max-panics", panics]));
        command.map(|it| it.canary)
    }

    #[test]
    fn a_plan_tells_each_difference_once() {
        let told = |action: &str, text: &str| {
            let lost = json!({ "path": "Hall.guests", "rule": "lost", "code": "HM-0304" });
            let plan = json!({ "action": action, "verdict": "migrate", "text": text, "differences": [lost] });
            let (plan, result) = (&plan, None);
            Shown { plan, result }.to_string()
        };
        for told in [
            told("rollback", "1.1.0 → 1.0.0\n  Hall.guests: lost [HM-0304]"),
            told("update", "1.0.0 → 1.1.0 would be published"),
        ] {
            assert_eq!(told.matches("Hall.guests").count(), 1, "{told}");
        }
    }

    #[test]
    fn what_was_shown_as_the_plan_is_not_told_once_more() {
        let plan = json!({ "action": "rollback", "verdict": "migrate", "text": "1.1.0 → 1.0.0" });
        let told = |text: &str| {
            let result = json!({ "text": text });
            let (plan, result) = (&plan, Some(&result));
            Shown { plan, result }.to_string()
        };
        assert_eq!(told("1.1.0 → 1.0.0"), "done");
        assert_eq!(told("1.1.0 → 1.0.0, 1 stays"), "1.1.0 → 1.0.0, 1 stays");
    }

    #[test]
    fn a_share_that_is_none_is_told_and_is_no_missing_limit() {
        let canary = parsed("100", "0").expect("both are fine");
        assert_eq!((canary.percent, canary.max_panics), (100.0, Some(0.0)));
        for unfit in ["-1", "NaN", "inf", "1e400", "100.1", "5%", ""] {
            for (error, cure) in [
                (parsed(unfit, "0"), "from 0 to 100"),
                (parsed("5", unfit), "from 0 to 1"),
            ] {
                let error = error.map(|it| it.percent).expect_err(unfit).to_string();
                assert!(error.contains(cure), "{unfit}: {error}");
            }
        }
    }
}
