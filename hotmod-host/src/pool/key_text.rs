//! Keys as texts, for those types of which a text stands for one value and every value has one.

use std::any::Any;
#[cfg(any(feature = "inspect", test))]
use std::any::TypeId;

macro_rules! texts {
    ($($ty:ty)*) => {
        /// Whether keys of this type have texts.
        #[cfg(any(feature = "inspect", test))]
        pub(super) fn is_shown<K: 'static>() -> bool {
            let key = TypeId::of::<K>();
            key == TypeId::of::<()>() $(|| key == TypeId::of::<$ty>())*
        }

        /// A key as text. `None` where keys of its type have none.
        pub(super) fn shown<K: 'static>(key: &K) -> Option<String> {
            let key: &dyn Any = key;
            if key.is::<()>() {
                return Some(String::new());
            }
            $(if let Some(key) = key.downcast_ref::<$ty>() {
                return Some(key.to_string());
            })*
            None
        }

        /// The key that a text stands for.
        #[cfg(any(feature = "inspect", test))]
        pub(super) fn read<K: 'static>(text: &str) -> Option<K> {
            let ty = TypeId::of::<K>();
            let key: Box<dyn Any> = if ty == TypeId::of::<()>() {
                text.is_empty().then_some(())?;
                Box::new(())
            } $(else if ty == TypeId::of::<$ty>() {
                Box::new(text.parse::<$ty>().ok()?)
            })* else {
                return None;
            };
            key.downcast().ok().map(|key| *key)
        }
    };
}

texts! { String u8 u16 u32 u64 u128 usize i8 i16 i32 i64 i128 isize bool char }

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_stands_for_the_key_that_it_was_made_of() {
        fn both_ways<K: PartialEq + 'static>(key: &K, text: &str) {
            assert!(is_shown::<K>());
            assert_eq!(shown(key).as_deref(), Some(text));
            assert!(read::<K>(text).as_ref() == Some(key));
        }
        both_ways(&7_u64, "7");
        both_ways(&-7_i128, "-7");
        both_ways(&String::from("a/b #c"), "a/b #c");
        both_ways(&'ü', "ü");
        both_ways(&true, "true");
        both_ways(&(), "");
        assert_eq!(read::<u8>("256"), None);
        assert_eq!(read::<()>("x"), None);
        assert!(!is_shown::<(u8, u8)>());
        assert_eq!(shown(&(1_u8, 2_u8)), None);
        assert_eq!(read::<(u8, u8)>("(1, 2)"), None);
    }
}
