//! What crosses between host and module: interfaces, exports and imports.

/// Makes a trait an interface: what a host may call on a module's state.
///
/// Put it on a trait in a crate that module and host both link. A module implements the trait for
/// its state and marks the `impl` with [`export`](macro@crate::export); a host loads the module as
/// `dyn Trait` and calls the methods by their names, each returning `Result<T, CallError>`.
///
/// ```
/// #[hotmod::interface]
/// pub trait Game {
///     fn hello(&mut self, name: &str) -> String;
///     fn score(&self, player: u64) -> Option<u32>;
/// }
/// ```
///
/// `&self` gives a method shared access to the state, `&mut self` exclusive access; there is no
/// method without a receiver.
///
/// # `async`
///
/// A method may be an `async fn`; so is that of the implementation, and the client's returns a future. The trait itself
/// declares it as `fn … -> impl Future + Send`, so the compiler asks that the future of each implementation may be sent
/// to another thread. If such a method takes `&self`, the trait needs `Sync` as a supertrait. Neither is so for
/// `#[hotmod::interface(local)]`: what its futures hold need not be `Send`, and a client's future stays on the thread
/// that polls it first, in a `LocalSet` or a runtime of one thread.
///
/// ```
/// #[hotmod::interface]
/// pub trait Shop: Sync {
///     async fn buy(&mut self, who: &str, item: u32) -> Result<u32, String>;
///     async fn price(&self, item: u32) -> Option<f64>;
/// }
/// ```
///
/// # Between a host and a module that were compiled apart
///
/// Methods and parameters are matched by name. A module may have methods that its host does not know, and
/// lack those that are marked [`#[hotmod::optional]`](macro@crate::optional). A new parameter has a value for
/// callers that do not know it, `#[hotmod(default)]` or `#[hotmod(default = expr)]`; a method names a
/// parameter that is gone, `#[hotmod(removed("name"))]`. Types are converted as state is, in the direction in
/// which a value goes, by what their `#[state(…)]` says; a field may be unknown to one side if it has a
/// `default` or is an `Option`. Everything else is refused before any code of the module runs. A value that
/// does not fit the other side makes the call [`CallError::Unfit`](crate::CallError::Unfit).
///
/// ```
/// #[hotmod::interface]
/// pub trait Room {
///     fn say(&mut self, text: &str, #[hotmod(default = 1)] times: u32);
///     #[hotmod::optional]
///     fn count(&self) -> u32;
/// }
/// ```
///
/// # Signatures
///
/// Numbers, `&str`, `String`, `&[T]`, `Vec<T>`, `Option`, `Result`, tuples, and `T`, `&T`, `&mut T`
/// of types that derive [`StableState`](derive@crate::StableState). What is returned is owned. `unsafe`, generic parameters, `impl Trait`, `dyn Trait`, function and raw pointers, named
/// lifetimes, `'static`, `Self`, associated types and constants cannot cross; each is refused while
/// the trait is compiled, all of them at once.
///
/// # Options
///
/// `#[hotmod::interface(local)]` has the futures of its `async` methods stay on their thread. `#[hotmod::interface(crate =
/// path)]` names the hotmod crate where it has another path.
pub use hotmod_macros::interface;

/// Offers a function, or a state's implementation of an interface, to hosts.
///
/// On a free function, which works without state; the host asks for it by name and type:
///
/// ```standalone_crate
/// #[hotmod::export]
/// pub fn damage(base: u32, armour: u32) -> u32 {
///     base.saturating_sub(armour)
/// }
/// # fn main() {}
/// ```
///
/// It may be `async`. The host awaits it; the future is `Send`, and ends in the version in which it began:
///
/// ```standalone_crate
/// #[hotmod::export]
/// pub async fn later(base: u32) -> u32 {
///     std::future::ready(base).await
/// }
/// # fn main() {}
/// ```
///
/// On the implementation of an [`interface`](macro@crate::interface) for a type that derives
/// [`StableState`](derive@crate::StableState) and is `Send`; one type of a module implements it:
///
/// ```standalone_crate
/// # #[hotmod::interface]
/// # pub trait Game { fn score(&self, player: u64) -> Option<u32>; }
/// # #[derive(hotmod::StableState)]
/// # pub struct World { scores: Vec<u32> }
/// #[hotmod::export]
/// impl Game for World {
///     fn score(&self, player: u64) -> Option<u32> {
///         self.scores.get(player as usize).copied()
///     }
/// }
/// # fn main() {}
/// ```
///
/// The item stays as it is and can be called and tested inside the module. What may stand in a
/// signature is said at [`interface`](macro@crate::interface); parameters need names, because hosts and
/// messages show them. An export that panics gives its caller an error.
///
/// What a call lends ends with the call, and the compiler ensures it: a parameter that asks for more
/// (`type Text = &'static str`, by whichever alias, macro or associated type) is refused with "lifetime
/// may not live long enough", at its type. Borrow it for the call (`&str`) or take it owned (`String`).
/// What is returned is owned.
///
/// # Options
///
/// `#[hotmod::export(pure)]` on a function says that it does nothing but return a value, which is the
/// same for the same arguments. A host may then run a new version of it beside the running one, for a
/// sample of the calls, and [compare what they return](#pure-functions) before the new version is in
/// use. An `async fn` may be pure, too: both are awaited.
///
/// `#[hotmod::export(crate = path)]` names the hotmod crate where it has another path.
///
/// # Pure functions
///
/// ```standalone_crate
/// #[derive(Clone, Debug, hotmod::StableState)]
/// pub struct Basket {
///     pub prices: Vec<u64>,
/// }
///
/// #[hotmod::export(pure)]
/// pub fn total(basket: &Basket, discount: u64) -> u64 {
///     basket.prices.iter().sum::<u64>().saturating_sub(discount)
/// }
/// # fn main() {}
/// ```
///
/// The new version runs on copies of the arguments. So parameters are `Clone` and `Debug`, or shared
/// references to what is `Debug`, and `&mut` is refused; the result is `Debug`.
///
/// What is compared is the text that `{:?}` writes for the result, by the `Debug` of each version:
/// `PartialEq` cannot compare values of two images, which two compilers may have laid out. So:
///
/// - `NaN` equals `NaN`, `0.0` and `-0.0` differ, and floating-point numbers differ as soon as their
///   shortest decimal forms do: return what was rounded if the last bits do not matter.
/// - A `HashMap` or `HashSet` writes its entries in an order that each map chooses by itself. Return
///   a `BTreeMap`, a `BTreeSet` or a sorted `Vec`, or two equal results will be reported as different.
/// - What a `Debug` leaves out is not compared, and a `Debug` that is written differently in the new
///   version shows a difference where there is none.
///
/// Of two calls that panic, the messages are compared.
///
/// Whatever else a function does, it does twice: its author must keep out time, random numbers, statics and
/// [imports](macro@crate::import). A new version that ends the process (by aborting, or by a stack that
/// overflows) ends it here too.
pub use hotmod_macros::export;

/// Declares a function that the module needs from its host.
///
/// It has no body: the host provides it when it is built, under this name, and the module calls it
/// like any other function.
///
/// ```standalone_crate
/// #[hotmod::import]
/// fn broadcast(room: u64, text: &str) -> u32;
///
/// #[hotmod::export]
/// pub fn announce(text: &str) -> u32 {
///     (1..=3).map(|room| broadcast(room, text)).sum()
/// }
/// # fn main() {}
/// ```
///
/// A host that does not provide it, or provides it with a signature that [cannot be
/// converted](#hosts-that-were-compiled-apart), refuses the module before any of its code runs. Arguments and
/// result cross as those of an [`export`](macro@crate::export), and may be of the same types. A crate
/// declares an import once; several crates of a module may declare the same one.
///
/// The host's function may call modules in its turn, this one too. It has what it is lent for the call
/// only; a state that is inside an exclusive call cannot be called again until that returns.
///
/// # Panics
///
/// If the host's function panics, the call panics with the same message. Unless the module catches it, that
/// ends the call of the export with [`CallError::Panicked`](crate::CallError::Panicked), located at the
/// import's call.
///
/// The call also panics if an argument or the result does not fit a host that was compiled apart: the message
/// says what did not fit, and whether the host's function ran. Where there is no host, the call panics and
/// says so.
///
/// # Hosts that were compiled apart
///
/// What is passed and returned is converted on its way where host and module have other definitions of its
/// types, by the rules for [exports](macro@crate::export). What may not fit is listed in the report of the
/// update, as `call-may-fail`. A parameter with `#[hotmod(default)]` on it is not passed to a host that does
/// not know it.
///
/// A host may lack an import marked `#[hotmod::optional]`, which stands below `#[hotmod::import]`. The module asks
/// first, by a type of the import's name; the answer does not change while this version runs.
///
/// ```standalone_crate
/// #[hotmod::import]
/// #[hotmod::optional]
/// fn broadcast(room: u64, #[hotmod(default)] loud: bool, text: &str) -> u32;
///
/// #[hotmod::import]
/// #[hotmod::optional]
/// fn rename(room: u64, name: &str) -> Result<(), String>;
///
/// #[hotmod::export]
/// pub fn announce(text: &str) -> Result<u32, String> {
///     rename(1, text)?;
///     match broadcast::is_provided() {
///         true => Ok(broadcast(1, true, text)),
///         false => Ok(0),
///     }
/// }
/// # fn main() {}
/// ```
///
/// A call of an optional import that the host does not provide panics, unless it returns a `Result` whose error
/// can be made of [`NotProvided`](crate::NotProvided): then it returns that error.
///
/// # Several functions as a trait
///
/// On a trait, in a crate that host and module link, the attribute declares functions that a host provides
/// together. Its methods take `&self`, and have the signatures of imports. A type of the host implements the
/// trait, and `HostBuilder::provide_all` provides all of it. A module names what it needs by a static, whose
/// methods are those of the trait; code that takes `&impl Services` can be tested with another type.
///
/// ```standalone_crate
/// /// What the server does for its modules.
/// #[hotmod::import]
/// pub trait Services {
///     fn publish(&self, channel: &str, text: &str) -> u32;
///
///     #[hotmod::optional]
///     fn rename(&self, channel: &str, name: &str) -> Result<(), String>;
/// }
///
/// #[hotmod::import]
/// static HOST: dyn Services;
///
/// fn announce_by(services: &impl Services, text: &str) -> u32 {
///     services.publish("news", text)
/// }
///
/// #[hotmod::export]
/// pub fn announce(text: &str) -> u32 {
///     if HOST.provides("rename") {
///         let _ = HOST.rename("news", text);
///     }
///     announce_by(&HOST, text)
/// }
/// # fn main() {}
/// ```
///
/// Methods and parameters are matched by name. A host may have more methods than a module knows, and a module
/// may have more than its host where they are marked `#[hotmod::optional]`. `#[hotmod(default = …)]` on a
/// parameter gives its value for modules that do not know it; to a host that does not know it, it is not
/// passed.
///
/// # `async`
///
/// A function that the host provides with `HostBuilder::provide_async` is declared as an `async fn`, and awaited. Its
/// future is the host's: made, polled and dropped by the host's code. What it takes is the host's for as long as that
/// lives, so a `&str` arrives as a `String`, a `&[T]` as a `Vec<T>`, and there are no other references.
///
/// ```standalone_crate
/// #[hotmod::import]
/// async fn fetch_price(symbol: &str) -> Option<f64>;
///
/// #[hotmod::export]
/// pub async fn quote(symbol: &str) -> Option<f64> {
///     Some(fetch_price(symbol).await? * 2.0)
/// }
/// # fn main() {}
/// ```
///
/// # Functions of other modules
///
/// With the name of a module, an import is an [exported](macro@crate::export) function of that module. The host
/// leads each call to the version that is current there, as it does for its own calls: an update of the other
/// module is followed, and calls that began before it end where they began.
///
/// ```standalone_crate
/// #[hotmod::import(module = "combat")]
/// fn damage(base: u32, armour: u32) -> u32;
///
/// #[hotmod::import(module = "combat")]
/// #[hotmod::optional]
/// fn luck(seed: u64) -> Result<u32, String>;
///
/// #[hotmod::export]
/// pub fn fight(base: u32, armour: u32) -> u32 {
///     damage(base, armour) + luck(7).unwrap_or(0)
/// }
/// # fn main() {}
/// ```
///
/// What passes is converted where the two modules were compiled apart. A module is refused where another one that
/// it needs is not loaded, or lacks what it needs; so is an update or a rollback of that other module which would
/// take it away. `Host::update_all` updates both together, and `Host::load_all` loads modules that need each
/// other. An optional import of a module that is not loaded, or has no such function, is not provided:
/// `luck::is_provided()` says what holds at that moment, and an update of the other module may change it.
///
/// A panic of the other module goes on in the caller, as one of the host does.
///
/// # Instances of other modules
///
/// A static stands for the instances of a pool of another module, [`Pool`](crate::Pool), or for a shared one,
/// [`Instance`](crate::Instance), by the name that the host gives it (`Pool::builder(&module).name("rooms")`,
/// `SharedInstance::builder(&module).name("lobby")`). The methods are those of an interface, each returning `Result<T, CallError>`.
///
/// ```standalone_crate
/// #[hotmod::interface]
/// pub trait Room {
///     fn say(&mut self, text: &str) -> u32;
/// }
///
/// #[hotmod::import(module = "chat", pool = "rooms")]
/// static ROOMS: hotmod::Pool<u64, dyn Room>;
///
/// #[hotmod::import(module = "chat", instance = "lobby")]
/// static LOBBY: hotmod::Instance<dyn Room>;
///
/// #[hotmod::export]
/// pub fn announce(room: u64, text: &str) -> Result<u32, String> {
///     LOBBY.call(|lobby| lobby.say(text))?;
///     Ok(ROOMS.call(&room, |room| room.say(text))?)
/// }
/// # fn main() {}
/// ```
///
/// The module needs the other one to be loaded, and to implement the interface, unless the static is marked
/// `#[hotmod::optional]`. Whether the host has built the pool, and whether there is an instance under the key, each
/// use finds out: if not, it is a [`ReachError`](crate::ReachError). Keys cross by value, and are of the same type on
/// both sides: they are not converted.
///
/// # Options
///
/// `#[hotmod::import(stand_in = path)]` names a function of the same signature that is called in its
/// place in unit tests of the crate, where there is no host. Nothing of it is in the module: the path
/// has to exist under `cfg(test)` only.
///
/// ```standalone_crate
/// #[hotmod::import(stand_in = tests::broadcast)]
/// fn broadcast(room: u64, text: &str) -> u32;
///
/// #[cfg(test)]
/// mod tests {
///     pub(super) fn broadcast(_room: u64, text: &str) -> u32 {
///         text.len() as u32
///     }
/// }
/// # fn main() {}
/// ```
///
/// `#[hotmod::import(crate = path)]` names the hotmod crate where it has another path.
pub use hotmod_macros::import;

/// Marks a method of an interface that a version of a module may lack, or an import that a host may lack.
///
/// On an [import](macro@crate::import#hosts-that-were-compiled-apart) it stands below `#[hotmod::import]`. On a
/// method it stands inside of a trait marked [`#[hotmod::interface]`](macro@crate::interface). A module that was
/// compiled with an interface that does not have the method yet, or has it no more, is accepted, and a call
/// of the method is [`CallError::Absent`](crate::CallError::Absent). A host asks `Instance::has` first.
pub use hotmod_macros::optional;
