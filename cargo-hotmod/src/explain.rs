//! `cargo hotmod explain`: what a code means, an example, and the cure.

use std::fmt;

use clap::Args;
use hotmod::codes::{self, Code};
use hotmod_file::Page;
use serde::Serialize;

use crate::output::{Exit, Failure, Output};

/// How many codes are proposed in place of one that there is not.
const MOST: usize = 3;

/// Says what a code such as HM-0201 means, with an example and the cure
///
/// Every refusal, warning and note of hotmod ends with its code: those of this command, of hosts, of their admin and of
/// the compiler. Without a code, lists all of them.
#[derive(Args)]
#[command(
    after_help = "Examples:\n  cargo hotmod explain HM-0201\n  cargo hotmod explain field-added\n  cargo hotmod explain",
    after_long_help = "Examples:\n  cargo hotmod explain HM-0201\n  cargo hotmod explain field-added\n  cargo hotmod explain\n\n\
        With --format json, an object { code, name, title, page }, or without a code a list of such: a code is like HM-0201, \
        its name like field-added; page is Markdown."
)]
pub(crate) struct Explain {
    /// The code, as HM-0201 or 201, or its name, as field-added
    code: Option<String>,

    #[command(flatten)]
    output: Output,
}

/// One page.
#[derive(Serialize)]
struct JsonPage {
    code: String,
    name: &'static str,
    title: &'static str,
    page: &'static str,
}

/// All of them.
#[derive(Serialize)]
#[serde(transparent)]
struct JsonPages(Vec<JsonPage>);

impl JsonPage {
    fn of(page: Page) -> Self {
        JsonPage {
            code: page.code().to_string(),
            name: page.code().name(),
            title: page.title(),
            page: page.text(),
        }
    }
}

impl fmt::Display for JsonPage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.page)
    }
}

impl fmt::Display for JsonPages {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for JsonPage {
            code, name, title, ..
        } in &self.0
        {
            writeln!(f, "{code}  {name:<24}  {title}")?;
        }
        f.write_str("`cargo hotmod explain CODE` says more of one")
    }
}

impl Explain {
    pub(crate) fn run(self) -> Result<Exit, Failure> {
        let Some(asked) = &self.code else {
            let pages = JsonPages(Page::all().map(JsonPage::of).collect());
            self.output.print(&pages)?;
            return Ok(Exit::Yes);
        };
        let code = Code::find(asked).ok_or_else(|| Failure::NoCode {
            asked: asked.clone(),
            near: near(asked),
        })?;
        self.output.print(&JsonPage::of(Page::of(code)))?;
        Ok(Exit::Yes)
    }
}

/// The codes whose numbers or names are nearly this text, the nearest first.
fn near(asked: &str) -> Vec<Code> {
    let asked = asked.to_lowercase();
    let distance = |code: &Code| {
        let (number, name) = (code.to_string().to_lowercase(), code.name());
        match name.contains(asked.as_str()) && asked.len() > 3 {
            true => 0,
            false => strsim::osa_distance(&asked, name).min(strsim::osa_distance(&asked, &number)),
        }
    };
    // Of a text that is nearly nothing, everything is near.
    let nearly = asked.len() / 3;
    let mut found: Vec<(usize, Code)> = codes::ALL
        .iter()
        .map(|code| (distance(code), *code))
        .filter(|(distance, _)| *distance <= nearly)
        .collect();
    found.sort_by_key(|(distance, code)| (*distance, code.number()));
    found.into_iter().take(MOST).map(|(_, code)| code).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_nearly_a_code_is_proposed() {
        let proposed =
            |asked: &str| -> Vec<&str> { near(asked).iter().map(|it| it.name()).collect() };
        assert_eq!(proposed("field-aded")[0], "field-added");
        assert_eq!(proposed("feild-removed")[0], "field-removed");
        assert_eq!(proposed("narrow"), ["narrowed"]);
        assert_eq!(proposed("HM-0299")[0], "variant-removed");
        assert_eq!(proposed("HM-0299").len(), MOST);
        assert_eq!(proposed("what is this?"), [""; 0]);
        assert_eq!(proposed(""), [""; 0]);
    }
}
