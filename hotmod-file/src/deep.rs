//! Walks over types that lead to each other: as deep as a file's author likes, within
//! [`limits`](hotmod::describe::decode).

use std::borrow::Cow;

/// Paths that are longer lose their middle: it does not help a reader, and each step makes a longer
/// one.
const LONGEST_PATH: usize = 1024;
const START: usize = 256;
const END: usize = 512;

/// Runs one step of a walk that goes as deep as types lead to each other, with stack for it.
pub(crate) fn deeper<T>(step: impl FnOnce() -> T) -> T {
    // More than one step takes in a build without optimisations.
    const RED_ZONE: usize = 128 << 10;
    const STACK: usize = 2 << 20;
    stacker::maybe_grow(RED_ZONE, STACK, step)
}

/// A path as it is shown, and as longer paths are made from it.
pub(crate) fn shown(path: &str) -> Cow<'_, str> {
    if path.len() <= LONGEST_PATH {
        return path.into();
    }
    let start = path.floor_char_boundary(START);
    let end = path.ceil_char_boundary(path.len() - END);
    format!("{}…{}", &path[..start], &path[end..]).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_path_keeps_its_ends() {
        assert_eq!(shown("World.players[]"), "World.players[]");
        let mut path = "World".to_owned();
        for i in 0..10_000 {
            path = format!("{}.föld{i}", shown(&path));
            assert!(path.len() < LONGEST_PATH + 16);
        }
        assert!(path.starts_with("World.föld0.föld1."), "{path}");
        assert!(path.ends_with(".föld9998.föld9999"), "{path}");
        assert_eq!(path.matches('…').count(), 1);
    }
}
