//! Short texts, put behind each other without a call for each.

use std::mem::MaybeUninit;

/// The longest that is copied in two pieces of a fixed size.
const SHORT: usize = 32;

/// Adds the bytes of a text.
#[inline]
pub(super) fn push_text(to: &mut Vec<u8>, text: &[u8]) {
    if !(8..=SHORT).contains(&text.len()) {
        return to.extend_from_slice(text);
    }
    to.reserve(SHORT);
    let room = to.spare_capacity_mut();
    match text.len() {
        8..16 => copy_ends::<8>(text, room),
        _ => copy_ends::<16>(text, room),
    }
    let len = to.len() + text.len();
    // SAFETY: room for more was made, and all of the text was written there: its two ends, which meet.
    unsafe { to.set_len(len) };
}

/// Copies the first and the last bytes of a text, which is at least so long and at most twice as long.
#[inline]
fn copy_ends<const END: usize>(text: &[u8], room: &mut [MaybeUninit<u8>]) {
    let (first, last) = (text.first_chunk::<END>(), text.last_chunk::<END>());
    let (Some(first), Some(last)) = (first, last) else {
        unreachable!("bug in hotmod: a text that is shorter than it is")
    };
    let rest = text.len() - END;
    room[..END].write_copy_of_slice(first);
    room[rest..rest + END].write_copy_of_slice(last);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_of_any_length_follow_each_other() {
        let all: Vec<u8> = (0..100).collect();
        let (mut to, mut expected) = (Vec::new(), Vec::new());
        for len in 0..=all.len() {
            push_text(&mut to, &all[all.len() - len..]);
            expected.extend_from_slice(&all[all.len() - len..]);
            assert_eq!(to, expected, "{len}");
        }
    }
}
