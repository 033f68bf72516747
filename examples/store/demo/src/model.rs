//! A client that knows what each reply has to be.

use std::collections::BTreeMap;

use crate::clients::RedisCli;
use crate::{Failure, expect};

/// How many keys a client has.
const KEYS: u64 = 200;

/// A `redis-cli`, and what it has set.
pub(crate) struct Modelled {
    cli: RedisCli,
    name: &'static str,
    values: BTreeMap<String, String>,
    random: u64,
}

impl Modelled {
    pub(crate) fn start(port: &str, name: &'static str) -> Result<Self, Failure> {
        Ok(Modelled {
            cli: RedisCli::start(port)?,
            name,
            values: BTreeMap::new(),
            random: name.bytes().map(u64::from).sum(),
        })
    }

    /// How many keys it has set.
    pub(crate) fn len(&self) -> usize {
        self.values.len()
    }

    /// Gives some command, and compares the reply.
    pub(crate) fn go_on(&mut self) -> Result<(), Failure> {
        let (key, other) = (self.key(), self.key());
        match self.below(8) {
            0 | 1 => {
                let value = self.value();
                self.says(&format!("SET {key} {value}"), "OK")?;
                self.values.insert(key, value);
            }
            2 => {
                let (first, second) = (self.value(), self.value());
                self.says(&format!("MSET {key} {first} {other} {second}"), "OK")?;
                self.values.insert(key, first);
                self.values.insert(other, second);
            }
            3 => {
                let command = format!("MGET {key} {other}");
                let found = self.cli.ask_lines(&command, 2)?;
                for (key, found) in [key, other].iter().zip(&found) {
                    self.agrees(&command, found, self.found(key))?;
                }
            }
            4 => {
                let expected = usize::from(self.values.contains_key(&key));
                self.says(&format!("DEL {key}"), &expected.to_string())?;
                self.values.remove(&key);
            }
            5 | 6 => {
                let old = self
                    .values
                    .get(&key)
                    .map_or(Ok(0), |value| value.parse::<i64>());
                let command = format!("INCR {key}");
                match old {
                    Ok(old) => {
                        let new = (old + 1).to_string();
                        self.says(&command, &new)?;
                        self.values.insert(key, new);
                    }
                    Err(_) => {
                        let error = self.cli.refused(&command)?;
                        let expected = "ERR value is not an integer or out of range";
                        self.agrees(&command, &error, expected)?;
                    }
                }
            }
            _ => self.gets(&key)?,
        }
        Ok(())
    }

    /// Compares all that there should be, and what should not be there.
    pub(crate) fn compare(&mut self) -> Result<(), Failure> {
        for number in 0..KEYS {
            self.gets(&format!("{}:{number}", self.name))?;
        }
        let what = format!("{} kept its connection", self.name);
        expect(self.cli.is_still_connected()?, &what)
    }

    fn gets(&mut self, key: &str) -> Result<(), Failure> {
        let expected = self.found(key).to_owned();
        self.says(&format!("GET {key}"), &expected)
    }

    /// What `redis-cli` shows of a key's value: of none it shows an empty line.
    fn found(&self, key: &str) -> &str {
        self.values.get(key).map_or("", String::as_str)
    }

    fn says(&mut self, command: &str, expected: &str) -> Result<(), Failure> {
        let reply = self.cli.ask(command)?;
        self.agrees(command, &reply, expected)
    }

    fn agrees(&self, command: &str, reply: &str, expected: &str) -> Result<(), Failure> {
        let name = self.name;
        expect(
            reply == expected,
            &format!("{name} gets `{expected}` for `{command}`, and not `{reply}`"),
        )
    }

    fn key(&mut self) -> String {
        let number = self.below(KEYS);
        format!("{}:{number}", self.name)
    }

    /// A number or a text, and some that look like numbers.
    fn value(&mut self) -> String {
        let number = self.below(1_000_000);
        match self.below(4) {
            0 => format!("text{number}"),
            1 => format!("-{number}x"),
            2 => format!("{}", number + 1),
            _ => format!("-{}", number + 1),
        }
    }

    fn below(&mut self, bound: u64) -> u64 {
        // xorshift64
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        self.random % bound
    }
}
