//! recorded: what becomes current is on the disk before calls enter it, where the host keeps that (`journal`).

use std::io;
use std::path::{Path, PathBuf};

use hotmod::describe::Rule;
use hotmod_file::{Digest, Inspected, Reason, Refusal, RefusalStage};

use crate::events::{Progress, UpdateState};
use crate::image::image::Image;
use crate::journal::journal::{FilesRead, Journal, ToRun};
use crate::journal::recovery::UndoneVersion;
use crate::module::loaded::Loaded;
use crate::module::settings::Settings;
use crate::whole;

/// Keeps a copy of a file that is ready to become current, and what that version has read.
pub(crate) fn keep(
    settings: &Settings,
    candidate: &Inspected,
    read: &FilesRead,
) -> Result<(), Refusal> {
    let Some(journal) = &settings.journal else {
        return Ok(());
    };
    let bytes = candidate.bytes();
    let kept = journal.keep(candidate.digest(), bytes);
    let kept = kept.and_then(|()| match read.is_empty() {
        true => Ok(()),
        false => journal.keep_read(candidate.digest(), read),
    });
    kept.map_err(|error| {
        let help = cure(&error, bytes.len());
        let found = error.to_string();
        let reason = unrecorded("the copy for the next process", &found, &help);
        let refusal = candidate.refuse_because(RefusalStage::Prepare, Rule::NotRecorded, reason);
        refusal.caused_by(error)
    })
}

/// Keeps what a version has read: for the next process, which the file may have another form for. If that fails, an event
/// tells.
pub(crate) fn keep_read(settings: &Settings, image: &Image, read: &FilesRead) {
    let Some(journal) = settings.journal.as_ref().filter(|_| !read.is_empty()) else {
        return;
    };
    let mut kept = journal.kept_read(image.digest);
    kept.extend(read.clone());
    if let Err(error) = journal.keep_read(image.digest, &kept) {
        tell(settings, image, &error);
    }
}

/// What the process before had read for this version, if that is what ran there.
pub(crate) fn kept_read(settings: &Settings, candidate: &Inspected) -> FilesRead {
    let Some(journal) = &settings.journal else {
        return FilesRead::new();
    };
    let kept = journal.kept(&candidate.build().module);
    match kept.is_some_and(|it| it.current.digest == candidate.digest()) {
        true => journal.kept_read(candidate.digest()),
        false => FilesRead::new(),
    }
}

/// Records that these versions are what runs from now on, all of them or none.
pub(crate) fn runs(all: &[(&Loaded, &Image)]) -> Result<(), Refusal> {
    let Some((journal, image)) = journal_of(all) else {
        return Ok(());
    };
    let files = RecordedFiles::of(all.iter().map(|(loaded, image)| (*loaded, *image)));
    journal.runs(&files.to_run(), None).map_err(|error| {
        let help = cure(&error, 0);
        let found = error.to_string();
        let reason = unrecorded("the journal of the state directory", &found, &help);
        Refusal::because(
            &image.file,
            RefusalStage::Prepare,
            Rule::NotRecorded,
            reason,
        )
        .of(&image.module, &image.version)
        .caused_by(error)
    })
}

/// Records that modules are rolled back to these versions, all of them or none. They are also if that fails, of which an
/// event tells.
pub(crate) fn rolls_back(all: &[(&Loaded, &Image)], reason: &str) {
    let Some((journal, _)) = journal_of(all) else {
        return;
    };
    let files = RecordedFiles::of(all.iter().map(|(loaded, image)| (*loaded, *image)));
    if let Err(error) = journal.rolls_back(&files.to_run(), reason) {
        all.iter()
            .for_each(|(loaded, image)| tell(&loaded.settings, image, &error));
    }
}

/// Records that there is no way back from what runs of a module.
pub(crate) fn makes_permanent(loaded: &Loaded) {
    let Some(journal) = &loaded.settings.journal else {
        return;
    };
    if let Err(error) = journal.makes_permanent(&loaded.name) {
        tell(&loaded.settings, loaded.current(), &error);
    }
}

/// Records what a module begins with in this process, with a copy of it. `start` is the file that it was loaded from, and
/// what that held.
pub(crate) fn starts(loaded: &Loaded, bytes: &[u8], start: &(PathBuf, Digest)) {
    let Some(journal) = &loaded.settings.journal else {
        return;
    };
    let image = loaded.current();
    let files = RecordedFiles::of([(loaded, image)].into_iter());
    let recorded = journal.keep(image.digest, bytes);
    let recorded = recorded.and_then(|()| journal.runs(&files.to_run(), Some(start)));
    if let Err(error) = recorded {
        tell(&loaded.settings, image, &error);
    }
}

/// The refusal of a version that is not to be taken up by itself.
pub(crate) fn undone(candidate: &Inspected, undone: &UndoneVersion) -> Refusal {
    let help = "put another version there, or ask for this one by `Module::update` or over HTTP";
    refuse_undone(candidate, undone, "undone", help)
}

/// The refusal of a file that a process is not to begin with, since the one before had refused it.
pub(crate) fn refused(candidate: &Inspected, refused: &UndoneVersion) -> Refusal {
    let help = "put another version there, or stop the server in order: the next process then begins with this one";
    refuse_undone(candidate, refused, "refused", help)
}

fn refuse_undone(candidate: &Inspected, undone: &UndoneVersion, how: &str, help: &str) -> Refusal {
    let UndoneVersion {
        version, reason, ..
    } = undone;
    candidate.refuse_because(
        RefusalStage::Verify,
        Rule::Undone,
        Reason {
            what: "the file",
            expected: &format!("one that was not {how}"),
            found: &format!("{version}, which was: {reason}"),
            help,
        },
    )
}

/// Modules and files as the journal knows them: by paths from the root on, since the next process may begin elsewhere.
struct RecordedFiles<'a>(Vec<(&'a Loaded, &'a Image, PathBuf)>);

impl<'a> RecordedFiles<'a> {
    fn of(all: impl Iterator<Item = (&'a Loaded, &'a Image)>) -> Self {
        let absolute =
            |(loaded, image): (&'a Loaded, &'a Image)| (loaded, image, from_root(&image.file));
        RecordedFiles(all.map(absolute).collect())
    }

    fn to_run(&self) -> Vec<ToRun<'_>> {
        let to_run = self.0.iter().map(|(loaded, image, file)| ToRun {
            module: &loaded.name,
            version: &image.version,
            digest: image.digest,
            file,
        });
        to_run.collect()
    }
}

/// A path from the root on.
pub(crate) fn from_root(file: &Path) -> PathBuf {
    std::path::absolute(file).unwrap_or_else(|_| file.to_owned())
}

/// The journal, if there is one, and the first version.
fn journal_of<'a>(all: &[(&'a Loaded, &'a Image)]) -> Option<(&'a Journal, &'a Image)> {
    let (loaded, image) = all.first()?;
    Some((loaded.settings.journal.as_deref()?, image))
}

fn unrecorded<'a>(what: &'a str, found: &'a str, help: &'a str) -> Reason<'a> {
    Reason {
        what,
        expected: "to be written, so that the next process begins with this version",
        found,
        help,
    }
}

fn cure(error: &io::Error, bytes: usize) -> String {
    let cure = whole::cure(error, bytes);
    format!("{cure}, or name another directory with `HostBuilder::state_dir`")
}

/// Tells that what runs could not be recorded.
fn tell(settings: &Settings, image: &Image, error: &io::Error) {
    let mut progress = Progress::new(&settings.events, &image.module, &image.version);
    progress.to(&image.version);
    let reason = format!("{error}\n  help: {}", cure(error, 0));
    progress.reaches_because(UpdateState::Unrecorded, &reason);
}
