//! The rooms.

/// What was said.
#[derive(Clone)]
pub(crate) struct Message {
    /// Who said it.
    pub(crate) from: String,
    /// The words.
    pub(crate) text: String,
}

/// What is said in a room.
#[derive(Default)]
pub(crate) struct Talk {
    said: Vec<Message>,
}

/// What the server knows of one connected person.
#[derive(Default)]
pub(crate) struct Visit {
    /// The lines of what was begun.
    begun: Option<Vec<String>>,
}

impl Talk {
    pub(crate) fn say(&mut self, from: &str, text: &str) -> Message {
        let message = Message {
            from: from.to_owned(),
            text: text.to_owned(),
        };
        self.said.push(message.clone());
        message
    }

    pub(crate) fn history(&self) -> Vec<Message> {
        self.said.clone()
    }
}

impl Visit {
    pub(crate) fn line(&mut self, line: &str) -> Vec<String> {
        match (line, &mut self.begun) {
            ("/begin", begun) => {
                begun.get_or_insert_default();
                Vec::new()
            }
            ("/commit", begun) => begun.take().unwrap_or_default(),
            ("/abort", begun) => {
                *begun = None;
                Vec::new()
            }
            (line, Some(begun)) => {
                begun.push(line.to_owned());
                Vec::new()
            }
            (line, None) => vec![line.to_owned()],
        }
    }
}
