//! Exported functions that are `async`, called by a type that the host wrote down.

use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;
use std::sync::Arc;

use hotmod::root;
use hotmod::state::{Registry, expected};
use hotmod_file::{Expected, Refusal};

use crate::call::expectation::{Callee, Expectation, Passes};
use crate::module::async_call::AsyncCallable;
use crate::module::function::Signature;
use crate::module::loaded::Loaded;
use crate::module::module::Module;

/// An exported `async fn`. `function.call(…)`, with the arguments of `F`, returns a future, an
/// [`AsyncCall`](crate::AsyncCall), which is ready with `Result<R, CallError>`. It begins in the version that is current
/// when it is polled first.
pub struct AsyncFunction<F: Signature>(AsyncCallable<F::Ways>);

impl<F: Signature> AsyncFunction<F> {
    fn new(loaded: &Arc<Loaded>, name: &str, place: usize) -> Self {
        AsyncFunction(AsyncCallable {
            track: loaded.track.clone(),
            loaded: loaded.clone(),
            place,
            name: name.to_owned(),
            ways: PhantomData,
        })
    }
}

impl<F: Signature> Deref for AsyncFunction<F> {
    type Target = AsyncCallable<F::Ways>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl<F: Signature> Clone for AsyncFunction<F> {
    fn clone(&self) -> Self {
        AsyncFunction::new(&self.0.loaded, &self.0.name, self.0.place)
    }
}

impl<F: Signature> fmt::Debug for AsyncFunction<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AsyncFunction")
            .field("module", &self.0.loaded.name)
            .field("name", &self.0.name)
            .finish()
    }
}

impl<I: ?Sized> Module<I> {
    /// An exported `async fn`, by its name and type: `F` is the type without `async`, and returns what the future is
    /// ready with. An exported `fn` of this type will do too: its future is ready at once.
    ///
    /// # Errors
    ///
    /// [`Refusal`] if the module exports no such function, or one of another type.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn quotes() -> Result<(), Box<dyn std::error::Error>> {
    /// # let host = hotmod_host::Host::builder().build()?;
    /// let market = host.load_untyped("modules/libmarket.so")?;
    /// // #[hotmod::export] pub async fn quote(symbol: &str) -> Option<f64>
    /// let quote = market.async_function::<fn(&str) -> Option<f64>>("quote")?;
    /// println!("{:?}", quote.call("ACME").await?);
    /// # Ok(())
    /// # }
    /// ```
    pub fn async_function<F: Signature>(&self, name: &str) -> Result<AsyncFunction<F>, Refusal> {
        let Expectation {
            kind,
            expected,
            passes,
            ..
        } = async_function_expectation::<F>(name);
        let place = self.loaded().expect(kind, expected, passes)?;
        Ok(AsyncFunction::new(self.loaded(), name, place))
    }
}

/// What a host that awaits a function of this name and type expects of a module, as its first expectation.
pub(crate) fn async_function_expectation<F: Signature>(name: &str) -> Expectation {
    let mut types = Registry::default();
    let (params, output) = F::describe(&mut types);
    let section = expected::async_function(name, &params, output, &types);
    let (params, output) = F::passing();
    Expectation {
        kind: Callee::Function(name.to_owned()),
        expected: Expected::new(&format!("{name}()"), section, &root::toolchain()),
        base: 0,
        len: 1,
        passes: vec![Passes { params, output }],
    }
}
