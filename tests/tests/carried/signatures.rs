//! Signatures that name a type with a field that is carried over by a form of its own: each is refused,
//! wherever the type stands, and the state that holds it goes on.

use super::*;

use hotmod_host::Untyped;

const SOURCE: &str = r#"//! A state with fields that are carried over, which nothing passes.

use std::collections::HashMap;

use hotmod::StableState;

hotmod::module! { name: "postal", version: "1.0.0" }

#[derive(serde::Serialize, serde::Deserialize)]
pub struct Dice {
    seed: u64,
}

pub struct Token(u64, u64);

#[derive(StableState)]
pub struct Stamp {
    #[state(serde)]
    dice: Dice,
    value: u32,
}

#[derive(StableState)]
pub struct Seal {
    name: String,
    #[state(as = (u64, u64), into = parts, from = token)]
    token: Token,
}

#[derive(StableState)]
pub struct Letter {
    text: String,
    stamp: Stamp,
}

#[derive(StableState)]
pub enum Mail {
    None,
    Sealed(Seal),
}

#[derive(StableState)]
pub struct Bag<T> {
    held: Vec<T>,
}

#[derive(StableState)]
pub struct Office {
    letters: Vec<Letter>,
    mail: Mail,
    bag: Bag<Seal>,
}

fn token((high, low): (u64, u64)) -> Token {
    Token(high, low)
}

fn parts(token: &Token) -> (u64, u64) {
    (token.0, token.1)
}

#[hotmod::init]
fn office() -> Office {
    let stamp = Stamp { dice: Dice { seed: 3 }, value: 1 };
    Office {
        letters: vec![Letter { text: "a letter".to_owned(), stamp }],
        mail: Mail::Sealed(Seal { name: "a seal".to_owned(), token: Token(1, 2) }),
        bag: Bag { held: Vec::new() },
    }
}

// exports
"#;

const EXPORTS: &str = "
#[hotmod::export]
pub fn by_value(stamp: Stamp) -> u32 { stamp.value }
#[hotmod::export]
pub fn sealed(seal: Seal) -> String { seal.name }
#[hotmod::export]
pub fn lent(stamp: &Stamp) -> u32 { stamp.value }
#[hotmod::export]
pub fn changed(seal: &mut Seal) { seal.name.clear() }
#[hotmod::export]
pub fn slice(stamps: &[Stamp]) -> u32 { stamps.len() as u32 }
#[hotmod::export]
pub fn many(stamps: Vec<Stamp>) -> u32 { stamps.len() as u32 }
#[hotmod::export]
pub fn maybe(seal: Option<Seal>) -> bool { seal.is_some() }
#[hotmod::export]
pub fn nested(letter: Letter) -> String { letter.text }
#[hotmod::export]
pub fn of_enum(mail: Mail) -> bool { matches!(mail, Mail::None) }
#[hotmod::export]
pub fn boxed(stamp: Box<Stamp>) -> u32 { stamp.value }
#[hotmod::export]
pub fn mapped(seals: HashMap<u8, Seal>) -> u32 { seals.len() as u32 }
#[hotmod::export]
pub fn generic(bag: Bag<Stamp>) -> u32 { bag.held.len() as u32 }
#[hotmod::export]
pub fn pair(pair: (u8, Seal)) -> u8 { pair.0 }
#[hotmod::export]
pub fn gives() -> Seal { Seal { name: String::new(), token: Token(1, 2) } }
#[hotmod::export]
pub fn gives_result() -> Result<Letter, String> { Err(String::new()) }
#[hotmod::import]
fn tell(stamp: &Stamp);
#[hotmod::import]
fn hand_over(seal: Seal) -> Vec<Stamp>;
";

const ALL: [&str; 18] = [
    "boxed(stamp)",
    "by_value(stamp)",
    "changed(seal)",
    "generic(bag)",
    "gives() ->",
    "gives_result() ->",
    "import hand_over() ->",
    "import hand_over(seal)",
    "import tell(stamp)",
    "lent(stamp)",
    "many(stamps)",
    "mapped(seals)",
    "maybe(seal)",
    "nested(letter)",
    "of_enum(mail)",
    "pair(pair)",
    "sealed(seal)",
    "slice(stamps)",
];

static POSTAL: LazyLock<Built> = LazyLock::new(|| {
    Family::written("postal", SOURCE.to_owned())
        .feature("serde")
        .depends("serde = { version = \"1.0\", features = [\"derive\"] }")
        .variant("exports", &[("// exports\n", EXPORTS)])
        .build()
});

#[test]
fn no_signature_passes_a_type_with_a_field_that_is_carried_over() {
    let host = Host::builder().build().expect("a host");
    let refused = host.load_untyped(POSTAL.file("exports"));
    let refusal = refused.expect_err("signatures that pass what is carried over");
    let mut paths: Vec<&str> = Vec::new();
    for difference in refusal.differences() {
        if difference.rule == Rule::ImportMissing {
            continue; // The host provides nothing.
        }
        assert_eq!(difference.rule, Rule::TransientCrosses, "{refusal}");
        paths.push(&difference.path);
    }
    paths.sort_unstable();
    assert_eq!(paths, ALL, "{refusal}");

    // Nor is a running version replaced by one that has such signatures.
    let module: Module<Untyped> = host
        .load_untyped(POSTAL.file(BASE))
        .unwrap_or_else(|refusal| panic!("{refusal}"));
    let refusal = module.update(POSTAL.file("exports"));
    let refusal = refusal.expect_err("signatures that pass what is carried over");
    let paths = refusal.differences().iter().filter(|it| it.rule.refuses());
    assert!(paths.count() >= ALL.len(), "{refusal}");
}
