use hotmod::Lazy;

fn grow(entry: &mut Lazy<String>) -> usize {
    let text = entry.try_get().unwrap();
    entry.try_get_mut().unwrap().push('!');
    text.len()
}

fn main() {}
