//! The generic types that a record mentions: it describes them too, since they cannot emit a record
//! themselves.

use std::any::TypeId;

use super::writer::{Writer, type_desc};
use crate::describe::depth::{GENERIC_DEPTH, deepest, depths};
use crate::describe::format::{IDENTITY, RecordKind};
use crate::describe::model::{
    Body, FieldDesc, Head, Instances, SignatureDesc, TypeDesc, same_text,
};

/// The types that a record describes or mentions.
#[derive(Clone, Copy)]
pub struct Mentioned {
    /// The type that the record is of, if it is the record of a type.
    pub own: Option<&'static TypeDesc>,
    /// The methods of the interface that the record is of, which mention others.
    pub methods: &'static [SignatureDesc],
    /// The other parts of the record that mention types.
    pub roots: &'static [&'static Instances],
}

impl Mentioned {
    /// No types.
    pub const NONE: Mentioned = Mentioned::by(&[]);

    /// The types that these mention.
    pub const fn by(roots: &'static [&'static Instances]) -> Self {
        Mentioned {
            own: None,
            methods: &[],
            roots,
        }
    }
}

/// How many different generic types one record may mention.
const MOST: usize = 128;

/// The generic types that are mentioned, each once.
pub(super) struct Seen {
    entries: [Option<(&'static TypeDesc, usize)>; MOST],
    len: usize,
}

/// Which types were met, each as often as it was met: while a module is compiled, no two identities can
/// be compared.
pub struct Met<const M: usize> {
    /// The first of them.
    identities: [TypeId; M],
    /// For each of these, its place among the types that names tell apart; the first of those is the type that
    /// the record is of.
    places: [usize; M],
    len: usize,
}

impl<const M: usize> Met<M> {
    pub(super) const fn new() -> Self {
        Met {
            identities: [TypeId::of::<()>(); M],
            places: [0; M],
            len: 0,
        }
    }

    /// How many a record describes or mentions: so many identities stand at its end.
    pub const fn count(&self) -> usize {
        self.len
    }

    /// The identities that a record of types ends with.
    pub const fn identities(&self) -> [TypeId; M] {
        assert!(self.len == M, "other types than were counted");
        self.identities
    }

    const fn meet(&mut self, place: usize, identity: TypeId) {
        if self.len < M {
            self.identities[self.len] = identity;
            self.places[self.len] = place;
        }
        self.len += 1;
    }
}

impl Seen {
    pub(super) const fn of<const M: usize>(mentioned: &Mentioned, met: &mut Met<M>) -> Self {
        let mut seen = Seen {
            entries: [None; MOST],
            len: 0,
        };
        if let Some(own) = mentioned.own {
            met.meet(0, own.identity);
        }
        let mut i = 0;
        while i < mentioned.methods.len() {
            seen.collect_all(mentioned.methods[i].instances, met);
            i += 1;
        }
        seen.collect_all(mentioned.roots, met);
        seen
    }

    const fn collect_all<const M: usize>(
        &mut self,
        roots: &[&'static Instances],
        met: &mut Met<M>,
    ) {
        let mut i = 0;
        while i < roots.len() {
            self.collect(roots[i], GENERIC_DEPTH, met);
            i += 1;
        }
    }

    pub(super) const fn write(&self, writer: &mut Writer<'_>) {
        let mut i = 0;
        while i < self.len {
            if let Some((desc, depth)) = self.entries[i] {
                assert!(
                    depth > 0,
                    concat!(
                        "generic types or earlier forms nest through more than ",
                        depths!(number, deepest),
                        " levels of fields: give one of the inner types a form without parameters, \
                         or take an inner type back by a function of its own [HM-0931]"
                    )
                );
                type_desc(writer, desc);
            }
            i += 1;
        }
    }

    /// Refuses forms with a field that hotmod cannot look into: no record has the identity of its type.
    pub(super) const fn require_known(&self, handed_back: bool) {
        let mut i = 0;
        while i < self.len {
            if let Some((desc, _)) = self.entries[i] {
                match desc.body {
                    Body::Struct(fields) => require_known(fields, handed_back),
                    Body::Enum { variants, .. } => {
                        let mut i = 0;
                        while i < variants.len() {
                            require_known(variants[i].fields, handed_back);
                            i += 1;
                        }
                    }
                }
            }
            i += 1;
        }
    }

    /// Notes that the fields of `desc` are looked at down to this depth; `false` if they
    /// were already looked at as deep.
    const fn visit<const M: usize>(
        &mut self,
        desc: &'static TypeDesc,
        depth: usize,
        met: &mut Met<M>,
    ) -> bool {
        let mut i = 0;
        while i < self.len {
            if let Some((seen, best)) = self.entries[i]
                && seen.name.is_same(&desc.name)
            {
                assert!(
                    seen.is_same(desc),
                    "two different types under one id: give one of them another with \
                     #[state(id = \"…\")] [HM-0931]"
                );
                // They may still be two types: in two places of the source, or in one place where a
                // macro was called.
                if same_text(seen.location, desc.location) {
                    met.meet(i + 1, desc.identity);
                    if best >= depth {
                        return false;
                    }
                    self.entries[i] = Some((seen, depth));
                    return true;
                }
            }
            i += 1;
        }
        assert!(
            self.len < MOST,
            "one signature or type mentions more than 128 generic types [HM-0931]"
        );
        self.entries[self.len] = Some((desc, depth));
        self.len += 1;
        met.meet(self.len, desc.identity);
        true
    }

    const fn collect<const M: usize>(
        &mut self,
        instances: &Instances,
        depth: usize,
        met: &mut Met<M>,
    ) {
        let depth = match instances.own {
            Some(desc) => {
                let left = if instances.cut { 0 } else { depth };
                if !self.visit(desc, left, met) || instances.cut {
                    return;
                }
                depth - 1
            }
            None => depth,
        };
        let mut i = 0;
        while i < instances.parts.len() {
            self.collect(instances.parts[i], depth, met);
            i += 1;
        }
    }
}

/// Writes the records of the generic types that a record mentions, each once, and the record that says
/// which types all of them are, except for its last bytes: see [`Met::identities`]. With `M` nought it
/// counts.
pub const fn mentioned<const M: usize>(writer: &mut Writer<'_>, mentioned: &Mentioned) -> Met<M> {
    let mut met = Met::new();
    let seen = Seen::of(mentioned, &mut met);
    seen.write(writer);
    if met.len == 0 {
        return met;
    }
    let record = writer.open(RecordKind::Identities);
    writer.count(1 + seen.len);
    writer.source(mentioned.own);
    let mut i = 0;
    while i < seen.len {
        if let Some((desc, _)) = seen.entries[i] {
            writer.source(Some(desc));
        }
        i += 1;
    }
    writer.count(met.len);
    let mut i = 0;
    while i < met.len {
        writer.count(if i < M { met.places[i] } else { 0 });
        i += 1;
    }
    writer.len += IDENTITY * met.len;
    writer.close(record);
    writer.len -= IDENTITY * met.len;
    met
}

const fn require_known(fields: &[FieldDesc], handed_back: bool) {
    let mut i = 0;
    while i < fields.len() {
        let is_known = !matches!(fields[i].ty.head, Head::Opaque(_));
        assert!(
            is_known || !handed_back,
            "an earlier form with an `opaque` field can be read, but not be handed back: take the \
             types around it back by functions of their own [HM-0931]"
        );
        assert!(
            is_known,
            "an earlier form with an `opaque` field can be read by `Old::read` alone: let the function take \
             `&Old<'_>` [HM-0931]"
        );
        i += 1;
    }
}
