//! A snapshot that a copy of the process writes, while calls go on in the process itself.
//!
//! The gate is closed between uses, and then this thread holds every instance that is written, all at once. So it has each
//! to itself when the process is copied, and so does the one thread of the copy: whole, by itself, until it ends. The
//! process lets go of them at once, and opens the gate.
//!
//! What the copy writes goes through a pipe to the process, which hands it on to whatever it is for: the copy touches
//! nothing outside of its memory, and the file takes its name as any other does.
//!
//! # What the copy does without
//!
//! What another thread had locked stays locked in the copy. So the copy takes no lock that another thread may have: how
//! states are written of each version was compiled before ([`StateWriters::prepare`]), what is kept as it was is known before, and
//! what is held is never given back. Its own are the lock of its writers, and the slot of this thread.
//!
//! Out of reach is what is not the host's:
//!
//! - The allocator. glibc holds its locks over a fork, and others that are made for forks do the same.
//! - Code of a module that takes part in the writing of a field: serde's, that of an `as` or of a codec, and what takes a
//!   value of a `Lazy` along. It may wait for a lock that another thread had at that moment.
//! - A lock within a state. Those who use the instance have gone; a thread of the module's own may have it still. Then the
//!   field is refused, as it is without a copy.
//!
//! Where it waits for ever, the copy is killed when its time is over; it has changed nothing.

use std::io::{self, PipeReader, PipeWriter, Read, Write};
use std::os::fd::AsFd;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Arc;
use std::time::{Duration, Instant};

use hotmod_file::snapshot::blocks::{BlockStream, BlockTarget, DIGEST};
use hotmod_file::snapshot::encoding::{SnapshotReader, write_bytes, write_varint64};

use super::error::SaveError;
use super::save::{
    BLOCK, Continued, PAUSE, SaveReport, Saved, Saving, SnapshotOptions, find_moment,
    refuse_within_use,
};
use super::state_writers::{LET_GO, NamedGroups, StateWriters};
use crate::ahead::ahead;
use crate::host::Host;
use crate::sys::copy::{self, Copied, Ended, Heard};
use crate::uses::gate::next_round;
use crate::uses::named_states::EachHeld;
use crate::work;

/// How many of the last bytes that the copy prints are told.
const SAID: usize = 2000;

/// Has a copy of the process write the states of a host, which takes no longer than this.
pub(super) fn save<T: BlockTarget>(
    host: &Host,
    mut to: T,
    (options, limit): (SnapshotOptions, Duration),
    continued: Option<&Continued>,
) -> Result<(T, Saved), SaveError> {
    let named = host.settings.states.all();
    let writers = Arc::new(StateWriters::new(&named, options.leaves_out_secrets())?);
    refuse_within_use(&named)?;
    // Most of it before anything waits.
    prepare(&named, &writers)?;
    let (child, number) = copied(host, (&named, &writers), options, continued)?;
    let saved = child.relay(&mut to, Instant::now().checked_add(limit), limit)?;
    Ok((to, Saved { number, ..saved }))
}

/// Prepares the writing of all versions that instances are at.
fn prepare(named: &NamedGroups, writers: &StateWriters) -> Result<(), SaveError> {
    for (group, (_, states)) in named.iter().enumerate() {
        for image in states.versions() {
            writers.prepare(group, image)?;
        }
    }
    Ok(())
}

/// Copies the process at a moment between uses. The copy ends in here. Gives the number of the moment.
fn copied(
    host: &Host,
    (named, writers): (&NamedGroups, &Arc<StateWriters>),
    options: SnapshotOptions,
    continued: Option<&Continued>,
) -> Result<(WritingCopy, u64), SaveError> {
    let turn = host.settings.gate.turn();
    // A fork waits for threads of the host that are at work, and they may wait for what is held here: so this thread is
    // one of them.
    let _work = work::begin();
    let until = ahead(options.patience);
    loop {
        find_moment(&turn, until.saturating_duration_since(Instant::now()))?;
        let mut copying = Copying {
            named,
            writers,
            begins: (options.compresses, continued),
            side: None,
        };
        // A copy goes on from within this, and never leaves this function.
        let held = panic::catch_unwind(AssertUnwindSafe(|| copying.hold(0)));
        match copying.side {
            Some(CopiedSide::Copy(writing)) => writing.end(held.is_ok()),
            Some(CopiedSide::Process(child, number)) => return Ok((child, number)),
            None => {}
        }
        match held.unwrap_or_else(|panic| panic::resume_unwind(panic)) {
            // A thread of the host's takes it along.
            Err(SaveError::InUse { .. }) if Instant::now() < until => turn.open(),
            Err(error) => return Err(error),
            Ok(()) => unreachable!("bug in hotmod: neither side of a fork"),
        }
    }
}

struct Copying<'a> {
    named: &'a NamedGroups,
    writers: &'a Arc<StateWriters>,
    begins: (bool, Option<&'a Continued>),
    side: Option<CopiedSide>,
}

/// On which side of the fork this is.
enum CopiedSide {
    Process(WritingCopy, u64),
    Copy(Box<Writing>),
}

/// What the copy does.
struct Writing {
    number: u64,
    saving: Result<Saving<BlockStream<PipeWriter>>, SaveError>,
    report: PipeWriter,
}

impl Copying<'_> {
    /// Holds the instances of all groups from this one on, and copies the process. In the copy, they are written.
    fn hold(&mut self, group: usize) -> Result<(), SaveError> {
        let named = self.named;
        let Some((name, states)) = named.get(group) else {
            prepare(named, self.writers)?;
            self.side = Some(self.fork()?);
            return Ok(());
        };
        let since = self.begins.1.map(|it| it.since);
        let mut within = Ok(());
        let held = states.hold(since, Instant::now() + PAUSE, &mut |each| {
            within = self.hold(group + 1);
            if let Some(CopiedSide::Copy(writing)) = &mut self.side {
                writing.write(group, each);
            }
        });
        match held {
            true => within,
            false => Err(SaveError::InUse { name: name.clone() }),
        }
    }

    fn fork(&self) -> io::Result<CopiedSide> {
        let (data, to) = io::pipe()?;
        let (report, reporter) = io::pipe()?;
        let (errors, standard_error) = io::pipe()?;
        // What is used from now on, this one lacks.
        let number = next_round();
        // SAFETY: the copy has all instances, and takes no lock of others but those that the room's doc names, for which it is
        // killed. It ends in `copied`.
        Ok(match unsafe { copy::fork() }? {
            copy::Side::Process(process) => CopiedSide::Process(
                WritingCopy {
                    process,
                    data: Some(data),
                    report: Heard::new(report),
                    errors: Heard::new(errors),
                },
                number,
            ),
            copy::Side::Copy => {
                let confined = copy::confine(None, &standard_error);
                let to = BlockStream::new(to);
                let saving = confined.map_err(SaveError::from).and_then(|()| {
                    let (compresses, continued) = self.begins;
                    Saving::begin(to, self.named, self.writers, (compresses, continued))
                });
                CopiedSide::Copy(Box::new(Writing {
                    number,
                    saving,
                    report: reporter,
                }))
            }
        })
    }
}

impl Writing {
    fn write(&mut self, group: usize, each: &mut EachHeld<'_>) {
        if let Ok(saving) = &mut self.saving
            && let Err(error) = saving.held(group, each)
        {
            self.saving = Err(error);
        }
    }

    /// Writes the end, says what was written, and ends the copy.
    fn end(self: Box<Self>, is_whole: bool) -> ! {
        let Writing {
            number,
            saving,
            mut report,
        } = *self;
        let told = panic::catch_unwind(AssertUnwindSafe(|| {
            let saved = saving.and_then(|saving| {
                let (to, saved) = saving.finish(number)?;
                // The pipe ends here: whoever reads it then reads what is said.
                drop(to.into_inner());
                Ok(saved)
            });
            report.write_all(&told(&saved))
        }));
        copy::end(i32::from(!(is_whole && matches!(told, Ok(Ok(()))))))
    }
}

/// What a copy says in the end.
fn told(saved: &Result<Saved, SaveError>) -> Vec<u8> {
    let mut told = Vec::new();
    match saved {
        Ok(saved) => {
            told.push(0);
            let SaveReport {
                groups,
                instances,
                bytes,
            } = saved.report;
            for number in [groups, instances, bytes] {
                write_varint64(&mut told, number);
            }
            told.extend_from_slice(&saved.digest);
        }
        Err(SaveError::Unwritable {
            name, path, reason, ..
        }) => {
            told.push(1);
            for text in [name, path, reason] {
                write_bytes(&mut told, text.as_bytes());
            }
        }
        Err(error) => {
            told.push(2);
            write_bytes(&mut told, error.to_string().as_bytes());
        }
    }
    told
}

/// What that says, if it is whole.
fn heard(told: &[u8]) -> Option<Result<Saved, SaveError>> {
    let mut told = SnapshotReader::new(told);
    let heard = match told.byte().ok()? {
        0 => {
            let mut number = || told.varint().ok();
            let report = SaveReport {
                groups: number()?,
                instances: number()?,
                bytes: number()?,
            };
            let digest = told.take(DIGEST).ok()?.try_into().ok()?;
            Ok(Saved {
                report,
                digest,
                number: 0,
            })
        }
        1 => {
            let mut text = || {
                let text = told.bytes().ok()?;
                Some(String::from_utf8_lossy(text).into_owned())
            };
            Err(SaveError::Unwritable {
                name: text()?,
                path: text()?,
                reason: text()?,
                // What no value of a type can be written for was refused before.
                help: LET_GO,
            })
        }
        _ => {
            let how = String::from_utf8_lossy(told.bytes().ok()?).into_owned();
            Err(SaveError::Copy { how })
        }
    };
    (told.left() == 0).then_some(heard)
}

/// The copy, seen from the process. Dropping this ends the copy, if it has not ended before.
struct WritingCopy {
    process: Copied,
    /// What it writes; `None` when that has come to its end.
    data: Option<PipeReader>,
    report: Heard,
    errors: Heard,
}

impl WritingCopy {
    /// Hands on what the copy writes, and waits for its end. Kills it when the time is over.
    fn relay(
        mut self,
        to: &mut impl BlockTarget,
        mut deadline: Option<Instant>,
        limit: Duration,
    ) -> Result<Saved, SaveError> {
        let mut buffer = vec![0; BLOCK];
        let mut handed_on = 0;
        let mut is_late = false;
        loop {
            let left = deadline.map(|it| it.saturating_duration_since(Instant::now()));
            if left.is_some_and(|left| left.is_zero()) {
                (is_late, deadline) = (true, None);
                self.process.kill();
            }
            let data = self.data.as_ref().map(AsFd::as_fd);
            let pipes = [data, self.report.pipe(), self.errors.pipe()];
            let all = [Some(self.process.as_fd())].into_iter().chain(pipes);
            let all: Vec<_> = all.flatten().collect();
            let Some(ready) = copy::readable(&all, left)? else {
                continue;
            };
            let (has_ended, has_data) = (ready[0], data.is_some() && ready[1]);
            if has_data && let Some(pipe) = &mut self.data {
                let len = pipe.read(&mut buffer)?;
                to.room().extend_from_slice(&buffer[..len]);
                to.pass_on()?;
                handed_on += len as u64;
                if len == 0 {
                    self.data = None;
                }
            }
            self.report.hear()?;
            self.errors.hear()?;
            self.errors.forget_all_but(SAID);
            // Read after that was asked: a copy that had not ended by then may write more.
            if has_ended && !has_data {
                break;
            }
        }
        let how = match self.process.ended()? {
            _ if is_late => format!("did not finish within {limit:?}"),
            // Where the system does not say how the copy ended, its own message has to do.
            Ended::Exited(0) | Ended::Untold => match heard(&self.report.bytes) {
                Some(Ok(saved)) if saved.report.bytes == handed_on => {
                    to.end()?;
                    return Ok(saved);
                }
                Some(Err(error)) => return Err(error),
                _ => "did not say what it has written".to_owned(),
            },
            Ended::Exited(status) => format!("ended with {status}"),
            Ended::Killed(signal) => format!("was killed by {signal}"),
            Ended::Otherwise(how) => how,
        };
        let said = String::from_utf8_lossy(&self.errors.bytes);
        Err(SaveError::Copy {
            how: match said.trim() {
                "" => how,
                said => format!("{how}; it said: {said}"),
            },
        })
    }
}

impl Drop for WritingCopy {
    fn drop(&mut self) {
        // Mostly the copy has ended before, and this does nothing.
        self.process.kill();
        let _ = self.process.ended();
    }
}
