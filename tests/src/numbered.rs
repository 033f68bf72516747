//! Many versions of one module, made of one file: whole modules, each with other bytes.

use std::fs;
use std::path::{Path, PathBuf};

use crate::fixture::{Edit, Family};
use crate::manifest;

/// What its code answers, long enough to be a constant and no instructions.
const CODE: &str = "this is the answer of the version whose number is ten thousand, or so: 10000";
const VERSION: &str = "1.10000.0";
const EDITS: [Edit; 2] = [
    ("version: \"1.0.0\"", "version: \"1.10000.0\""),
    (
        "\"first\"",
        "\"this is the answer of the version whose number is ten thousand, or so: 10000\"",
    ),
];

/// The counter with a number in its version and in what its code answers.
#[derive(Debug)]
pub struct Numbered {
    module: Vec<u8>,
    version: usize,
    codes: Vec<usize>,
}

impl Numbered {
    /// Builds the module that all are made of; as a user deploys it if `release`.
    ///
    /// # Panics
    ///
    /// If it does not compile, or does not hold its version and its answer.
    #[must_use]
    pub fn build(release: bool) -> Self {
        let family = Family::new("counter").variant("numbered", &EDITS);
        let family = if release { family.release() } else { family };
        let module = fs::read(family.build().file("numbered")).expect("the module");
        let codes: Vec<usize> = module
            .windows(CODE.len())
            .enumerate()
            .filter(|(_, bytes)| *bytes == CODE.as_bytes())
            .map(|(place, _)| place)
            .collect();
        assert!(!codes.is_empty(), "`{CODE}` in the module");
        let version = manifest::text(&module, VERSION);
        Numbered {
            module,
            version,
            codes,
        }
    }

    /// The version of this number, above those of smaller ones.
    #[must_use]
    pub fn version(number: usize) -> String {
        format!("1.{}.0", 10_000 + number)
    }

    /// What the code of this number answers.
    #[must_use]
    pub fn code(number: usize) -> String {
        CODE.replace("10000", &(10_000 + number).to_string())
    }

    /// Writes the module of this number into a directory.
    ///
    /// # Panics
    ///
    /// If it cannot be written.
    pub fn write(&self, directory: &Path, number: usize) -> PathBuf {
        let mut module = self.module.clone();
        let version = Numbered::version(number);
        module[self.version..self.version + VERSION.len()].copy_from_slice(version.as_bytes());
        let code = Numbered::code(number);
        for place in &self.codes {
            module[*place..place + CODE.len()].copy_from_slice(code.as_bytes());
        }
        let file = directory.join(format!("counter-{number}.so"));
        fs::write(&file, module).expect("a module");
        file
    }
}
