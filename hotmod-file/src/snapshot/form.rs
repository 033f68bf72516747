//! How values of described types are written: in the order of their description, and by nothing else.
//!
//! | a value | is written as |
//! |---|---|
//! | `()`, a field with `skip` | nothing |
//! | `bool`, a number of one byte | that byte |
//! | another integer, a `char` | groups of seven bits, the lowest first; with a sign, 0, -1, 1, -2, … |
//! | a float | its bytes, the lowest first |
//! | a text, path, time or address | the number of its bytes, and these |
//! | a struct or tuple | its parts |
//! | an enum | the place of its variant, and its parts |
//! | an `Option` and the like | 0, or 1 and the value |
//! | a container | how many items, and these as a run |
//! | an array | its elements as a run |
//! | a `Box`, `Lazy`, `Mutex`, `Cell` and the like | the value in it |
//! | an `Arc` or `Rc` | the number of its item, and where that is new the item; of a slice, how many items, and these as a run |
//! | a `Weak` | 0, or the number of its item and one more |
//! | a field with `serde`, or with a codec | the number of its bytes, and these; one with `as` is the other value |
//!
//! A run of one item is that item. A run of several is written [`CHUNK`](encoding::CHUNK) items at a time, and these column
//! by column: an item is taken apart as far as it consists of structs, tuples and short arrays ([`Forms::columns`]), and of
//! each part of it those of all items follow each other. An item of a map is a key and a value.
//!
//! | a column of | is written as |
//! |---|---|
//! | numbers and the like of up to 64 bits | a column of numbers ([`write_column`](encoding::write_column)); floats with their bytes in reverse order, since most end in noughts |
//! | texts and the like | a column of the numbers of their bytes, and all of their bytes |
//! | containers | a column of the numbers of their items, and all of their items as one run |
//! | other values | these |

use std::collections::BTreeMap;

use super::encoding::{self, SnapshotReader};
use super::error::SnapshotError;
use hotmod::describe::{
    Attribute, Builtin, Described, Description, Field, Name, ScalarNumber, Shape, Type,
};

/// How values of a type are written, and of all types that it leads to. Types are named by their numbers.
#[derive(Clone, Debug)]
pub struct Forms {
    forms: Vec<Form>,
    types: Vec<Type>,
    columns: Vec<Vec<FormColumn>>,
    least: Vec<usize>,
    known: BTreeMap<Type, usize>,
}

/// How values of one type are written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Form {
    /// One value, which takes nothing.
    Unit,
    /// No value.
    Never,
    /// Something that is read in one step.
    Scalar(Scalar),
    /// Bytes behind their number: a text and the like.
    Written,
    /// Parts by name.
    Struct(Vec<FormField>),
    /// Parts.
    Tuple(Vec<usize>),
    /// One of several variants.
    Enum(Vec<FormVariant>),
    /// A value or none.
    Option(usize),
    /// The bounds of a range that an iteration may have used up.
    Bounds(usize),
    /// A container: of a map, an item is a key and a value.
    Items(Vec<usize>),
    /// So many values.
    Elements(usize, usize),
    /// A value in something that holds one; and whether it lies elsewhere.
    Inside(usize, bool),
    /// A value that may have several owners; and whether it is a slice.
    Shared(usize, bool),
    /// What leads to such a value.
    Weak(usize),
    /// What serde has written.
    Serde,
    /// What the codec of an opaque field has written.
    Coded,
    /// The other value by which it is carried over.
    As(usize),
    /// What is not carried over.
    Skip,
    /// What cannot be written.
    Opaque,
}

/// A value that is read in one step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scalar {
    /// A truth value.
    Bool,
    /// A character.
    Char,
    /// What two values compare to: 0 for less, 1 for equal, 2 for greater.
    Ordering,
    /// A number, and whether it is never nought.
    Number(ScalarNumber, bool),
}

impl Scalar {
    /// How many bytes it has in memory, and is aligned to.
    pub fn size(self) -> usize {
        match self {
            Scalar::Bool | Scalar::Ordering => 1,
            Scalar::Char => 4,
            Scalar::Number(number, _) => number.size.into(),
        }
    }

    /// The number that is written in a column for these bits, of which there are at most 64.
    #[inline]
    pub fn written(self, bits: u64) -> u64 {
        match self {
            Scalar::Bool | Scalar::Char => bits,
            // -1, 0 and 1.
            Scalar::Ordering => u64::from((bits as u8).wrapping_add(1)),
            Scalar::Number(number, _) if number.signed && !number.float => {
                let unused = 64 - 8 * u32::from(number.size);
                encoding::zigzag((bits << unused).cast_signed() >> unused)
            }
            Scalar::Number(number, _) if number.float => reversed(bits, number.size),
            Scalar::Number(..) => bits,
        }
    }

    /// The bits for which such a number was written; `None` if it was for none.
    #[inline]
    pub fn bits(self, written: u64) -> Option<u64> {
        match self {
            Scalar::Bool => (written <= 1).then_some(written),
            Scalar::Char => {
                let letter = u32::try_from(written).ok().and_then(char::from_u32);
                letter.map(|letter| u64::from(u32::from(letter)))
            }
            Scalar::Ordering => (written <= 2).then(|| u64::from((written as u8).wrapping_sub(1))),
            Scalar::Number(number, is_non_zero) => {
                let bits = 8 * u32::from(number.size);
                if bits < 64 && written >> bits != 0 || is_non_zero && written == 0 {
                    return None;
                }
                Some(match (number.signed, number.float) {
                    (_, true) => reversed(written, number.size),
                    (true, _) => encoding::unzigzag(written).cast_unsigned(),
                    _ => written,
                })
            }
        }
    }

    /// As [`bits`](Scalar::bits), of each of a column, in its place.
    ///
    /// # Errors
    ///
    /// If one was written for none.
    pub fn all_bits(self, numbers: &mut [u64]) -> Result<(), SnapshotError> {
        let fits = match self {
            Scalar::Number(number, is_non_zero) => {
                let bits = 8 * u32::from(number.size);
                let all = numbers.iter().fold(0, |all, it| all | it);
                let fits = bits == 64 || all >> bits == 0;
                match (number.signed, number.float) {
                    (_, true) => each(numbers, |it| reversed(it, number.size)),
                    (true, _) => each(numbers, |it| encoding::unzigzag(it).cast_unsigned()),
                    _ => {}
                }
                fits && !(is_non_zero && numbers.contains(&0))
            }
            Scalar::Bool => numbers.iter().all(|it| *it <= 1),
            Scalar::Char | Scalar::Ordering => {
                numbers.iter_mut().all(|number| match self.bits(*number) {
                    Some(bits) => {
                        *number = bits;
                        true
                    }
                    None => false,
                })
            }
        };
        match fits {
            true => Ok(()),
            false => Err(self.none()),
        }
    }

    /// Writes a value that stands by itself. These are its bits.
    #[inline]
    pub fn write(self, to: &mut Vec<u8>, bits: u128) {
        match (self, self.size()) {
            (Scalar::Number(number, _), 16) => {
                let written = match number.signed {
                    true => encoding::zigzag128(bits.cast_signed()),
                    false => bits,
                };
                encoding::write_varint(to, written);
            }
            (_, 1) => to.push(self.written(bits as u64) as u8),
            (Scalar::Number(number, _), size) if number.float => {
                to.extend_from_slice(&bits.to_le_bytes()[..size]);
            }
            _ => encoding::write_varint64(to, self.written(bits as u64)),
        }
    }

    /// Reads the bits of a value that stands by itself.
    ///
    /// # Errors
    ///
    /// If there is none.
    #[inline]
    pub fn read(self, from: &mut SnapshotReader<'_>) -> Result<u128, SnapshotError> {
        let bits = match (self, self.size()) {
            (Scalar::Number(number, is_non_zero), 16) => {
                let written = from.varint128()?;
                if is_non_zero && written == 0 {
                    return Err(self.none());
                }
                return Ok(match number.signed {
                    true => encoding::unzigzag128(written).cast_unsigned(),
                    false => written,
                });
            }
            (_, 1) => self.bits(from.byte()?.into()),
            (Scalar::Number(number, _), size) if number.float => {
                let mut whole = [0; 8];
                whole[..size].copy_from_slice(from.take(size)?);
                Some(u64::from_le_bytes(whole))
            }
            _ => self.bits(from.varint()?),
        };
        bits.map(u128::from).ok_or_else(|| self.none())
    }

    /// The error where there is no such value.
    #[cold]
    pub fn none(self) -> SnapshotError {
        let expected = match self {
            Scalar::Bool => "a truth value".to_owned(),
            Scalar::Char => "a character".to_owned(),
            Scalar::Ordering => "0, 1 or 2".to_owned(),
            Scalar::Number(number, false) => format!("a number of {} bytes", number.size),
            Scalar::Number(number, true) => {
                format!("a number of {} bytes that is not nought", number.size)
            }
        };
        SnapshotError::new(expected, "another")
    }
}

fn each(numbers: &mut [u64], made: impl Fn(u64) -> u64) {
    numbers
        .iter_mut()
        .for_each(|number| *number = made(*number));
}

/// A number of so many bytes with these in reverse order.
fn reversed(bits: u64, size: u8) -> u64 {
    bits.swap_bytes() >> (64 - 8 * u32::from(size))
}

/// A field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FormField {
    /// Its name.
    pub name: String,
    /// Its form.
    pub form: usize,
    /// Whether it is kept out of messages.
    pub is_secret: bool,
}

/// A variant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FormVariant {
    /// Its name.
    pub name: String,
    /// Its fields.
    pub fields: Vec<FormField>,
}

/// A column of a run: what each of its items has in one place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FormColumn {
    /// The way there from an item: which field, part or element, step by step.
    pub steps: Vec<usize>,
    /// The form of what is there.
    pub form: usize,
    /// How it is written.
    pub of: ColumnOf,
}

/// How a column is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColumnOf {
    /// As a column of numbers.
    Numbers(Scalar),
    /// As a column of lengths, and bytes.
    Texts,
    /// As a column of lengths, and one run of items.
    Items,
    /// One value after the other.
    Values,
}

/// Up to how many columns an item is taken apart into, and by how many steps. What has more is a value in a column:
/// what types a file describes must not decide how much memory it takes to know them.
const COLUMNS: usize = 64;
const STEPS: usize = 16;

impl Forms {
    /// Of this type; its own form is the first.
    pub fn of(description: &Description, ty: &Type) -> Self {
        Self::of_all(description, [ty])
    }

    /// Of these types, in this order.
    pub fn of_all<'t>(
        description: &Description,
        types: impl IntoIterator<Item = &'t Type>,
    ) -> Self {
        let mut forms = Forms {
            forms: Vec::new(),
            types: Vec::new(),
            columns: Vec::new(),
            least: Vec::new(),
            known: BTreeMap::new(),
        };
        for ty in types {
            forms.enter(ty);
        }
        let mut left: Vec<usize> = (0..forms.types.len()).collect();
        // One after the other, and not within each other: types may lead to each other thousands deep.
        while let Some(place) = left.pop() {
            let before = forms.types.len();
            let form = forms.made(description, &forms.types[place].clone());
            forms.forms[place] = form.unwrap_or(Form::Opaque);
            left.extend(before..forms.types.len());
        }
        forms.find_columns();
        forms.find_least();
        forms
    }

    /// The form of this number.
    pub fn get(&self, form: usize) -> &Form {
        &self.forms[form]
    }

    /// How many there are.
    #[expect(clippy::len_without_is_empty, reason = "the first is always there")]
    pub fn len(&self) -> usize {
        self.forms.len()
    }

    /// The type whose form it is.
    pub fn ty(&self, form: usize) -> &Type {
        &self.types[form]
    }

    /// The number of a type's form, if it was met.
    pub fn place(&self, ty: &Type) -> Option<usize> {
        self.known.get(ty).copied()
    }

    /// The columns of a run of such values, in the order of their description.
    pub fn columns(&self, form: usize) -> &[FormColumn] {
        &self.columns[form]
    }

    /// The way from a value to one of its columns, field by field.
    pub fn path(&self, form: usize, steps: &[usize]) -> String {
        self.way(form, steps, |fields, step| {
            format!(".{}", fields[step].name)
        })
    }

    /// The same, as it is shown.
    pub fn shown_path(&self, form: usize, steps: &[usize]) -> String {
        self.way(form, steps, |fields, step| self.step(fields, step))
    }

    /// The form that these steps lead to from a value.
    pub fn within(&self, form: usize, steps: &[usize]) -> Option<usize> {
        steps
            .iter()
            .try_fold(form, |form, step| self.part(form, *step))
    }

    /// One step further on.
    fn part(&self, form: usize, step: usize) -> Option<usize> {
        match &self.forms[form] {
            Form::Struct(fields) => fields.get(step).map(|field| field.form),
            Form::Tuple(parts) => parts.get(step).copied(),
            Form::Elements(_, item) => Some(*item),
            _ => None,
        }
    }

    fn way(
        &self,
        mut form: usize,
        steps: &[usize],
        into: impl Fn(&[FormField], usize) -> String,
    ) -> String {
        let mut path = String::new();
        for step in steps {
            let (part, name) = match &self.forms[form] {
                Form::Struct(fields) => (fields[*step].form, into(fields, *step)),
                Form::Tuple(parts) => (parts[*step], format!(".{step}")),
                Form::Elements(_, item) => (*item, format!("[{step}]")),
                _ => break,
            };
            path.push_str(&name);
            form = part;
        }
        path
    }

    /// How a path that is shown goes into a field. What carries a value over is no step of its own.
    pub fn step(&self, fields: &[FormField], place: usize) -> String {
        let field = &fields[place];
        match self.get(field.form) {
            Form::As(_) if fields.len() == 1 && field.name == "0" => String::new(),
            _ => format!(".{}", field.name),
        }
    }

    /// Whether a value consists of numbers and the like alone.
    pub fn is_flat(&self, form: usize) -> bool {
        let mut columns = self.columns[form].iter();
        columns.all(|it| matches!(it.of, ColumnOf::Numbers(_)))
    }

    /// How many bytes a value takes at least.
    pub fn least(&self, form: usize) -> usize {
        self.least[form]
    }

    /// What cannot be written of values of the first form: the ways there, each with the type.
    pub fn unwritable(&self) -> Vec<(String, Type)> {
        let mut found = Vec::new();
        let mut seen = vec![false; self.forms.len()];
        let mut left = vec![(0, self.types[0].to_string())];
        while let Some((form, path)) = left.pop() {
            if std::mem::replace(&mut seen[form], true) {
                continue;
            }
            let ty = &self.types[form];
            match &self.forms[form] {
                Form::Opaque => found.push((path, ty.clone())),
                Form::Struct(fields) => {
                    let parts = fields.iter();
                    left.extend(parts.map(|it| (it.form, format!("{path}.{}", it.name))));
                }
                Form::Enum(variants) => {
                    for variant in variants {
                        let (fields, name) = (variant.fields.iter(), &variant.name);
                        left.extend(
                            fields.map(|it| (it.form, format!("{path}::{name}.{}", it.name))),
                        );
                    }
                }
                Form::Tuple(parts) => {
                    let parts = parts.iter().enumerate();
                    left.extend(parts.map(|(place, form)| (*form, format!("{path}.{place}"))));
                }
                Form::Items(items) => {
                    left.extend(items.iter().map(|form| (*form, format!("{path}[]"))));
                }
                Form::Elements(_, item) => left.push((*item, format!("{path}[]"))),
                Form::Option(held) | Form::Bounds(held) | Form::As(held) => {
                    left.push((*held, path));
                }
                Form::Inside(held, _) | Form::Shared(held, _) => left.push((*held, path)),
                _ => {}
            }
        }
        found.sort();
        found
    }

    fn enter(&mut self, ty: &Type) -> usize {
        if let Some(place) = self.known.get(ty) {
            return *place;
        }
        let place = self.types.len();
        self.types.push(ty.clone());
        self.forms.push(Form::Opaque);
        self.known.insert(ty.clone(), place);
        place
    }

    /// `None` for a type that cannot be written.
    fn made(&mut self, description: &Description, ty: &Type) -> Option<Form> {
        if let Some(described) = description.types.get(ty) {
            return Some(self.derived(described));
        }
        if let Name::Array(len) = ty.name {
            let len = usize::try_from(len).ok()?;
            return Some(Form::Elements(len, self.enter(ty.args.first()?)));
        }
        let builtin = ty.builtin()?;
        if let Some(form) = self.pointing(builtin, ty) {
            return Some(form);
        }
        use Builtin::*;
        Some(match builtin {
            Unit | RangeFull | PhantomData | BuildHasherDefault => Form::Unit,
            Infallible => Form::Never,
            Bool | AtomicBool => Form::Scalar(Scalar::Bool),
            Char => Form::Scalar(Scalar::Char),
            CmpOrdering => Form::Scalar(Scalar::Ordering),
            String | RString | RCowStr | PathBuf | OsString | CString | Duration | RDuration
            | SystemTime | IpAddr | Ipv4Addr | Ipv6Addr | SocketAddr | SocketAddrV4
            | SocketAddrV6 => Form::Written,
            Vec | VecDeque | LinkedList | RVec | BinaryHeap | HashSet | BTreeSet | HashMap
            | BTreeMap | RHashMap | Entries | Elements => self.items(ty),
            Option | ROption | OnceCell | OnceLock => Form::Option(self.enter(ty.args.first()?)),
            Result | RResult => {
                let [ok, err] = ty.args.as_slice() else {
                    return None;
                };
                let (ok, err) = (self.enter(ok), self.enter(err));
                Form::Enum(vec![variant("Ok", &[ok]), variant("Err", &[err])])
            }
            Poll => {
                let ready = self.enter(ty.args.first()?);
                Form::Enum(vec![variant("Pending", &[]), variant("Ready", &[ready])])
            }
            Bound => {
                let bound = self.enter(ty.args.first()?);
                Form::Enum(vec![
                    variant("Included", &[bound]),
                    variant("Excluded", &[bound]),
                    variant("Unbounded", &[]),
                ])
            }
            Tuple | Tuple1 | Tuple2 | Tuple3 | Tuple4 => {
                Form::Tuple(ty.args.iter().map(|part| self.enter(part)).collect())
            }
            Range | RangeFrom | RangeTo | RangeToInclusive => {
                let bound = self.enter(ty.args.first()?);
                let names: &[&str] = match builtin {
                    Range => &["start", "end"],
                    RangeFrom => &["start"],
                    _ => &["end"],
                };
                Form::Struct(
                    names
                        .iter()
                        .map(|name| FormField::plain(name, bound))
                        .collect(),
                )
            }
            RangeInclusive => Form::Bounds(self.enter(ty.args.first()?)),
            Mutex | RwLock | Cell | RefCell | Wrapping | Saturating | Reverse => {
                Form::Inside(self.enter(ty.args.first()?), false)
            }
            RBox | Lazy => Form::Inside(self.enter(ty.args.first()?), true),
            Weak | RcWeak => {
                let held = ty.args.first()?;
                let held = match held.builtin() {
                    Some(Slice) => held.args.first()?,
                    _ => held,
                };
                Form::Weak(self.enter(held))
            }
            // A field of an opaque type that has a codec (`held_type`).
            Serde if !ty.args.is_empty() => Form::Coded,
            Serde => Form::Serde,
            As => Form::As(self.enter(ty.args.first()?)),
            Skipped => Form::Skip,
            other => Form::Scalar(Scalar::Number(other.number()?, other.is_non_zero())),
        })
    }

    /// What owns something that need not have a size.
    fn pointing(&mut self, builtin: Builtin, ty: &Type) -> Option<Form> {
        use Builtin::*;
        let held = ty.args.first()?;
        let (is_written, slice) = match held.builtin() {
            Some(Str | Path | OsStr | CStr) => (true, None),
            Some(Slice) => (false, Some(held.args.first()?)),
            _ => (false, None),
        };
        Some(match (builtin, slice) {
            (Box | Arc | Rc | Cow, _) if is_written => Form::Written,
            (Box | Cow, Some(_)) => self.items(ty),
            (Box, None) => Form::Inside(self.enter(held), true),
            (Arc | Rc | RArc, slice) => {
                Form::Shared(self.enter(slice.unwrap_or(held)), slice.is_some())
            }
            _ => return None,
        })
    }

    fn items(&mut self, ty: &Type) -> Form {
        Form::Items(ty.items().iter().map(|item| self.enter(item)).collect())
    }

    fn derived(&mut self, described: &Described) -> Form {
        let mut fields = |fields: &[Field]| -> Vec<FormField> {
            let field = |field: &Field| FormField {
                name: field.name.clone(),
                form: self.enter(&held_type(field)),
                is_secret: field.attributes.contains(&Attribute::Secret),
            };
            fields.iter().map(field).collect()
        };
        match &described.shape {
            Shape::Struct(of) => Form::Struct(fields(of)),
            Shape::Enum { variants, .. } => {
                let variants = variants.iter().map(|variant| FormVariant {
                    name: variant.name.clone(),
                    fields: fields(&variant.fields),
                });
                Form::Enum(variants.collect())
            }
        }
    }

    /// Finds the columns of each form, again and again until all are found. What lies within itself has no values; it is
    /// not taken apart.
    fn find_columns(&mut self) {
        let whole = |form| FormColumn {
            steps: Vec::new(),
            form,
            of: self.column_of(form),
        };
        self.columns = (0..self.forms.len()).map(|it| vec![whole(it)]).collect();
        let mut found = vec![false; self.forms.len()];
        let holders = self.holders();
        let mut left: Vec<usize> = (0..self.forms.len()).collect();
        while let Some(form) = left.pop() {
            if found[form] || !self.parts(form).iter().all(|part| found[*part]) {
                continue;
            }
            found[form] = true;
            if let Some(columns) = self.taken_apart(form) {
                self.columns[form] = columns;
            }
            left.extend(&holders[form]);
        }
    }

    fn column_of(&self, form: usize) -> ColumnOf {
        match &self.forms[form] {
            // One of 128 bits would not lie in a column of numbers of 64; what is atomic is read in its own way.
            Form::Scalar(scalar) if scalar.size() <= 8 && !is_atomic(&self.types[form]) => {
                ColumnOf::Numbers(*scalar)
            }
            Form::Written => ColumnOf::Texts,
            Form::Items(_) => ColumnOf::Items,
            _ => ColumnOf::Values,
        }
    }

    /// What is taken apart to be written column by column: its parts, each by its place.
    fn parts(&self, form: usize) -> Vec<usize> {
        match &self.forms[form] {
            Form::Struct(fields) => fields.iter().map(|it| it.form).collect(),
            Form::Tuple(parts) => parts.clone(),
            Form::Elements(len, item) => vec![*item; (*len).min(COLUMNS + 1)],
            _ => Vec::new(),
        }
    }

    /// `None` for what is not taken apart.
    fn taken_apart(&self, form: usize) -> Option<Vec<FormColumn>> {
        match &self.forms[form] {
            Form::Unit | Form::Skip => return Some(Vec::new()),
            Form::Struct(_) | Form::Tuple(_) | Form::Elements(..) => {}
            _ => return None,
        }
        let mut columns = Vec::new();
        for (place, part) in self.parts(form).into_iter().enumerate() {
            for column in &self.columns[part] {
                if columns.len() == COLUMNS || column.steps.len() == STEPS {
                    return None;
                }
                let mut steps = Vec::with_capacity(column.steps.len() + 1);
                steps.push(place);
                steps.extend(&column.steps);
                columns.push(FormColumn {
                    steps,
                    ..column.clone()
                });
            }
        }
        Some(columns)
    }

    /// For each form, those of which it is a direct part.
    fn holders(&self) -> Vec<Vec<usize>> {
        let mut holders = vec![Vec::new(); self.forms.len()];
        for (place, form) in self.forms.iter().enumerate() {
            let mut holds = |held: usize| holders[held].push(place);
            match form {
                Form::Struct(fields) => fields.iter().for_each(|it| holds(it.form)),
                Form::Tuple(parts) => parts.iter().copied().for_each(&mut holds),
                Form::Elements(_, held)
                | Form::Inside(held, _)
                | Form::As(held)
                | Form::Bounds(held) => holds(*held),
                _ => {}
            }
        }
        holders
    }

    /// Finds the least number of bytes that a value takes. What only leads back to itself has no value, and is left at
    /// nothing.
    fn find_least(&mut self) {
        self.least = vec![0; self.forms.len()];
        let holders = self.holders();
        let mut left: Vec<usize> = (0..self.forms.len()).collect();
        let mut turns = vec![0_u8; self.forms.len()];
        while let Some(form) = left.pop() {
            let least = self.least_of(form).min(1 << 32);
            turns[form] = turns[form].saturating_add(1);
            // A bound is enough: one that is found late is at most too small.
            if least > self.least[form] && turns[form] < u8::MAX {
                self.least[form] = least;
                left.extend(&holders[form]);
            }
        }
    }

    fn least_of(&self, form: usize) -> usize {
        let least = |form: &usize| self.least[*form];
        match &self.forms[form] {
            Form::Unit | Form::Skip | Form::Never | Form::Opaque => 0,
            // In a column, a number takes a byte, whatever it takes alone.
            Form::Scalar(_)
            | Form::Written
            | Form::Serde
            | Form::Coded
            | Form::Enum(_)
            | Form::Option(_) => 1,
            Form::Items(_) | Form::Shared(..) | Form::Weak(_) => 1,
            Form::Struct(fields) => fields.iter().map(|it| least(&it.form)).sum(),
            Form::Tuple(parts) => parts.iter().map(least).sum(),
            Form::Bounds(bound) => 1 + 2 * least(bound),
            Form::Elements(len, item) => len.saturating_mul(least(item)),
            Form::Inside(held, _) | Form::As(held) => least(held),
        }
    }
}

/// The type by which a snapshot holds a field: its own, or where a codec writes it a type that says so. No source can name
/// that one: what serde carries over has no parameters.
pub fn held_type(field: &Field) -> Type {
    match field.ty.opaque() {
        Some(_) if field.attributes.contains(&Attribute::Codec) => Type {
            name: Name::Builtin(Builtin::Serde),
            args: vec![field.ty.clone()],
        },
        _ => field.ty.clone(),
    }
}

/// The same description, in which the types of fields are those by which a snapshot holds them.
pub fn held(mut description: Description) -> Description {
    for described in description.types.values_mut() {
        for field in described.fields_mut() {
            field.ty = held_type(field);
        }
    }
    description
}

/// The same description without the fields that are secret: that of a snapshot which leaves them out.
pub fn without_secrets(mut description: Description) -> Description {
    let is_told = |field: &Field| !field.attributes.contains(&Attribute::Secret);
    for described in description.types.values_mut() {
        match &mut described.shape {
            Shape::Struct(fields) => fields.retain(is_told),
            Shape::Enum { variants, .. } => {
                for variant in variants {
                    variant.fields.retain(is_told);
                }
            }
        }
    }
    description
}

impl FormField {
    fn plain(name: &str, form: usize) -> Self {
        FormField {
            name: name.to_owned(),
            form,
            is_secret: false,
        }
    }
}

fn variant(name: &str, fields: &[usize]) -> FormVariant {
    FormVariant {
        name: name.to_owned(),
        fields: fields.iter().map(|it| FormField::plain("0", *it)).collect(),
    }
}

fn is_atomic(ty: &Type) -> bool {
    ty.builtin().is_some_and(|it| it.is_cell())
}
