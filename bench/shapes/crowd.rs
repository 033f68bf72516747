// Many entries, in one container of several.

/// The whole state: one of the containers has all the entries.
#[derive(StableState, Default)]
pub struct Crowd {
    row: Vec<Entry>,
    queue: VecDeque<Entry>,
    map: HashMap<u64, Entry>,
    sorted: BTreeMap<u64, Entry>,
    #[state(rebuild)]
    set: HashSet<Entry>,
}

#[hotmod::export]
impl Shared for Crowd {
    fn first(&self) -> u64 {
        let entries = self.row.first();
        let entries = entries.or_else(|| self.queue.front());
        let entries = entries.or_else(|| self.map.get(&0));
        let entries = entries.or_else(|| self.sorted.get(&0));
        entries.map_or(self.set.len() as u64, |it| it.events.len() as u64)
    }

    fn touch(&mut self) -> u64 {
        self.first()
    }

    fn sum(&self) -> u64 {
        let all = self.row.iter().chain(&self.queue);
        let all = all.chain(self.map.values()).chain(self.sorted.values()).chain(&self.set);
        all.map(|it| it.name.len() as u64 + it.id as u64 + it.events.len() as u64).sum()
    }
}

#[hotmod::init]
fn new(config: &str) -> Result<Crowd, String> {
    let (kind, entries) = config.split_once(' ').ok_or("a kind and a number")?;
    let entries: u32 = entries.parse().map_err(|error| format!("entries: {error}"))?;
    let entries = (0..entries).map(Entry::new);
    let mut crowd = Crowd::default();
    match kind {
        "Vec" => crowd.row = entries.collect(),
        "VecDeque" => crowd.queue = entries.collect(),
        "HashMap" => crowd.map = entries.map(|it| (it.id as u64, it)).collect(),
        "BTreeMap" => crowd.sorted = entries.map(|it| (it.id as u64, it)).collect(),
        "HashSet" => crowd.set = entries.collect(),
        other => return Err(format!("no container: {other}")),
    }
    Ok(crowd)
}
