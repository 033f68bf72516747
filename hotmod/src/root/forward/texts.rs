//! The texts of an event, in one place that a thread uses again.

use std::cell::Cell;
use std::fmt;

use crate::root::forward::bounded::BoundedText;

/// The texts of one event, one behind the other.
pub(crate) struct Texts(String);

/// How much room a thread keeps for the texts of its next event.
const KEPT: usize = 4096;

thread_local! {
    static SPARE: Cell<String> = const { Cell::new(String::new()) };
}

impl Default for Texts {
    fn default() -> Self {
        // A thread that ends has none any more.
        let mut spare = SPARE.try_with(Cell::take).unwrap_or_default();
        spare.clear();
        Texts(spare)
    }
}

impl Texts {
    /// Adds what is written, and returns from where to where it is.
    pub(crate) fn add(
        &mut self,
        write: impl FnOnce(&mut BoundedText<'_>) -> fmt::Result,
    ) -> (usize, usize) {
        let from = self.0.len();
        // A value that fails to be written leaves what it has written, as with other subscribers.
        let _ = write(&mut BoundedText::new(&mut self.0));
        (from, self.0.len())
    }

    pub(crate) fn text(&self, from: usize, to: usize) -> &str {
        &self.0[from..to]
    }
}

impl Drop for Texts {
    fn drop(&mut self) {
        if self.0.capacity() <= KEPT {
            let _ = SPARE.try_with(|spare| spare.set(std::mem::take(&mut self.0)));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write;

    use super::*;
    use crate::root::forward::bounded::CUT;
    use crate::root::forward::wire::LONGEST_TEXT;

    #[test]
    fn a_text_that_is_too_long_is_cut_between_characters() {
        let long = "ü".repeat(LONGEST_TEXT);
        let mut texts = Texts::default();
        let short = texts.add(|text| write!(text, "short"));
        let (from, to) = texts.add(|text| write!(text, "x{long}{long}"));
        let after = texts.add(|text| write!(text, "after"));
        assert_eq!(texts.text(short.0, short.1), "short");
        assert_eq!(texts.text(after.0, after.1), "after");
        let text = texts.text(from, to);
        assert!(text.ends_with(CUT) && text.len() <= LONGEST_TEXT + CUT.len());
    }
}
