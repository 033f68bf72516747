//! What is asked of a document in Markdown.

use std::fs;
use std::path::Path;

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

#[derive(Default)]
pub(crate) struct Document {
    pub(crate) headings: Vec<String>,
    pub(crate) links: Vec<Link>,
    /// What is printed bold.
    pub(crate) strong: Vec<String>,
    /// The cells of each row of each table, the heading first.
    pub(crate) tables: Vec<Vec<Vec<String>>>,
    /// All that is no code, with a space where code stands.
    pub(crate) prose: String,
}

pub(crate) struct Link {
    pub(crate) text: String,
    pub(crate) target: String,
}

impl Document {
    pub(crate) fn read(path: &Path) -> Self {
        let text =
            fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let mut document = Document::default();
        // The text of what is open, the innermost last.
        let mut open: Vec<String> = Vec::new();
        let mut targets: Vec<String> = Vec::new();
        let mut is_code = false;
        for event in Parser::new_ext(&text, Options::ENABLE_TABLES) {
            match &event {
                Event::Start(Tag::CodeBlock(_)) => is_code = true,
                Event::End(TagEnd::CodeBlock) => is_code = false,
                Event::Text(text) if !is_code => document.prose.push_str(text),
                Event::Code(_) => document.prose.push_str(" ` "),
                _ => document.prose.push(' '),
            }
            match event {
                Event::Start(Tag::Heading { .. } | Tag::Strong | Tag::TableCell) => {
                    open.push(String::new())
                }
                Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                    open.push(String::new());
                    targets.push(dest_url.into_string());
                }
                Event::Text(text) | Event::Code(text) => {
                    open.iter_mut().for_each(|it| it.push_str(&text))
                }
                Event::End(TagEnd::Heading(_)) => document.headings.extend(open.pop()),
                Event::Start(Tag::Table(_)) => document.tables.push(Vec::new()),
                Event::Start(Tag::TableHead | Tag::TableRow) => {
                    document
                        .tables
                        .last_mut()
                        .expect("a table")
                        .push(Vec::new());
                }
                Event::End(TagEnd::TableCell) => {
                    let row = document.tables.last_mut().and_then(|it| it.last_mut());
                    row.expect("a row").extend(open.pop());
                }
                Event::End(TagEnd::Strong) => document.strong.extend(open.pop()),
                Event::End(TagEnd::Link | TagEnd::Image) => document.links.push(Link {
                    text: open.pop().expect("it was opened"),
                    target: targets.pop().expect("it was opened"),
                }),
                _ => {}
            }
        }
        document
    }
}

/// What the anchor of a heading is called.
pub(crate) fn anchor(heading: &str) -> String {
    let kept = heading
        .chars()
        .filter(|it| it.is_alphanumeric() || matches!(it, ' ' | '-' | '_'));
    kept.flat_map(char::to_lowercase)
        .map(|it| if it == ' ' { '-' } else { it })
        .collect()
}
