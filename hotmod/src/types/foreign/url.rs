//! `url`: by its text, where that parses to the same parts.

use url::Url;

use super::{Carried, Moved};

impl Carried for Url {
    const NAME: &'static str = "url::Url";
    type Parameters = ();
    type Form = String;
    // SAFETY: it is numbers and a text of the heap.
    const MOVED: Moved = unsafe { Moved::where_unchanged::<Url>() };

    fn to_form(&self) -> Result<String, String> {
        let text = self.as_str();
        // One that was put together part by part may be written as another one is.
        match text.parse::<Url>() {
            Ok(read) if read == *self => Ok(text.to_owned()),
            _ => Err(format!("{text:?} would be read as another address")),
        }
    }

    fn from_form(text: String) -> Result<Self, String> {
        text.parse()
            .map_err(|error| format!("{text:?} is none: {error}"))
    }
}

carried! { [] Url; }

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_that_would_become_another_is_told() {
        let mut address: Url = "a:/.//x".parse().expect("an address");
        address.set_host(Some("h")).expect("a host");
        let read: Url = address.as_str().parse().expect("an address");
        assert_eq!(address.to_form().is_ok(), read == address);
        let plain: Url = "https://ada@example.org/a%20b?q#f".parse().expect("one");
        assert_eq!(plain.to_form().as_deref(), Ok(plain.as_str()));
    }
}
