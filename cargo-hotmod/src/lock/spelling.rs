//! References to types as text, which can be read back: as Rust spells them, with two exceptions. Ids
//! that could be taken for something else are quoted. Types that hotmod cannot look into begin with
//! `?`: `?'Dice' 16 8 0123…` is 16 bytes, aligned to 8, of that identity; a second identity is that of
//! the type with its parameters.

use std::iter::Peekable;
use std::str::Chars;

use hotmod_file::describe::{Builtin, Name, Opaque, Type};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// The deepest nesting that is read, which is more than a manifest may hold.
const MAX_DEPTH: usize = 100;

/// A reference to a type, spelled in the lock file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Spelled(pub(super) Type);

impl Serialize for Spelled {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&spell(&self.0))
    }
}

impl<'de> Deserialize<'de> for Spelled {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let mut reader = Reader {
            rest: text.chars().peekable(),
        };
        let ty = reader.ty(0).and_then(|ty| match reader.rest.next() {
            None => Ok(ty),
            Some(more) => Err(format!("nothing more, not `{more}`")),
        });
        ty.map(Spelled).map_err(|expected| {
            de::Error::custom(format!("in the type `{text}`: expected {expected}"))
        })
    }
}

fn spell(ty: &Type) -> String {
    let args: Vec<String> = ty.args.iter().map(spell).collect();
    let all = args.join(", ");
    let head = match (&ty.name, args.as_slice()) {
        (Name::Array(length), _) => return format!("[{all}; {length}]"),
        (Name::Const(ty, value), _) => {
            let value = match ty {
                Builtin::U128 => value.cast_unsigned().to_string(),
                _ => value.to_string(),
            };
            return format!("{value}{}", ty.spelling());
        }
        (Name::Opaque(opaque), _) => {
            let Opaque { size, align, .. } = opaque;
            let identity = opaque.identity.unwrap_or_default();
            let whole = opaque.whole.unwrap_or(identity);
            let mut head = format!("?{} {size} {align} {identity:032x}", quoted(&opaque.text));
            if whole != identity {
                head += &format!(" {whole:032x}");
            }
            head
        }
        (Name::Builtin(Builtin::Unit), _) => return "()".to_owned(),
        (Name::Builtin(Builtin::Ref), _) => return format!("&{all}"),
        (Name::Builtin(Builtin::RefMut), _) => return format!("&mut {all}"),
        (Name::Builtin(Builtin::Slice), _) => return format!("[{all}]"),
        (Name::Builtin(Builtin::Tuple), [only]) => return format!("({only},)"),
        (Name::Builtin(Builtin::Tuple), _) => return format!("({all})"),
        (Name::Builtin(builtin), _) => builtin.spelling().to_owned(),
        (Name::Named(id), _) if is_plain(id) => id.clone(),
        (Name::Named(id), _) => quoted(id),
    };
    match args.is_empty() {
        true => head,
        false => format!("{head}<{all}>"),
    }
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// Whether an id reads as one without quotes.
fn is_plain(id: &str) -> bool {
    let starts = id.starts_with(|first: char| first.is_alphabetic() || first == '_');
    starts && id.chars().all(is_part) && builtin(id).is_none()
}

fn is_part(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_'
}

fn builtin(word: &str) -> Option<Builtin> {
    let mut all = Builtin::ALL.iter();
    all.find(|builtin| builtin.spelling() == word).copied()
}

struct Reader<'a> {
    rest: Peekable<Chars<'a>>,
}

/// An error says what was expected.
type Read<T> = Result<T, String>;

impl Reader<'_> {
    fn ty(&mut self, depth: usize) -> Read<Type> {
        if depth > MAX_DEPTH {
            return Err(format!("at most {MAX_DEPTH} levels"));
        }
        match self.rest.peek() {
            Some('&') => {
                self.rest.next();
                let rest = self.rest.clone();
                if self.word() == "mut" && self.skip(' ') {
                    return Ok(applied(Builtin::RefMut, vec![self.ty(depth + 1)?]));
                }
                self.rest = rest;
                Ok(applied(Builtin::Ref, vec![self.ty(depth + 1)?]))
            }
            Some('[') => {
                self.rest.next();
                let item = vec![self.ty(depth + 1)?];
                let ty = match self.skip(';') {
                    true => {
                        self.skip(' ');
                        Type {
                            name: Name::Array(self.number()?),
                            args: item,
                        }
                    }
                    false => applied(Builtin::Slice, item),
                };
                self.expect(']')?;
                Ok(ty)
            }
            Some('(') => {
                self.rest.next();
                let args = self.list(')', depth)?;
                let is_unit = args.is_empty();
                let builtin = if is_unit {
                    Builtin::Unit
                } else {
                    Builtin::Tuple
                };
                Ok(applied(builtin, args))
            }
            Some('-' | '0'..='9') => Ok(Type {
                name: self.constant()?,
                args: Vec::new(),
            }),
            Some('?') => {
                self.rest.next();
                Ok(Type {
                    name: Name::Opaque(self.opaque()?),
                    args: self.args(depth)?,
                })
            }
            Some('\'') => {
                let name = Name::Named(self.quoted()?);
                Ok(Type {
                    name,
                    args: self.args(depth)?,
                })
            }
            _ => {
                let word = self.path();
                if word.is_empty() {
                    return Err("a type".to_owned());
                }
                let name = match builtin(&word) {
                    Some(builtin) => Name::Builtin(builtin),
                    None => Name::Named(word),
                };
                Ok(Type {
                    name,
                    args: self.args(depth)?,
                })
            }
        }
    }

    fn args(&mut self, depth: usize) -> Read<Vec<Type>> {
        match self.skip('<') {
            true => self.list('>', depth),
            false => Ok(Vec::new()),
        }
    }

    /// Reads types up to and with the closing bracket.
    fn list(&mut self, close: char, depth: usize) -> Read<Vec<Type>> {
        let mut items = Vec::new();
        while !self.skip(close) {
            items.push(self.ty(depth + 1)?);
            if !self.skip(',') {
                self.expect(close)?;
                break;
            }
            self.skip(' ');
        }
        Ok(items)
    }

    /// A word, or several: `rc::Weak`.
    fn path(&mut self) -> String {
        let mut path = String::new();
        while let Some(letter) = self.rest.next_if(|it| is_part(*it) || *it == ':') {
            path.push(letter);
        }
        path
    }

    fn word(&mut self) -> String {
        let mut word = String::new();
        while let Some(letter) = self.rest.next_if(|it| is_part(*it)) {
            word.push(letter);
        }
        word
    }

    fn number<N: std::str::FromStr>(&mut self) -> Read<N> {
        let sign = if self.skip('-') { "-" } else { "" };
        let digits = self.word();
        let number = format!("{sign}{digits}");
        number.parse().map_err(|_| "a number".to_owned())
    }

    /// A value with its type: `3usize`.
    fn constant(&mut self) -> Read<Name> {
        let sign = if self.skip('-') { "-" } else { "" };
        let word = self.word();
        let digits = word.trim_start_matches(|letter: char| letter.is_ascii_digit());
        let (digits, suffix) = word.split_at(word.len() - digits.len());
        let number = format!("{sign}{digits}");
        let ty = builtin(suffix).ok_or("a number with its type")?;
        let value = match ty {
            Builtin::U128 => number.parse::<u128>().map(u128::cast_signed),
            _ => number.parse(),
        };
        match value {
            Ok(value) if ty.has_constant(value) => Ok(Name::Const(ty, value)),
            _ => Err(format!("a value of `{suffix}`")),
        }
    }

    fn opaque(&mut self) -> Read<Opaque> {
        let text = self.quoted()?;
        self.expect(' ')?;
        let size = self.number()?;
        self.expect(' ')?;
        let align = self.number()?;
        self.expect(' ')?;
        let identity = self.identity()?;
        let whole = match self.skip(' ') {
            true => self.identity()?,
            false => identity,
        };
        Ok(Opaque {
            text,
            size,
            align,
            identity: Some(identity),
            whole: Some(whole),
        })
    }

    fn identity(&mut self) -> Read<u128> {
        u128::from_str_radix(&self.word(), 16)
            .map_err(|_| "an identity in hexadecimal digits".to_owned())
    }

    fn quoted(&mut self) -> Read<String> {
        self.expect('\'')?;
        let mut id = String::new();
        loop {
            match self.rest.next() {
                Some('\'') if self.skip('\'') => id.push('\''),
                Some('\'') => return Ok(id),
                Some(letter) => id.push(letter),
                None => return Err("a closing quote".to_owned()),
            }
        }
    }

    /// Goes past the letter, if it is the next.
    fn skip(&mut self, letter: char) -> bool {
        self.rest.next_if_eq(&letter).is_some()
    }

    fn expect(&mut self, letter: char) -> Read<()> {
        match self.skip(letter) {
            true => Ok(()),
            false => Err(format!("`{letter}`")),
        }
    }
}

fn applied(builtin: Builtin, args: Vec<Type>) -> Type {
    Type {
        name: Name::Builtin(builtin),
        args,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(id: &str, args: Vec<Type>) -> Type {
        Type {
            name: Name::Named(id.to_owned()),
            args,
        }
    }

    fn read(text: &str) -> Result<Type, serde_json::Error> {
        serde_json::from_value::<Spelled>(text.into()).map(|spelled| spelled.0)
    }

    #[test]
    fn every_constructor_is_read_back() {
        for &builtin in Builtin::ALL {
            let one = || named("Player", Vec::new());
            let arity = builtin.arity().unwrap_or(2);
            let ty = applied(builtin, (0..arity).map(|_| one()).collect());
            assert_eq!(read(&spell(&ty)).expect("a type"), ty, "{}", spell(&ty));
        }
    }

    #[test]
    fn ids_that_are_no_plain_names_are_read_back() {
        for id in [
            "World", "_x", "été", "u32", "Vec", "_", "mut", "", "7", "-1", "a::b", "it's", "'",
            "''", "a b", "A<B>", "[u8; 4]", "&x", "()", "a,b",
        ] {
            for ty in [
                named(id, Vec::new()),
                named(id, vec![named(id, Vec::new()), named("B", Vec::new())]),
                applied(Builtin::Ref, vec![named(id, Vec::new())]),
                applied(Builtin::RefMut, vec![named(id, Vec::new())]),
                applied(Builtin::Tuple, vec![named(id, Vec::new())]),
            ] {
                assert_eq!(read(&spell(&ty)).expect("a type"), ty, "{}", spell(&ty));
            }
        }
    }

    #[test]
    fn numbers_and_arrays_are_read_back() {
        for number in [0, -1, 7, i128::MIN, i128::MAX] {
            let constant = Type {
                name: Name::Const(Builtin::I128, number),
                args: Vec::new(),
            };
            let grid = named("Grid", vec![constant]);
            assert_eq!(read(&spell(&grid)).expect("a type"), grid);
        }
        for (builtin, value, spelled) in [
            (
                Builtin::U128,
                -1,
                "340282366920938463463374607431768211455u128",
            ),
            (Builtin::I128, -1, "-1i128"),
            (Builtin::I8, -1, "-1i8"),
            (Builtin::Usize, 3, "3usize"),
            (Builtin::U8, 1, "1u8"),
            (Builtin::Bool, 1, "1bool"),
            (Builtin::Char, 97, "97char"),
        ] {
            let constant = Type {
                name: Name::Const(builtin, value),
                args: Vec::new(),
            };
            let grid = named("Grid", vec![constant]);
            assert_eq!(spell(&grid), format!("Grid<{spelled}>"));
            assert_eq!(read(&spell(&grid)).expect("a type"), grid);
        }
        let array = Type {
            name: Name::Array(u64::MAX),
            args: vec![applied(Builtin::Slice, vec![named("P", Vec::new())])],
        };
        assert_eq!(spell(&array), "[[P]; 18446744073709551615]");
        assert_eq!(read(&spell(&array)).expect("a type"), array);
    }

    #[test]
    fn opaque_types_are_read_back() {
        for text in ["", "it's", "rand::Rng<'_>"] {
            let opaque = Opaque {
                text: text.to_owned(),
                size: 24,
                align: 8,
                identity: Some(0x0123_4567_89ab_cdef),
                whole: Some(text.len() as u128),
            };
            let ty = Type {
                name: Name::Opaque(opaque),
                args: vec![named("Item", Vec::new()); text.len() % 3],
            };
            let back = read(&spell(&ty)).expect("a type");
            assert_eq!(back, ty);
            assert_eq!(back.to_string(), ty.to_string());
        }
    }

    #[test]
    fn what_is_no_type_is_refused() {
        for text in [
            "",
            " ",
            "Vec<",
            "Vec<u8",
            "Vec<u8>>",
            "[u8; x]",
            "Grid<7>",
            "Grid<7String>",
            "Grid<2bool>",
            "Grid<256u8>",
            "Grid<-1u128>",
            "[u8; -1]",
            "[u8",
            "(u8",
            "'a",
            "&",
            "<u8>",
            "12a",
            "u8 u8",
            "?'a'",
            "?'a' 1 1",
            "?'a' 1 1 xyz",
            "?a 1 1 0",
            "99999999999999999999999999999999999999999",
        ] {
            assert!(read(text).is_err(), "`{text}`");
        }
        assert!(read(&"[".repeat(100_000)).is_err());
    }
}
