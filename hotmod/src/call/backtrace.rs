//! The stack of a panic.

use std::fmt;

use crate::root::trace;

/// The stack of a panic, where `RUST_BACKTRACE` asks for it: addresses, noted when the panic was raised.
///
/// Its functions and lines are looked up when it is displayed, in the module's file or, if that was stripped, in
/// its debug file (`HostBuilder::debug_dir`). The first one of a version takes some hundred milliseconds: display
/// it where nothing waits. Set `RUST_BACKTRACE=full` for the whole stack, and to any other value but `0` for what
/// runs between the module's export and the panic.
#[derive(Clone, PartialEq, Eq)]
pub struct Backtrace {
    addresses: Box<[usize]>,
}

impl Backtrace {
    /// Of these addresses; `None` if there are none.
    #[doc(hidden)]
    pub fn new(addresses: &[usize]) -> Option<Self> {
        let addresses: Box<[usize]> = addresses.into();
        (!addresses.is_empty()).then_some(Backtrace { addresses })
    }

    /// The address of the code that ran in each function, in this process, from the innermost on. Code stays where
    /// it is for as long as the process lives.
    pub fn addresses(&self) -> &[usize] {
        &self.addresses
    }
}

impl fmt::Display for Backtrace {
    /// Looks its functions and lines up, which takes long the first time.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match trace::look_up(&self.addresses) {
            Some(text) => f.write_str(text.as_str()),
            None => self
                .addresses
                .iter()
                .enumerate()
                .try_for_each(|(at, address)| writeln!(f, "{at:4}: {address:#x}")),
        }
    }
}

/// The addresses alone: what is printed in passing does not wait for symbols.
impl fmt::Debug for Backtrace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list()
            .entries(
                self.addresses
                    .iter()
                    .map(|it| format_args!("{it:#x}").to_string()),
            )
            .finish()
    }
}
