//! What would be written, as a diff.

use std::fmt;
use std::path::Path;

use hotmod::printed::Line;

/// How many lines are shown before and after each that changes.
const AROUND: usize = 2;

/// The difference that attributes make to a text: lines are only added, or have more in them.
pub(super) struct SourceDiff<'a> {
    pub(super) path: &'a Path,
    pub(super) was: &'a str,
    pub(super) now: &'a str,
}

enum LineIs<'a> {
    Kept(&'a str),
    Gone(&'a str),
    New(&'a str),
}

impl<'a> SourceDiff<'a> {
    fn lines(&self) -> Vec<LineIs<'a>> {
        let mut lines = Vec::new();
        let mut now = self.now.lines().peekable();
        for was in self.was.lines() {
            // Attributes on lines of their own stand before the line that they are on.
            while let Some(line) = now.next_if(|it| *it != was && is_attribute(it)) {
                lines.push(LineIs::New(line));
            }
            match now.next() {
                Some(line) if line == was => lines.push(LineIs::Kept(line)),
                Some(line) => lines.extend([LineIs::Gone(was), LineIs::New(line)]),
                None => lines.push(LineIs::Gone(was)),
            }
        }
        lines.extend(now.map(LineIs::New));
        lines
    }
}

/// Whether a line has nothing but an attribute, as it is written.
fn is_attribute(line: &str) -> bool {
    let line = line.trim();
    line.starts_with("#[state(") && line.ends_with(")]")
}

impl fmt::Display for SourceDiff<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines = self.lines();
        let changes = |place: usize| !matches!(lines[place], LineIs::Kept(_));
        let is_near = |place: usize| {
            let from = place.saturating_sub(AROUND);
            (from..lines.len().min(place + AROUND + 1)).any(changes)
        };
        let mut number = 0;
        let mut is_open = false;
        for (place, line) in lines.iter().enumerate() {
            if !matches!(line, LineIs::New(_)) {
                number += 1;
            }
            if !is_near(place) {
                is_open = false;
                continue;
            }
            if !is_open {
                let number = number.max(1);
                write!(f, "\n{}:{number}", Line(self.path.display()))?;
                is_open = true;
            }
            match line {
                LineIs::Kept(line) => write!(f, "\n  {line}")?,
                LineIs::Gone(line) => write!(f, "\n- {line}")?,
                LineIs::New(line) => write!(f, "\n+ {line}")?,
            }
        }
        Ok(())
    }
}
