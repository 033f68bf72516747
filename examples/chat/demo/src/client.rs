//! One connection, which lasts from the first version to the last.

use std::net::TcpStream;
use std::time::Duration;

use tungstenite::{Error, Message, WebSocket};

use crate::{Failure, expect};

/// So long that what has not come by then never will.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// A person who chats, over a WebSocket of their own.
pub(crate) struct Client {
    name: String,
    socket: WebSocket<TcpStream>,
    /// Whether what is heard is printed.
    is_told: bool,
}

impl Client {
    pub(crate) fn enter(address: &str, name: &str) -> Result<Self, Failure> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        let url = format!("ws://{address}/chat?name={name}");
        let (socket, _) = tungstenite::client(url, stream).map_err(|error| error.to_string())?;
        let mut client = Client {
            name: name.to_owned(),
            socket,
            is_told: false,
        };
        client.hears(&["* you are in lobby"])?;
        Ok(client)
    }

    /// The same, whose lines are printed.
    pub(crate) fn told(mut self) -> Self {
        self.is_told = true;
        self
    }

    pub(crate) fn says(&mut self, line: &str) -> Result<(), Failure> {
        Ok(self.socket.send(Message::text(line))?)
    }

    /// Whether the server takes no line of so many bytes, and ends the connection.
    pub(crate) fn hears_no_more_after(mut self, bytes: usize) -> bool {
        // The server may end it before all has been sent.
        let _ = self.says(&"x".repeat(bytes));
        self.heard().is_err()
    }

    /// Ends the connection, and waits until the server has agreed to that: a browser would tell it from one that broke.
    pub(crate) fn leaves(mut self) -> Result<(), Failure> {
        self.socket.close(None)?;
        loop {
            match self.socket.read() {
                Ok(_) => {}
                Err(Error::ConnectionClosed) => return Ok(()),
                Err(error) => return Err(format!("{} is cut off: {error}", self.name).into()),
            }
        }
    }

    /// The next that comes.
    pub(crate) fn heard(&mut self) -> Result<String, Failure> {
        loop {
            let heard = self.socket.read();
            let heard = heard.map_err(|error| format!("{} hears nothing: {error}", self.name))?;
            match heard {
                Message::Text(line) => return Ok(line.to_string()),
                Message::Close(_) => {
                    return Err(format!("{} is disconnected", self.name).into());
                }
                _ => {}
            }
        }
    }

    pub(crate) fn hears(&mut self, lines: &[&str]) -> Result<(), Failure> {
        for expected in lines {
            let line = self.heard()?;
            self.tell(&line);
            let what = format!("{} hears `{expected}`, and not `{line}`", self.name);
            expect(line == *expected, &what)?;
        }
        Ok(())
    }

    /// Hears something of which these are parts.
    pub(crate) fn hears_of(&mut self, expected: &[&str]) -> Result<(), Failure> {
        let heard = self.heard()?;
        self.tell(&heard);
        for part in expected {
            let what = format!("{} hears of `{part}`: {heard}", self.name);
            expect(heard.contains(part), &what)?;
        }
        Ok(())
    }

    fn tell(&self, lines: &str) {
        if self.is_told {
            let name = &self.name;
            lines
                .lines()
                .for_each(|line| println!("   {name} │ {line}"));
        }
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        // The server may be gone.
        let _ = self.socket.close(None);
    }
}
