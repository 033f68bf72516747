//! Values that are made up, as they would be written: from a description, and a sequence of choices.
//!
//! The same choices make the same value, and smaller or fewer choices a smaller one. So a value is made smaller by
//! changing its choices, whatever its type (as the library Hypothesis for Python does).

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

struct Making<'m> {
    forms: &'m Forms,
    depths: Vec<Option<usize>>,
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
                let ty = forms.ty(form);
                let held = ty.args.first().and_then(|it| it.builtin());
                let bytes = self.written(ty.builtin(), held);
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
                self.value(*bound);
                self.value(*bound);
                // One that an iteration has used up can be moved, and not built.
                self.to.push(0);
            }
            Form::Items(parts) => self.container(forms.ty(form).builtin(), parts),
            Form::Elements(len, item) => self.run(&[*item], *len, None),
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
                    true => float_edges(number.size),
                    false => [0, 1, mask, mask >> 1, (mask >> 1) + 1, 2],
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

    /// The bytes of a text and the like: of this type, or of one that owns such.
    fn written(&mut self, ty: Option<Builtin>, held: Option<Builtin>) -> Vec<u8> {
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

    fn container(&mut self, ty: Option<Builtin>, parts: &[usize]) {
        let len = self.len(parts);
        let keys = self.keys(ty, parts, len);
        let len = keys.as_ref().map_or(len, Vec::len);
        write_varint64(&mut self.to, len as u64);
        self.run(parts, len, keys);
    }

    /// So many keys or elements that differ, or fewer, if a container of this type holds each once.
    fn keys(&mut self, ty: Option<Builtin>, parts: &[usize], len: usize) -> Option<Vec<MadeKey>> {
        use Builtin::{BTreeMap, BTreeSet, Elements, Entries, HashMap, HashSet, RHashMap};
        if !matches!(
            ty,
            Some(BTreeMap | BTreeSet | Elements | Entries | HashMap | HashSet | RHashMap)
        ) {
            return None;
        }
        let columns = self.forms.columns(parts[0]);
        let is_value = |it: &FormColumn| it.of == ColumnOf::Values;
        // What several owners share has its number where it is first met, which is in another column then.
        let is_simple = columns.len() <= 1 || !columns.iter().any(is_value);
        let mut keys = std::collections::BTreeSet::new();
        let mut all = Vec::new();
        for _ in 0..len.min(if is_simple { len } else { 1 }) {
            let mut key = MadeKey::new();
            for column in columns {
                key.push(self.in_column(column.of, column.form));
            }
            if keys.insert(key.clone()) {
                all.push(key);
            }
        }
        Some(all)
    }

    /// What one item has in a column.
    fn in_column(&mut self, of: ColumnOf, form: usize) -> InColumn {
        match of {
            ColumnOf::Numbers(scalar) => {
                let bits = self.scalar(scalar);
                InColumn::Number(scalar.written(bits as u64))
            }
            ColumnOf::Texts => {
                let ty = self.forms.ty(form);
                let held = ty.args.first().and_then(|it| it.builtin());
                InColumn::Text(self.written(ty.builtin(), held))
            }
            // A container in a key has no items.
            ColumnOf::Items => InColumn::Empty,
            ColumnOf::Values => {
                let before = std::mem::take(&mut self.to);
                self.value(form);
                InColumn::Value(std::mem::replace(&mut self.to, before))
            }
        }
    }

    /// So many items of these parts. The first parts are these, where they were made before.
    fn run(&mut self, parts: &[usize], len: usize, mut keys: Option<Vec<MadeKey>>) {
        let forms = self.forms;
        if len == 1 {
            for (place, part) in parts.iter().enumerate() {
                match keys.take_if(|_| place == 0) {
                    Some(mut keys) => self.alone(*part, &mut keys.remove(0).into_iter()),
                    None => self.value(*part),
                }
            }
            return;
        }
        for start in (0..len).step_by(CHUNK) {
            let chunk = start..len.min(start + CHUNK);
            for (place, part) in parts.iter().enumerate() {
                for (nth, column) in forms.columns(*part).iter().enumerate() {
                    let made = chunk.clone().map(|item| match &keys {
                        Some(keys) if place == 0 => keys[item][nth].clone(),
                        _ if column.of == ColumnOf::Items => InColumn::Empty,
                        _ => self.in_column(column.of, column.form),
                    });
                    let made: Vec<InColumn> = made.collect();
                    let is_key = keys.is_some() && place == 0;
                    self.column(column.form, &made, is_key);
                }
            }
        }
    }

    /// Writes a column.
    fn column(&mut self, form: usize, made: &[InColumn], is_key: bool) {
        let mut numbers = Vec::new();
        let mut bytes = Vec::new();
        let mut items: Vec<(usize, Option<Vec<MadeKey>>)> = Vec::new();
        for it in made {
            match it {
                InColumn::Number(number) => numbers.push(*number),
                InColumn::Text(text) => {
                    numbers.push(text.len() as u64);
                    bytes.extend_from_slice(text);
                }
                InColumn::Value(value) => bytes.extend_from_slice(value),
                InColumn::Empty => {
                    let Form::Items(parts) = self.forms.get(form) else {
                        unreachable!("bug in hotmod: a column of items that are none")
                    };
                    let ty = self.forms.ty(form).builtin();
                    let len = if is_key { 0 } else { self.len(parts) };
                    let keys = self.keys(ty, parts, len);
                    let len = keys.as_ref().map_or(len, Vec::len);
                    numbers.push(len as u64);
                    items.push((len, keys));
                }
            }
        }
        if !numbers.is_empty() {
            write_column(&mut self.to, &numbers);
        }
        self.to.append(&mut bytes);
        if let Form::Items(parts) = self.forms.get(form) {
            let len = items.iter().map(|(len, _)| len).sum();
            let keys: Option<Vec<_>> = items.into_iter().map(|(_, keys)| keys).collect();
            self.deep += 1;
            self.run(parts, len, keys.map(|it| it.concat()));
            self.deep -= 1;
        }
    }

    /// Writes the parts of one value, which were made as for columns.
    fn alone(&mut self, form: usize, made: &mut dyn Iterator<Item = InColumn>) {
        let columns = self.forms.columns(form).iter();
        for (column, made) in columns.zip(made) {
            match (column.of, made) {
                (ColumnOf::Numbers(scalar), InColumn::Number(number)) => {
                    let bits = scalar.bits(number);
                    scalar.write(&mut self.to, bits.unwrap_or_default().into());
                }
                (_, InColumn::Text(text)) => write_bytes(&mut self.to, &text),
                (_, InColumn::Value(value)) => self.to.extend_from_slice(&value),
                _ => self.to.push(0),
            }
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
        self.run(&[held], len, None);
        // From here on, others may own it too: before, it would own itself.
        self.items[number].2 = true;
    }
}

fn float_edges(size: u8) -> [u128; 6] {
    match size {
        4 => [0.0, 1.0, -0.0, f32::MAX, f32::MIN_POSITIVE, f32::INFINITY]
            .map(|it| it.to_bits().into()),
        _ => [0.0, 1.0, -0.0, f64::MAX, f64::MIN_POSITIVE, f64::INFINITY]
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

/// What an item has in a column.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum InColumn {
    /// As it is written.
    Number(u64),
    /// Bytes behind their number.
    Text(Vec<u8>),
    /// A value as it is written.
    Value(Vec<u8>),
    /// A container, whose items are made up once it is written.
    Empty,
}

/// A key, or an element of a set: what it has in each of its columns.
type MadeKey = Vec<InColumn>;

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
