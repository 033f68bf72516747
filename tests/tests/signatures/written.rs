//! How a case is written: once, for the host and for the module.

/// What both sides are compiled with: types, the methods of the interface, how the module implements them, and
/// what a host calls.
macro_rules! side {
    ({ $($types:tt)* } { $($methods:tt)* } { $($implemented:tt)* } |$desk:ident| $calls:expr) => {{
        #[allow(dead_code, unreachable_pub, unused_imports, unused_mut, reason = "the module uses the rest")]
        mod side {
            use hotmod::StableState;

            use crate::line;

            $($types)*

            #[hotmod::interface]
            pub(super) trait Table {
                $($methods)*
            }

            pub(super) fn host(variant: &str) -> Result<Vec<String>, String> {
                let mut $desk = crate::loaded::<dyn Table>(variant)?;
                Ok($calls)
            }

            pub(super) fn expects() -> hotmod_host::HostBuilder {
                hotmod_host::Host::builder().expects::<dyn Table>("desk")
            }
        }
        crate::Side {
            source: concat!(
                stringify!($($types)*),
                "\n#[hotmod::interface]\npub trait Table {\n",
                stringify!($($methods)*),
                "\n}\n#[hotmod::export]\nimpl Table for Desk {\n",
                stringify!($($implemented)*),
                "\n}\n",
            ),
            host: side::host,
            expects: side::expects,
        }
    }};
}

/// A type `T` that passes in every way: what is `sample()` on each side, and what `change` does.
macro_rules! typed {
    ($($types:tt)*) => {
        side! {
            { $($types)* }
            {
                fn given(&self, it: T) -> String;
                fn result(&self) -> T;
                fn within(&self) -> Result<Vec<(u8, Option<T>)>, String>;
                fn lent(&self, it: &T) -> String;
                fn slice(&self, all: &[T]) -> String;
                fn changed(&self, it: &mut T) -> String;
            }
            {
                fn given(&self, it: T) -> String { format!("{it:?}") }
                fn result(&self) -> T { sample() }
                fn within(&self) -> Result<Vec<(u8, Option<T>)>, String> {
                    Ok(vec![(1, Some(sample())), (2, None)])
                }
                fn lent(&self, it: &T) -> String { format!("{it:?}") }
                fn slice(&self, all: &[T]) -> String { format!("{all:?}") }
                fn changed(&self, it: &mut T) -> String {
                    let before = format!("{it:?}");
                    change(it);
                    before
                }
            }
            |desk| {
                let mut lent = sample();
                vec![
                    line(desk.given(sample())),
                    line(desk.result()),
                    line(desk.within()),
                    line(desk.lent(&sample())),
                    line(desk.slice(&[sample(), sample()])),
                    line(desk.changed(&mut lent)),
                    format!("{lent:?}"),
                ]
            }
        }
    };
}

pub(crate) use {side, typed};
