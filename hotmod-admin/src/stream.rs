//! The events as a stream that a client listens to.

use std::convert::Infallible;
use std::future::pending;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

use axum::response::sse::Event;
use futures_util::Stream;
use futures_util::stream;
use tokio::sync::watch;

use crate::ring::{Kind, Next, Ring, Told, missed};

/// How often something is sent where nothing happens, so that a connection that is gone is noticed.
pub(crate) const ALIVE: Duration = Duration::from_secs(15);

/// How long a client may take nothing before its place is given to another. It could take something each [`ALIVE`].
const STALLED: Duration = Duration::from_secs(60);

/// The streams that there are.
#[derive(Debug, Default)]
pub(crate) struct Streams {
    all: Mutex<Vec<Weak<Place>>>,
}

/// A place among the streams.
#[derive(Debug)]
pub(crate) struct Place {
    begun: Instant,
    /// When the client took something last, in milliseconds since then.
    taken: AtomicU64,
    is_given_away: AtomicBool,
}

impl Place {
    fn note(&self) {
        let now = u64::try_from(self.begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.taken.store(now, Ordering::Relaxed);
    }

    fn is_stalled(&self) -> bool {
        let taken = Duration::from_millis(self.taken.load(Ordering::Relaxed));
        self.begun.elapsed().saturating_sub(taken) > STALLED
    }
}

impl Streams {
    /// A place, if one is free, or its client takes nothing.
    pub(crate) fn enter(&self, most: usize) -> Option<Arc<Place>> {
        let mut all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        let live = |it: &Weak<Place>| {
            let place = it.upgrade();
            place.is_some_and(|it| !it.is_given_away.load(Ordering::Relaxed))
        };
        all.retain(live);
        if all.len() >= most {
            let mut places = all.iter().filter_map(Weak::upgrade);
            let stalled = places.find(|it| it.is_stalled())?;
            stalled.is_given_away.store(true, Ordering::Relaxed);
            all.retain(live);
        }
        let place = Arc::new(Place {
            begun: Instant::now(),
            taken: AtomicU64::new(0),
            is_given_away: AtomicBool::new(false),
        });
        all.push(Arc::downgrade(&place));
        Some(place)
    }

    pub(crate) fn count(&self) -> usize {
        let all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        all.iter().filter(|it| it.strong_count() > 0).count()
    }
}

/// Where a client is in the stream.
struct Listening {
    ring: Arc<Ring>,
    place: Arc<Place>,
    /// The number of the last that it was told.
    at: u64,
    /// Whether it has had all that there was once: from then on it is told what happens as it happens.
    is_current: bool,
    is_over: bool,
    /// Whether it has a number that this server did not give, so that nobody can say what it missed.
    is_of_another: bool,
    happens: watch::Receiver<u64>,
    stops: watch::Receiver<bool>,
    /// From when on the caller's token is worth nothing.
    expires: Option<tokio::time::Instant>,
}

/// What a client has already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum From {
    /// It wants what happens from now on.
    Now,
    /// It wants all that is kept.
    Start,
    /// It has all up to this number.
    After(u64),
    /// It has all up to a number that another server gave, such as the one that ran before this.
    Another,
}

/// All that happens after a number. It ends when the admin is stopped or the server is, when the caller's token expires, and
/// where the client takes it so slowly that some of it is kept no more: the client comes back, and is told how much it missed.
pub(crate) fn events(
    ring: Arc<Ring>,
    stops: watch::Receiver<bool>,
    place: Arc<Place>,
    from: From,
    lasts: Option<Duration>,
) -> impl Stream<Item = Result<Event, Infallible>> + use<> {
    let listening = Listening {
        happens: ring.listen(),
        stops,
        place,
        at: match from {
            From::Now => ring.last(),
            From::Start | From::Another => 0,
            From::After(number) => number,
        },
        ring,
        is_current: false,
        is_over: false,
        is_of_another: from == From::Another,
        expires: lasts.and_then(|it| tokio::time::Instant::now().checked_add(it)),
    };
    stream::unfold(listening, async |mut it| {
        let event = it.next().await?;
        Some((Ok(event), it))
    })
}

impl Listening {
    async fn next(&mut self) -> Option<Event> {
        loop {
            self.place.note();
            if self.is_over || *self.stops.borrow() {
                return None;
            }
            if self.place.is_given_away.load(Ordering::Relaxed) {
                return None;
            }
            let expires = self.expires;
            if expires.is_some_and(|it| it <= tokio::time::Instant::now()) {
                return None;
            }
            let expired = async {
                match expires {
                    Some(expires) => tokio::time::sleep_until(expires).await,
                    None => pending().await,
                }
            };
            if std::mem::take(&mut self.is_of_another) {
                return Some(
                    Event::default()
                        .event(Kind::Missed.as_str())
                        .data(missed(None).to_string()),
                );
            }
            self.happens.mark_unchanged();
            match self.ring.after(self.at) {
                Next::One(told) => return Some(self.tell(&told)),
                Next::Lost { first, count } => return Some(self.lose(first, count)),
                Next::Nothing => self.is_current = true,
            }
            tokio::select! {
                () = expired => return None,
                happens = self.happens.changed() => happens.ok()?,
                stops = self.stops.changed() => stops.ok()?,
            }
        }
    }

    fn tell(&mut self, told: &Told) -> Event {
        self.at = told.number;
        let event = Event::default().id(self.ring.id(told.number));
        event.event(told.kind.as_str()).data(&told.text)
    }

    fn lose(&mut self, first: u64, count: u64) -> Event {
        self.at = first + count - 1;
        // One that has not had all yet goes on where events are kept. One that had lags.
        self.is_over = self.is_current;
        let event = Event::default().id(self.ring.id(self.at));
        event
            .event(Kind::Missed.as_str())
            .data(missed(Some((first, count))).to_string())
    }
}

#[cfg(test)]
mod tests {
    use futures_util::{FutureExt, StreamExt};
    use serde_json::json;

    use super::*;

    fn place(begun: Instant) -> Arc<Place> {
        Arc::new(Place {
            begun,
            taken: AtomicU64::new(0),
            is_given_away: AtomicBool::new(false),
        })
    }

    #[test]
    fn a_client_that_lags_hears_how_much_it_missed_and_its_stream_ends() {
        let ring = Arc::new(Ring::new("e".to_owned(), 3));
        let stops = watch::Sender::new(false);
        let place = Streams::default().enter(1).expect("a place");
        let told = events(ring.clone(), stops.subscribe(), place, From::Now, None);
        let mut told = std::pin::pin!(told);
        assert!(
            told.next().now_or_never().is_none(),
            "nothing has happened yet"
        );
        ring.tell(Kind::Audit, &json!(1));
        let first = format!("{:?}", told.next().now_or_never());
        assert!(first.contains("e-1"), "{first}");
        assert!(told.next().now_or_never().is_none());
        // Five, of which three are kept, before it takes the next.
        (2..=6).for_each(|it| ring.tell(Kind::Audit, &json!(it)));
        let missed = format!("{:?}", told.next().now_or_never());
        assert!(
            missed.contains("event: missed") && missed.contains("count\\\":2"),
            "{missed}"
        );
        assert!(
            matches!(told.next().now_or_never(), Some(None)),
            "it has ended"
        );
    }

    #[test]
    fn a_client_that_takes_nothing_gives_its_place_to_one_that_comes() {
        let long_ago = Instant::now().checked_sub(STALLED + Duration::from_secs(1));
        let stalled = place(long_ago.expect("the machine runs for a minute"));
        let fresh = place(Instant::now());
        let streams = Streams::default();
        let all = [&fresh, &stalled].map(Arc::downgrade);
        streams.all.lock().expect("no test panicked").extend(all);
        assert_eq!(streams.count(), 2);
        let new = streams.enter(2).expect("that of the one that stalled");
        assert!(stalled.is_given_away.load(Ordering::Relaxed));
        assert!(streams.enter(2).is_none(), "the others take what comes");
        // Its stream ends, though nothing happens.
        let ring = Arc::new(Ring::new("e".to_owned(), 3));
        let stops = watch::Sender::new(false);
        let told = events(ring, stops.subscribe(), stalled, From::Now, None);
        let mut told = std::pin::pin!(told);
        assert!(matches!(told.next().now_or_never(), Some(None)));
        drop((new, fresh));
        assert!(streams.enter(1).is_some());
    }
}
