//! Events and spans of `tracing`: what modules make becomes the host's own, with its ids and filters.

use std::mem;
use std::slice;

use hotmod::root::forward::{
    CallsiteDesc, CurrentSpan, LentText, LentValue, NO_SPAN, SpanParent, SpanSink,
};
use tracing_core::callsite::Callsite;
use tracing_core::field::{Value, ValueSet};
use tracing_core::span::{Attributes, Id, Record};
use tracing_core::{Dispatch, Event, LevelFilter, dispatcher};

use crate::forward::callsites::{self, HostCallsite};
use crate::forward::guard;
use crate::forward::interest;
use crate::forward::source::Source;
use crate::forward::value::Arrived;
use crate::sys::copy;

pub(super) static SINK: SpanSink = SpanSink {
    size: mem::size_of::<SpanSink>(),
    register,
    interest,
    enabled,
    event,
    new_span,
    record,
    follows_from,
    enter,
    exit,
    clone_span,
    try_close,
    current,
};

/// The subscriber of this thread, for what handles of spans do. It is called outside of
/// [`get_default`](dispatcher::get_default), as `tracing`'s own handles do: within, a subscriber that asks for the
/// thread's subscriber is given none, and the registry of `tracing-subscriber` asks for it when it takes back the
/// references that it holds to spans that were entered, and to parents of those that are closed.
fn subscriber() -> Dispatch {
    dispatcher::get_default(Clone::clone)
}

/// # Safety
///
/// `callsite` is what [`register`] returned.
unsafe fn known(callsite: *const ()) -> &'static HostCallsite {
    // SAFETY: the caller's; callsites are kept for ever.
    unsafe { &*callsite.cast::<HostCallsite>() }
}

/// # Safety
///
/// Both are what the image was given.
unsafe fn at(source: *const (), callsite: *const ()) -> (&'static Source, &'static HostCallsite) {
    // SAFETY: the caller's.
    let source = unsafe { Source::at(source) };
    // SAFETY: the caller's.
    (source, unsafe { known(callsite) })
}

/// Gives the values, with those that say where they come from, in the order of the callsite's fields.
fn with_values<R>(
    callsite: &'static HostCallsite,
    source: &Source,
    values: &[LentValue],
    passed: impl FnOnce(&ValueSet<'_>) -> R,
) -> R {
    const FEW: usize = 10;
    let fields = callsite.metadata.fields();
    let (module, version) = (source.module(), source.version());
    let of_source: [Option<&dyn Value>; 2] = [
        callsite.adds_module.then_some(&module as &dyn Value),
        callsite.adds_version.then_some(&version as &dyn Value),
    ];
    let count = callsite.own_fields.min(values.len());
    if fields.len() <= FEW {
        let mut arrived = [const { Arrived::Empty }; FEW];
        for (arrived, value) in arrived.iter_mut().zip(&values[..count]) {
            // SAFETY: the values are lent for this call.
            *arrived = unsafe { Arrived::new(value) };
        }
        let mut all: [Option<&dyn Value>; FEW] = [None; FEW];
        for (place, arrived) in all.iter_mut().zip(&arrived[..count]) {
            *place = arrived.value();
        }
        for (place, value) in all[callsite.own_fields..]
            .iter_mut()
            .zip(of_source.into_iter().flatten())
        {
            *place = Some(value);
        }
        return passed(&fields.value_set_all(&all[..fields.len()]));
    }
    // SAFETY: as above.
    let arrived = values[..count].iter().map(|it| unsafe { Arrived::new(it) });
    let arrived: Vec<Arrived<'_>> = arrived.collect();
    let mut all: Vec<Option<&dyn Value>> = arrived.iter().map(Arrived::value).collect();
    all.resize(callsite.own_fields, None);
    all.extend(of_source.into_iter().flatten().map(Some));
    passed(&fields.value_set_all(&all))
}

/// # Safety
///
/// There are so many, lent for `'a`.
unsafe fn values<'a>(values: *const LentValue, count: usize) -> &'a [LentValue] {
    match count {
        0 => &[],
        // SAFETY: the caller's.
        count => unsafe { slice::from_raw_parts(values, count) },
    }
}

fn span(number: u64) -> Option<Id> {
    (number != 0 && number != NO_SPAN).then(|| Id::from_u64(number))
}

unsafe extern "C" fn register(source: *const (), described: *const CallsiteDesc) -> *const () {
    // SAFETY: the image passes back what it was given.
    let source = unsafe { Source::at(source) };
    // SAFETY: it is lent for this call.
    let described = unsafe { &*described };
    // Nothing is forwarded there, and a lock may be locked for good.
    if copy::is_this() {
        return std::ptr::null();
    }
    let registered = interest::while_no_change(|| {
        // SAFETY: its texts are lent for this call.
        let callsite = unsafe { callsites::of(described) };
        // The host's subscribers may panic when they are asked.
        let _ = guard::run(source, || callsite.interest());
        if callsite.is_refused() {
            source.refused();
        }
        callsite
    });
    registered.map_or(std::ptr::null(), |it| std::ptr::from_ref(it).cast())
}

unsafe extern "C" fn interest(callsite: *const ()) -> u32 {
    // SAFETY: the image passes back what it was given.
    let interest = unsafe { known(callsite) }.interest();
    match (interest.is_never(), interest.is_always()) {
        (true, _) => 0,
        (_, true) => 2,
        _ => 1,
    }
}

unsafe extern "C" fn enabled(source: *const (), callsite: *const ()) -> bool {
    // SAFETY: the image passes back what it was given.
    let (source, callsite) = unsafe { at(source, callsite) };
    if callsite.is_refused() || *callsite.metadata.level() > LevelFilter::current() {
        return false;
    }
    let enabled = guard::take(source, || {
        dispatcher::get_default(|it| it.enabled(callsite.metadata))
    });
    enabled.unwrap_or(false)
}

unsafe extern "C" fn event(
    source: *const (),
    callsite: *const (),
    parent: SpanParent,
    from: *const LentValue,
    count: usize,
) {
    // SAFETY: the image passes back what it was given.
    let (source, callsite) = unsafe { at(source, callsite) };
    // SAFETY: they are lent for this call.
    let values = unsafe { values(from, count) };
    if callsite.is_refused() {
        return;
    }
    let _ = guard::take(source, || {
        with_values(callsite, source, values, |values| {
            let event = match parent.is_current {
                true => Event::new(callsite.metadata, values),
                false => Event::new_child_of(span(parent.id), callsite.metadata, values),
            };
            dispatcher::get_default(|it| it.event(&event));
        });
    });
}

unsafe extern "C" fn new_span(
    source: *const (),
    callsite: *const (),
    parent: SpanParent,
    from: *const LentValue,
    count: usize,
) -> u64 {
    // SAFETY: the image passes back what it was given.
    let (source, callsite) = unsafe { at(source, callsite) };
    // SAFETY: they are lent for this call.
    let values = unsafe { values(from, count) };
    if callsite.is_refused() {
        return NO_SPAN;
    }
    let made = guard::take(source, || {
        with_values(callsite, source, values, |values| {
            let attributes = match (parent.is_current, span(parent.id)) {
                (true, _) => Attributes::new(callsite.metadata, values),
                (false, Some(parent)) => Attributes::child_of(parent, callsite.metadata, values),
                (false, None) => Attributes::new_root(callsite.metadata, values),
            };
            dispatcher::get_default(|it| it.new_span(&attributes)).into_u64()
        })
    });
    made.unwrap_or(NO_SPAN)
}

unsafe extern "C" fn record(
    source: *const (),
    callsite: *const (),
    number: u64,
    from: *const LentValue,
    count: usize,
) {
    // SAFETY: the image passes back what it was given.
    let (source, callsite) = unsafe { at(source, callsite) };
    // SAFETY: they are lent for this call.
    let values = unsafe { values(from, count) };
    let Some(id) = span(number).filter(|_| !callsite.is_refused()) else {
        return;
    };
    let _ = guard::take(source, || {
        with_own_values(callsite, values, |values| {
            subscriber().record(&id, &Record::new(values));
        });
    });
}

/// As [`with_values`], without those that say where they come from: the span has them.
fn with_own_values(
    callsite: &'static HostCallsite,
    values: &[LentValue],
    passed: impl FnOnce(&ValueSet<'_>),
) {
    let fields = callsite.metadata.fields();
    let own = values.iter().take(callsite.own_fields);
    // SAFETY: the values are lent for this call.
    let arrived: Vec<Arrived<'_>> = own.map(|it| unsafe { Arrived::new(it) }).collect();
    let mut all: Vec<Option<&dyn Value>> = arrived.iter().map(Arrived::value).collect();
    all.resize(fields.len(), None);
    passed(&fields.value_set_all(&all));
}

unsafe extern "C" fn follows_from(source: *const (), number: u64, follows: u64) {
    // SAFETY: the image passes back what it was given.
    let source = unsafe { Source::at(source) };
    if let (Some(id), Some(follows)) = (span(number), span(follows)) {
        let _ = guard::run(source, || {
            subscriber().record_follows_from(&id, &follows);
        });
    }
}

unsafe extern "C" fn enter(source: *const (), number: u64) {
    // SAFETY: the image passes back what it was given.
    let source = unsafe { Source::at(source) };
    if let Some(id) = span(number) {
        let _ = guard::run(source, || subscriber().enter(&id));
    }
}

unsafe extern "C" fn exit(source: *const (), number: u64) {
    // SAFETY: the image passes back what it was given.
    let source = unsafe { Source::at(source) };
    if let Some(id) = span(number) {
        let _ = guard::run(source, || subscriber().exit(&id));
    }
}

unsafe extern "C" fn clone_span(source: *const (), number: u64) -> u64 {
    // SAFETY: the image passes back what it was given.
    let source = unsafe { Source::at(source) };
    let cloned =
        span(number).and_then(|id| guard::run(source, || subscriber().clone_span(&id).into_u64()));
    cloned.unwrap_or(NO_SPAN)
}

unsafe extern "C" fn try_close(source: *const (), number: u64) -> bool {
    // SAFETY: the image passes back what it was given.
    let source = unsafe { Source::at(source) };
    let closed =
        span(number).and_then(|id| guard::run(source, || subscriber().try_close(id.clone())));
    closed.unwrap_or(false)
}

unsafe extern "C" fn current(source: *const (), answer: *mut CurrentSpan) {
    // SAFETY: the image passes back what it was given.
    let source = unsafe { Source::at(source) };
    let current = guard::run(source, || dispatcher::get_default(|it| it.current_span()));
    let Some(current) = current else { return };
    if let (Some(id), Some(metadata)) = (current.id(), current.metadata()) {
        let callsite: *const dyn Callsite = metadata.callsite().0;
        let found = CurrentSpan {
            id: id.into_u64(),
            callsite: callsite as *const () as usize,
            level: callsites::level_number(*metadata.level()),
            name: LentText::new(metadata.name()),
            target: LentText::new(metadata.target()),
        };
        // SAFETY: the image has room for the answer.
        unsafe { answer.write(found) };
    }
}
