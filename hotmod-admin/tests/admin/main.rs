//! The admin of a server with real modules, asked by real clients.

mod changing;
mod events;
mod hostile;
mod listening;
mod loaded;
mod looking;
mod page;
mod raced;
mod served;
