//! Containers that keep an order of their own and hold nothing twice, on their way: what is made of them sees to that.

/// The keys of a map, each with its value, in an order of its own.
#[derive(Clone)]
#[allow(unnameable_types, reason = "values of it are only on their way")]
pub struct Entries<K, V> {
    keys: Vec<K>,
    values: Vec<V>,
}

impl<K, V> Entries<K, V> {
    /// None, with room for so many.
    pub(crate) fn with_capacity(capacity: usize) -> Self {
        Entries {
            keys: Vec::with_capacity(capacity),
            values: Vec::with_capacity(capacity),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.keys.len()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&K, &V)> {
        self.keys.iter().zip(&self.values)
    }

    /// Adds one at the end.
    pub(crate) fn push(&mut self, key: K, value: V) {
        self.keys.push(key);
        self.values.push(value);
    }
}

impl<K, V> IntoIterator for Entries<K, V> {
    type Item = (K, V);
    type IntoIter = std::iter::Zip<std::vec::IntoIter<K>, std::vec::IntoIter<V>>;

    fn into_iter(self) -> Self::IntoIter {
        self.keys.into_iter().zip(self.values)
    }
}

/// The elements of a set, in an order of its own.
#[derive(Clone)]
#[allow(unnameable_types, reason = "values of it are only on their way")]
pub struct Elements<T>(pub(crate) Vec<T>);

impl<T> Elements<T> {
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn iter(&self) -> std::slice::Iter<'_, T> {
        self.0.iter()
    }
}

impl<T> IntoIterator for Elements<T> {
    type Item = T;
    type IntoIter = std::vec::IntoIter<T>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}
