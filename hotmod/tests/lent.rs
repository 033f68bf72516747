//! What a call lends, written in all the ways that a user may write it.
#![deny(elided_lifetimes_in_paths, warnings)]
#![allow(dead_code, missing_docs, reason = "it is compiled")]

use std::borrow::Cow;
use std::fmt;

use hotmod::{Old, StableState, VersionInfo};

hotmod::module! { name: "lent", version: "1.0.0" }

type Text<'a> = &'a str;
type Names<'a> = &'a [String];
type Pair<A, B> = (A, B);
type Owned = Cow<'static, str>;
type Done = Result<(), String>;

pub trait Kind {
    type Text;
}

impl<'a> Kind for &'a World {
    type Text = &'a str;
}

macro_rules! text {
    () => { &str };
    ($life:lifetime) => { &$life str };
}

#[derive(StableState, Clone)]
pub struct World {
    name: String,
    title: Cow<'static, str>,
    titles: Vec<Option<Cow<'static, str>>>,
}

impl fmt::Debug for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

#[hotmod::export]
pub fn by_alias(a: Text<'_>, b: Option<Text<'_>>, c: Names<'_>, d: &mut World) -> usize {
    d.name.push_str(a);
    a.len() + b.map_or(0, str::len) + c.len()
}

#[hotmod::export]
pub fn in_others(a: Vec<Text<'_>>, b: Pair<&str, Result<&World, &[u8]>>, c: text!()) -> String {
    let of = b.1.map_or(0, |world| world.name.len());
    format!("{}{}{of}{c}", a.concat(), b.0)
}

#[hotmod::export]
pub fn owned(a: Owned, b: Vec<Owned>, c: Option<Box<u32>>) -> Option<Owned> {
    let _ = (a, c);
    b.into_iter().next()
}

#[hotmod::export(pure)]
pub fn shown(a: Text<'_>, b: &World, c: Option<&[u32]>, d: Vec<Pair<&str, u8>>) -> Done {
    let _ = (a, b, c, d);
    Ok(())
}

#[hotmod::export]
pub fn associated(a: <&World as Kind>::Text) -> usize {
    a.len()
}

#[hotmod::interface]
pub trait Game: Sync {
    fn shared(&self, a: Text<'_>, b: Names<'_>) -> usize;
    fn exclusive(&mut self, a: Option<Text<'_>>, b: &mut [u32], c: text!()) -> Done;
}

#[hotmod::export]
impl Game for World {
    fn shared(&self, a: &str, b: &[String]) -> usize {
        a.len() + b.len()
    }

    fn exclusive(&mut self, a: Option<&str>, b: &mut [u32], c: &str) -> Result<(), String> {
        self.name = format!("{a:?}{b:?}{c}");
        Ok(())
    }
}

/// Data of the module's own may be lent to the host by an import.
#[hotmod::import]
pub fn log(level: u8, text: &str, more: Option<Text<'_>>);

fn log_static() {
    const NAME: &str = "lent";
    log(0, NAME, Some(NAME));
}

#[hotmod::init]
pub fn world(config: Text<'_>) -> Result<World, String> {
    Ok(World {
        name: config.to_owned(),
        title: Cow::Borrowed("world"),
        titles: Vec::new(),
    })
}

#[hotmod::migrate]
pub fn migrate(old: &Old<'_>) -> Result<World, String> {
    let name: &String = old.get("name")?;
    world(name)
}

type From<'a> = VersionInfo<'a>;

#[hotmod::after_migrate]
pub fn check(world: &World, from: &From<'_>) -> Done {
    let _ = (world, from);
    Ok(())
}

#[hotmod::preflight]
pub fn preflight(world: &mut World) -> Done {
    world.name.clear();
    Ok(())
}

#[test]
fn what_is_lent_is_used() {
    let mut it = world("it").expect("a world");
    assert_eq!(by_alias("a", Some("b"), &[], &mut it), 2);
    assert_eq!(in_others(vec!["x"], ("y", Ok(&it)), "z"), "xy3z");
    assert_eq!(associated("four"), 4);
    assert_eq!(it.shared("12", &[]), 2);
}
