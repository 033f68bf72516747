//! How large a description may be. A file can be hostile in its sizes, too: a few bytes can take many
//! in memory, and a few types can make walks over them long.

/// What one section may hold at most, all records together.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limit {
    /// In the words of a message.
    pub(super) what: &'static str,
    pub(super) most: usize,
}

const fn limit(most: usize, what: &'static str) -> Limit {
    Limit { what, most }
}

/// A generic type is described wherever it is mentioned, so there are more records than types.
pub(super) const RECORDS: Limit = limit(1 << 18, "records");
pub(super) const TYPES: Limit = limit(1 << 15, "described types");
pub(super) const FIELDS: Limit = limit(1 << 18, "fields");
pub(super) const VARIANTS: Limit = limit(1 << 17, "variants");
pub(super) const ATTRIBUTES: Limit = limit(1 << 17, "attributes");
/// Each mention of a type, and of each of its parameters.
pub(super) const MENTIONS: Limit = limit(1 << 20, "mentions of types");
pub(super) const SIGNATURES: Limit = limit(1 << 15, "functions, methods and imports");
pub(super) const PARAMS: Limit = limit(1 << 17, "parameters of functions");
/// States are planned one by one.
pub(super) const INTERFACES: Limit = limit(1 << 10, "interfaces");
pub(super) const INITS: Limit = limit(1 << 10, "inits");
/// Each is compared with all the types that it could lead to.
pub(super) const DOWNS: Limit = limit(256, "migrations down");
pub(super) const READS: Limit = limit(1 << 12, "migrations that name the form they take");
/// What all of it takes in memory, in bytes.
pub(super) const MEMORY: Limit = limit(256 << 20, "bytes of description in memory");

/// Each is compared with the same types again.
pub(super) const DOWNS_ALIKE: usize = 16;

/// The largest section that is read, in bytes.
pub(super) const SECTION: usize = 32 << 20;
/// How many types may lead to each other, one after the other. Plans go that deep.
pub(super) const DEPTH: usize = 1 << 13;

/// The longest name, in bytes.
pub(super) const TEXT: usize = 4096;
/// The most fields, variants or methods of one thing.
pub(super) const ITEMS: usize = 4096;
/// The most parameters of one function. Each is looked for by its name among those of the other side.
pub(super) const PARAMS_OF_ONE: usize = 255;
/// The deepest nesting of one type expression.
pub(super) const NESTING: usize = 64;
/// The most types in one type expression.
pub(super) const EXPRESSION: usize = 1024;
/// The longest type expression, in bytes of names: it is in every message about it.
pub(super) const EXPRESSION_TEXT: usize = 16 << 10;

/// What was read so far.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct ReadSoFar {
    records: usize,
    types: usize,
    fields: usize,
    variants: usize,
    attributes: usize,
    mentions: usize,
    signatures: usize,
    params: usize,
    interfaces: usize,
    inits: usize,
    downs: usize,
    reads: usize,
    memory: usize,
}

/// One thing that is counted against its limit.
#[derive(Clone, Copy, Debug)]
pub(super) enum Thing {
    Record,
    Type,
    Field,
    Variant,
    Attribute,
    Mention,
    Signature,
    Param,
    Interface,
    Init,
    Down,
    Reads,
}

impl ReadSoFar {
    /// Counts one more thing, or returns the limit that it exceeds.
    pub(super) fn one(&mut self, thing: Thing) -> Result<(), Limit> {
        let (count, limit) = match thing {
            Thing::Record => (&mut self.records, RECORDS),
            Thing::Type => (&mut self.types, TYPES),
            Thing::Field => (&mut self.fields, FIELDS),
            Thing::Variant => (&mut self.variants, VARIANTS),
            Thing::Attribute => (&mut self.attributes, ATTRIBUTES),
            Thing::Mention => (&mut self.mentions, MENTIONS),
            Thing::Signature => (&mut self.signatures, SIGNATURES),
            Thing::Param => (&mut self.params, PARAMS),
            Thing::Interface => (&mut self.interfaces, INTERFACES),
            Thing::Init => (&mut self.inits, INITS),
            Thing::Down => (&mut self.downs, DOWNS),
            Thing::Reads => (&mut self.reads, READS),
        };
        *count += 1;
        match *count > limit.most {
            true => Err(limit),
            false => Ok(()),
        }
    }

    /// Counts bytes that are allocated.
    pub(super) fn bytes(&mut self, bytes: usize) -> Result<(), Limit> {
        self.memory = self.memory.saturating_add(bytes);
        match self.memory > MEMORY.most {
            true => Err(MEMORY),
            false => Ok(()),
        }
    }

    /// How many bytes were allocated.
    pub(super) fn memory(&self) -> usize {
        self.memory
    }

    /// Forgets what was counted since, except the records: the things are known already and are not
    /// kept.
    pub(super) fn forgive(&mut self, before: ReadSoFar) {
        *self = ReadSoFar {
            records: self.records,
            ..before
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_thing_has_a_limit_of_its_own() {
        use Thing::*;
        let all = [
            (Record, RECORDS),
            (Type, TYPES),
            (Field, FIELDS),
            (Variant, VARIANTS),
            (Attribute, ATTRIBUTES),
            (Mention, MENTIONS),
            (Signature, SIGNATURES),
            (Param, PARAMS),
            (Interface, INTERFACES),
            (Init, INITS),
            (Down, DOWNS),
            (Reads, READS),
        ];
        let mut spent = ReadSoFar::default();
        for (thing, limit) in all {
            for _ in 0..limit.most {
                assert!(spent.one(thing).is_ok(), "{thing:?}");
            }
            let refused = spent.one(thing).unwrap_err();
            assert_eq!((refused.what, refused.most), (limit.what, limit.most));
        }
        assert!(spent.bytes(MEMORY.most).is_ok());
        assert_eq!(spent.bytes(1).unwrap_err().what, MEMORY.what);
        assert_eq!(spent.bytes(usize::MAX).unwrap_err().what, MEMORY.what);
    }

    /// Things that are not kept count only as the records that they were in.
    #[test]
    fn what_is_not_kept_costs_a_record_alone() {
        let mut spent = ReadSoFar::default();
        let before = spent;
        for _ in 0..3 {
            spent.one(Thing::Record).unwrap();
            spent.one(Thing::Field).unwrap();
            spent.bytes(100).unwrap();
        }
        spent.forgive(before);
        assert_eq!((spent.records, spent.fields, spent.memory), (3, 0, 0));
    }
}
