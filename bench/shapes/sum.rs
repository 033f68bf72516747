//! A number that depends on every field that all shapes have, wide or not.

/// The sum of a world.
#[allow(
    clippy::useless_conversion,
    reason = "a conversion in one shape is none in another"
)]
pub(crate) fn sum(world: &super::World) -> u64 {
    world.items.iter().fold(0, |sum, item| {
        let text = item.name.bytes().map(u64::from).sum::<u64>();
        let events = item.events.iter().enumerate();
        let events: u64 = events
            .map(|(i, event)| (i as u64 + 1) * (u64::from(event.at) + 3 * u64::from(event.kind)))
            .sum();
        sum.rotate_left(5)
            ^ (item.id + text + events + item.weight as u64)
            ^ (u64::from(item.count) + 5 * u64::from(item.level))
    })
}
