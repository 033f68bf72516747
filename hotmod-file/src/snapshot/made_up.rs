//! Values that are made up, as they would be written: from a description, and a sequence of choices.
//!
//! The same choices make the same value, and smaller or fewer choices a smaller one. So a value is made smaller by
//! changing its choices, whatever its type (as the library Hypothesis for Python does).

use std::collections::BTreeSet;

use hotmod::describe::Builtin;

use super::encoding::{CHUNK, write_bytes, write_column, write_varint64};
use super::form::{ColumnOf, Form, FormColumn, FormField, Forms, Scalar};

/// How deep values lie within each other before the shallowest variants, `None` and empty containers are chosen.
const DEEP: usize = 8;

/// How many choices one value takes at most before everything is chosen as small as it can be.
const MOST: usize = 4096;

/// What a value is made of.
#[derive(Clone, Debug)]
pub struct Choices {
    given: Vec<u64>,
    /// What follows after those that were given; without, noughts do.
    random: Option<u64>,
    made: Vec<u64>,
}

impl Choices {
    /// These, and then noughts.
    pub fn given(choices: &[u64]) -> Self {
        Choices {
            given: choices.to_vec(),
            random: None,
            made: Vec::new(),
        }
    }

    /// Random ones. The same seed gives the same.
    pub fn random(seed: u64) -> Self {
        Choices {
            given: Vec::new(),
            random: Some(seed),
            made: Vec::new(),
        }
    }

    /// Those that were made so far.
    pub fn made(&self) -> &[u64] {
        &self.made
    }

    fn next(&mut self) -> u64 {
        let choice = match (self.given.get(self.made.len()), &mut self.random) {
            _ if self.made.len() >= MOST => return 0,
            (Some(given), _) => *given,
            (None, Some(state)) => {
                // SplitMix64, by Guy Steele, Doug Lea and Christine Flood.
                *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
                let mut mixed = *state;
                mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
                mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
                mixed ^ (mixed >> 31)
            }
            (None, None) => 0,
        };
        self.made.push(choice);
        choice
    }

    /// One of so many.
    fn of(&mut self, count: usize) -> usize {
        (self.next() % count.max(1) as u64) as usize
    }
}

/// A value of the first form, as written; or why there can be none: the type of which nothing can be made up.
///
/// # Errors
///
/// As said.
pub fn made_up(forms: &Forms, choices: &mut Choices) -> Result<Vec<u8>, String> {
    let depths = depths(forms);
    if depths[0].is_none() {
        return Err(format!(
            "no value of `{}` can be made up: it cannot be written, or leads to itself without end",
            forms.ty(0)
        ));
    }
    let mut making = Making {
        forms,
        depths,
        shares: shares(forms),
        choices,
        to: Vec::new(),
        items: Vec::new(),
        deep: 0,
    };
    making.value(0);
    Ok(making.to)
}

/// The depth of the shallowest value of each form; `None` where there is no value.
fn depths(forms: &Forms) -> Vec<Option<usize>> {
    let mut depths: Vec<Option<usize>> = vec![None; forms.len()];
    loop {
        let mut has_changed = false;
        for form in 0..forms.len() {
            let found = depth(forms, form, &depths);
            if let Some(found) = found
                && depths[form].is_none_or(|before| found < before)
            {
                depths[form] = Some(found);
                has_changed = true;
            }
        }
        if !has_changed {
            return depths;
        }
    }
}

fn depth(forms: &Forms, form: usize, known: &[Option<usize>]) -> Option<usize> {
    let all = |parts: &mut dyn Iterator<Item = usize>| {
        let mut deepest = 0;
        for part in parts {
            deepest = deepest.max(known[part]?);
        }
        Some(deepest + 1)
    };
    match forms.get(form) {
        Form::Never | Form::Opaque | Form::Coded => None,
        Form::Struct(fields) => all(&mut fields.iter().map(|it| it.form)),
        Form::Tuple(parts) => all(&mut parts.iter().copied()),
        Form::Enum(variants) => {
            let variants = variants.iter();
            variants
                .filter_map(|it| all(&mut it.fields.iter().map(|field| field.form)))
                .min()
        }
        Form::Elements(0, _) => Some(0),
        Form::Bounds(held)
        | Form::Elements(_, held)
        | Form::Inside(held, _)
        | Form::Shared(held, false)
        | Form::As(held) => Some(known[*held]? + 1),
        _ => Some(0),
    }
}

/// Of each form, whether something with several owners may be in its values.
fn shares(forms: &Forms) -> Vec<bool> {
    let mut shares = vec![false; forms.len()];
    loop {
        let mut has_changed = false;
        for form in 0..forms.len() {
            let is = match forms.get(form) {
                Form::Shared(..) | Form::Weak(_) => true,
                Form::Struct(fields) => fields.iter().any(|it| shares[it.form]),
                Form::Enum(variants) => (variants.iter())
                    .flat_map(|it| &it.fields)
                    .any(|it| shares[it.form]),
                Form::Tuple(parts) | Form::Items(parts) => parts.iter().any(|it| shares[*it]),
                Form::Option(held)
                | Form::Bounds(held)
                | Form::Elements(_, held)
                | Form::Inside(held, _)
                | Form::As(held) => shares[*held],
                _ => false,
            };
            has_changed |= is != shares[form];
            shares[form] = is;
        }
        if !has_changed {
            return shares;
        }
    }
}

struct Making<'m> {
    forms: &'m Forms,
    depths: Vec<Option<usize>>,
    shares: Vec<bool>,
    choices: &'m mut Choices,
    to: Vec<u8>,
    /// The items with several owners: their forms, and whether each is a slice. What is not whole yet leads nowhere.
    items: Vec<(usize, bool, bool)>,
    deep: usize,
}

impl Making<'_> {
    fn is_deep(&self) -> bool {
        self.deep >= DEEP || self.choices.made.len() >= MOST
    }

    fn value(&mut self, form: usize) {
        self.deep += 1;
        self.at(form);
        self.deep -= 1;
    }

    fn at(&mut self, form: usize) {
        let forms = self.forms;
        match forms.get(form) {
            // Of `Never` and `Opaque` there is none, and nothing is chosen that needs one.
            Form::Unit | Form::Skip | Form::Never | Form::Opaque | Form::Coded => {}
            Form::Scalar(scalar) => {
                let bits = self.scalar(*scalar);
                scalar.write(&mut self.to, bits);
            }
            Form::Written => {
                let bytes = self.written(form);
                write_bytes(&mut self.to, &bytes);
            }
            Form::Struct(fields) => self.fields(fields),
            Form::Tuple(parts) => parts.iter().for_each(|part| self.value(*part)),
            Form::Enum(variants) => {
                let depth = |it: usize| {
                    let fields = variants[it].fields.iter();
                    let depths: Option<Vec<usize>> =
                        fields.map(|it| self.depths[it.form]).collect();
                    depths.map(|all| all.into_iter().max().unwrap_or(0))
                };
                let mut can_be: Vec<usize> = (0..variants.len())
                    .filter(|it| depth(*it).is_some())
                    .collect();
                if self.is_deep() {
                    let least = can_be.iter().filter_map(|it| depth(*it)).min();
                    can_be.retain(|it| depth(*it) == least);
                }
                let Some(place) = can_be.get(self.choices.of(can_be.len())).copied() else {
                    return;
                };
                write_varint64(&mut self.to, place as u64);
                self.fields(&variants[place].fields);
            }
            Form::Option(held) => {
                let is_some =
                    self.depths[*held].is_some() && !self.is_deep() && self.choices.of(2) == 1;
                self.to.push(is_some.into());
                if is_some {
                    self.value(*held);
                }
            }
            Form::Bounds(bound) => {
                let from = self.to.len();
                self.value(*bound);
                let is_counted = forms.ty(*bound).builtin().is_some_and(Builtin::is_counted);
                // Of one that an iteration has used up, the bounds are equal.
                let is_exhausted = is_counted && self.choices.of(4) == 3;
                match is_exhausted {
                    true => self.to.extend_from_within(from..),
                    false => self.value(*bound),
                }
                self.to.push(is_exhausted.into());
            }
            Form::Items(parts) => {
                let (len, made) = self.container(form, parts);
                write_varint64(&mut self.to, len as u64);
                self.run(parts, len, &made);
            }
            Form::Elements(len, item) => self.run(&[*item], *len, &[]),
            Form::Inside(held, _) | Form::As(held) => self.value(*held),
            Form::Shared(held, is_slice) => self.owner(*held, *is_slice),
            Form::Weak(held) => {
                let items = self.items.iter().enumerate();
                let known: Vec<usize> = items
                    .filter(|(_, it)| it.0 == *held && it.2)
                    .map(|(place, _)| place + 1)
                    .collect();
                let number = match self.choices.of(known.len() + 1) {
                    0 => 0,
                    choice => known[choice - 1],
                };
                write_varint64(&mut self.to, number as u64);
            }
            // What serde would write of the type is not described. Of one that takes nothing, it is this.
            Form::Serde => write_bytes(&mut self.to, &[0xc0]),
        }
    }

    fn fields(&mut self, fields: &[FormField]) {
        fields.iter().for_each(|it| self.value(it.form));
    }

    /// The bits of a value that is read in one step: often one at an edge.
    fn scalar(&mut self, scalar: Scalar) -> u128 {
        let choice = self.choices.next();
        let wide = u128::from(choice >> 3);
        match scalar {
            Scalar::Bool => u128::from(choice & 1),
            Scalar::Ordering => [0, 1, 0xff][(choice % 3) as usize],
            Scalar::Char => {
                let edges = ['a', '\0', 'ü', '\u{7f}', '\u{d7ff}', '\u{e000}', char::MAX];
                let edge = edges.get((choice % 8) as usize).copied();
                let letter = edge.or_else(|| char::from_u32((wide % 0x11_0000) as u32));
                u128::from(u32::from(letter.unwrap_or('b')))
            }
            Scalar::Number(number, is_non_zero) => {
                let bits = 8 * u32::from(number.size);
                let mask = u128::MAX >> (128 - bits);
                let edges = match number.float {
                    true => &float_edges(number.size)[..],
                    false => &[0, 1, mask, mask >> 1, (mask >> 1) + 1, 2],
                };
                let edge = edges.get((choice % 8) as usize).copied();
                let chosen = edge.unwrap_or_else(|| match number.float {
                    // A number that people write.
                    true if number.size == 4 => (wide as u16 as f32 / 8.0).to_bits().into(),
                    true => (wide as u16 as f64 / 8.0).to_bits().into(),
                    false => wide.wrapping_mul(0x0001_0000_0001),
                }) & mask;
                match is_non_zero && chosen == 0 {
                    true => 1,
                    false => chosen,
                }
            }
        }
    }

    /// The bytes of a text and the like, or of what owns such.
    fn written(&mut self, form: usize) -> Vec<u8> {
        let ty = self.forms.ty(form);
        let held = ty.args.first().and_then(|it| it.builtin());
        let ty = ty.builtin();
        use Builtin::{
            CStr, CString, Duration, IpAddr, Ipv4Addr, Ipv6Addr, RDuration, SocketAddr,
            SocketAddrV4, SocketAddrV6, SystemTime,
        };
        let choice = self.choices.next();
        match ty {
            Some(Duration | RDuration | SystemTime) => {
                let seconds = [0, 1, 59, 1 << 31, 253_402_300_799, choice % 4_000_000_000];
                let nanos = [0, 999_999_999, 1, 500_000_000];
                let mut bytes = vec![0];
                bytes.extend(u64::to_le_bytes(seconds[(choice % 6) as usize]));
                bytes.extend(u32::to_le_bytes(nanos[(choice / 6 % 4) as usize]));
                bytes
            }
            Some(Ipv4Addr) => address(choice, false),
            Some(Ipv6Addr) => address(choice, true),
            Some(IpAddr) => address(choice / 2, choice % 2 == 1),
            Some(SocketAddrV4) => socket(choice, false),
            Some(SocketAddrV6) => socket(choice, true),
            Some(SocketAddr) => socket(choice / 2, choice % 2 == 1),
            _ => {
                let is_c = ty == Some(CString) || held == Some(CStr);
                let text = match choice % 8 {
                    0 => String::new(),
                    1 => "a".to_owned(),
                    2 => "für \u{10ffff}".to_owned(),
                    3 if !is_c => "\0".to_owned(),
                    4 => "x".repeat(300),
                    5 => " \"'\\\n".to_owned(),
                    _ => format!("t{}", choice >> 3),
                };
                text.into_bytes()
            }
        }
    }

    /// How many items there are of these forms.
    fn len(&mut self, parts: &[usize]) -> usize {
        if self.is_deep() || parts.iter().any(|it| self.depths[*it].is_none()) {
            return 0;
        }
        match self.choices.of(16) {
            15 if parts.iter().all(|it| self.forms.is_flat(*it)) => CHUNK + 1,
            13..=15 => 10,
            few => few % 5,
        }
    }

    /// How many items a container of this form has, and those parts of them that are made before they are written: keys and
    /// elements, of which it has each once.
    fn container(&mut self, form: usize, parts: &[usize]) -> (usize, Vec<MadeItem>) {
        let len = self.len(parts);
        if !has_each_once(self.forms.ty(form).builtin()) {
            return (len, Vec::new());
        }
        // What several owners share has its number where it is written first, and not where it is made first.
        let len = if self.shares[parts[0]] {
            len.min(1)
        } else {
            len
        };
        let keys = (0..len).map(|_| vec![self.made(parts[0])]).collect();
        let keys = self.distinct(form, keys);
        (keys.len(), keys)
    }

    /// A value, to be compared with others before it is written.
    fn made(&mut self, form: usize) -> MadeValue {
        self.deep += 1;
        let forms = self.forms;
        let made = match forms.get(form) {
            Form::Scalar(scalar) => MadeValue::Scalar(self.scalar(*scalar)),
            Form::Written => MadeValue::Text(self.written(form)),
            Form::Struct(fields) => {
                MadeValue::Parts(fields.iter().map(|it| self.made(it.form)).collect())
            }
            Form::Tuple(parts) => MadeValue::Parts(parts.iter().map(|it| self.made(*it)).collect()),
            Form::Elements(len, item) => {
                MadeValue::Parts((0..*len).map(|_| self.made(*item)).collect())
            }
            Form::Items(parts) => {
                let len = if self.shares[form] {
                    0
                } else {
                    self.len(parts)
                };
                let items = (0..len).map(|_| parts.iter().map(|it| self.made(*it)).collect());
                let items = items.collect();
                MadeValue::Items(self.distinct(form, items))
            }
            _ => {
                let before = std::mem::take(&mut self.to);
                self.at(form);
                MadeValue::Written(std::mem::replace(&mut self.to, before))
            }
        };
        self.deep -= 1;
        made
    }

    /// The items of a container, each once where it has each once. In one that has no order of its own they stand in one
    /// order, so that equal containers are equal here.
    fn distinct(&self, form: usize, items: Vec<MadeItem>) -> Vec<MadeItem> {
        let ty = self.forms.ty(form).builtin();
        if !has_each_once(ty) {
            return items;
        }
        let mut known = BTreeSet::new();
        let mut items = items;
        items.retain(|item| known.insert(item[0].clone()));
        if !matches!(ty, Some(Builtin::Elements | Builtin::Entries)) {
            items.sort();
        }
        items
    }

    /// So many items of these parts. The first parts of some were made before.
    fn run(&mut self, parts: &[usize], len: usize, made: &[MadeItem]) {
        let forms = self.forms;
        let made = |item: usize, part: usize| made.get(item).and_then(|it| it.get(part));
        if len == 1 {
            for (place, part) in parts.iter().enumerate() {
                match made(0, place) {
                    Some(made) => self.write(*part, made),
                    None => self.value(*part),
                }
            }
            return;
        }
        for start in (0..len).step_by(CHUNK) {
            let chunk = start..len.min(start + CHUNK);
            for (place, part) in parts.iter().enumerate() {
                for column in forms.columns(*part) {
                    let made = chunk
                        .clone()
                        .map(|item| Some(made(item, place)?.at(&column.steps)));
                    self.column(column, &made.collect::<Vec<_>>());
                }
            }
        }
    }

    /// A column: of each item what was made before, or else is made now.
    fn column(&mut self, column: &FormColumn, made: &[Option<&MadeValue>]) {
        match column.of {
            ColumnOf::Numbers(scalar) => {
                let numbers = made.iter().map(|it| {
                    let bits = match it {
                        Some(MadeValue::Scalar(bits)) => *bits,
                        _ => self.scalar(scalar),
                    };
                    scalar.written(bits as u64)
                });
                let numbers: Vec<u64> = numbers.collect();
                write_column(&mut self.to, &numbers);
            }
            ColumnOf::Texts => {
                let texts = made.iter().map(|it| match it {
                    Some(MadeValue::Text(text)) => text.clone(),
                    _ => self.written(column.form),
                });
                let texts: Vec<Vec<u8>> = texts.collect();
                let lengths: Vec<u64> = texts.iter().map(|it| it.len() as u64).collect();
                write_column(&mut self.to, &lengths);
                self.to.extend(texts.concat());
            }
            ColumnOf::Items => {
                let Form::Items(parts) = self.forms.get(column.form) else {
                    unreachable!("bug in hotmod: a column of items that are none")
                };
                let mut lengths = Vec::new();
                let mut items = Vec::new();
                for it in made {
                    let (len, mut made) = match it {
                        Some(MadeValue::Items(items)) => (items.len(), items.clone()),
                        _ => self.container(column.form, parts),
                    };
                    made.resize(len, MadeItem::new());
                    lengths.push(len as u64);
                    items.append(&mut made);
                }
                write_column(&mut self.to, &lengths);
                self.deep += 1;
                self.run(parts, items.len(), &items);
                self.deep -= 1;
            }
            ColumnOf::Values => {
                for it in made {
                    match it {
                        Some(made) => self.write(column.form, made),
                        None => self.value(column.form),
                    }
                }
            }
        }
    }

    /// Writes a value that was made before.
    fn write(&mut self, form: usize, made: &MadeValue) {
        let forms = self.forms;
        match (forms.get(form), made) {
            (Form::Scalar(scalar), MadeValue::Scalar(bits)) => scalar.write(&mut self.to, *bits),
            (_, MadeValue::Text(text)) => write_bytes(&mut self.to, text),
            (_, MadeValue::Written(written)) => self.to.extend_from_slice(written),
            (Form::Struct(fields), MadeValue::Parts(parts)) => {
                let fields = fields.iter().zip(parts);
                fields.for_each(|(field, part)| self.write(field.form, part));
            }
            (Form::Tuple(forms), MadeValue::Parts(parts)) => {
                let parts = forms.iter().zip(parts);
                parts.for_each(|(form, part)| self.write(*form, part));
            }
            (Form::Elements(len, item), MadeValue::Parts(parts)) => {
                let items: Vec<MadeItem> = parts.iter().map(|it| vec![it.clone()]).collect();
                self.run(&[*item], *len, &items);
            }
            (Form::Items(parts), MadeValue::Items(items)) => {
                write_varint64(&mut self.to, items.len() as u64);
                self.run(parts, items.len(), items);
            }
            _ => unreachable!("bug in hotmod: a value was made of another form"),
        }
    }

    fn owner(&mut self, held: usize, is_slice: bool) {
        let items = self.items.iter().enumerate();
        let known: Vec<usize> = items
            .filter(|(_, it)| **it == (held, is_slice, true))
            .map(|(place, _)| place)
            .collect();
        let number = match self.choices.of(known.len() + 1) {
            0 => self.items.len(),
            choice => known[choice - 1],
        };
        write_varint64(&mut self.to, number as u64);
        if number < self.items.len() {
            return;
        }
        self.items.push((held, is_slice, false));
        let len = match is_slice {
            true => {
                let len = self.len(&[held]);
                write_varint64(&mut self.to, len as u64);
                len
            }
            false => 1,
        };
        self.run(&[held], len, &[]);
        // From here on, others may own it too: before, it would own itself.
        self.items[number].2 = true;
    }
}

fn float_edges(size: u8) -> [u128; 7] {
    match size {
        4 => [
            0.0,
            1.0,
            -0.0,
            f32::MAX,
            f32::MIN_POSITIVE,
            f32::INFINITY,
            f32::NAN,
        ]
        .map(|it| it.to_bits().into()),
        _ => [
            0.0,
            1.0,
            -0.0,
            f64::MAX,
            f64::MIN_POSITIVE,
            f64::INFINITY,
            f64::NAN,
        ]
        .map(|it| it.to_bits().into()),
    }
}

fn address(choice: u64, is_six: bool) -> Vec<u8> {
    let six = [0, u128::MAX, 1, u128::from(choice)];
    match is_six {
        true => six[(choice % 4) as usize].to_be_bytes().to_vec(),
        false => ((choice / 4) as u32).to_be_bytes().to_vec(),
    }
}

fn socket(choice: u64, is_six: bool) -> Vec<u8> {
    let mut bytes = (choice as u16).to_le_bytes().to_vec();
    if is_six {
        bytes.extend([0; 8]);
    }
    bytes.extend(address(choice >> 16, is_six));
    bytes
}

/// Whether a container has each of its keys or elements once.
fn has_each_once(ty: Option<Builtin>) -> bool {
    use Builtin::{BTreeMap, BTreeSet, Elements, Entries, HashMap, HashSet, RHashMap};
    matches!(
        ty,
        Some(BTreeMap | BTreeSet | Elements | Entries | HashMap | HashSet | RHashMap)
    )
}

/// A value that is made up before it is written: a key, an element of a set, or a part of one. Equal ones are equal here.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum MadeValue {
    /// The bits of what is read in one step.
    Scalar(u128),
    /// Bytes behind their number.
    Text(Vec<u8>),
    /// The parts of a struct, a tuple or an array.
    Parts(Vec<MadeValue>),
    /// The items of a container.
    Items(Vec<MadeItem>),
    /// Anything else, as it is written.
    Written(Vec<u8>),
}

/// The parts of an item, from the first on, that were made before it is written.
type MadeItem = Vec<MadeValue>;

impl MadeValue {
    /// The part that these steps lead to.
    fn at(&self, steps: &[usize]) -> &Self {
        steps.iter().fold(self, |it, step| match it {
            MadeValue::Parts(parts) => &parts[*step],
            _ => unreachable!("bug in hotmod: a step into a value without parts"),
        })
    }
}

/// The smallest choices that are found for which something still fails: some are taken out, and others made smaller.
/// `fails` is asked at most so many times.
pub fn smallest(
    mut choices: Vec<u64>,
    most: usize,
    fails: &mut dyn FnMut(&[u64]) -> bool,
) -> Vec<u64> {
    let mut asked = 0;
    let mut still = |candidate: &[u64]| {
        asked += 1;
        asked <= most && fails(candidate)
    };
    // Those at the end are noughts if they are absent.
    loop {
        let before = choices.clone();
        let mut size = choices.len().next_power_of_two();
        while size > 0 {
            let mut start = 0;
            while start < choices.len() {
                let end = choices.len().min(start + size);
                let without: Vec<u64> = choices[..start]
                    .iter()
                    .chain(&choices[end..])
                    .copied()
                    .collect();
                if still(&without) {
                    choices = without;
                    continue;
                }
                let mut noughts = choices.clone();
                noughts[start..end].fill(0);
                if noughts != choices && still(&noughts) {
                    choices = noughts;
                }
                start = end;
            }
            size /= 2;
        }
        for place in 0..choices.len() {
            // The places of edges first, then fewer bits.
            for smaller in [
                1,
                2,
                3,
                choices[place] % 8,
                choices[place] >> 32,
                choices[place] >> 1,
            ] {
                if smaller < choices[place] {
                    let mut candidate = choices.clone();
                    candidate[place] = smaller;
                    if still(&candidate) {
                        choices = candidate;
                    }
                }
            }
        }
        while choices.last() == Some(&0) {
            choices.pop();
        }
        if choices == before {
            return choices;
        }
    }
}
