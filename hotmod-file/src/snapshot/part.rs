//! A part of a snapshot, as a snapshot of its own.

use std::io::{self, Write};

use super::blocks::{BlockKind, BlockStream, BlockWriter, FileFlags};
use super::encoding::{write_bytes, write_varint64};
use super::file::{Snapshot, SnapshotGroup, SnapshotInstance};

/// How many bytes of states go into a block before another one is begun.
const BLOCK: usize = 256 << 10;

impl Snapshot {
    /// Writes a snapshot of those instances for which this returns true, as they are written here: at their versions, with
    /// the descriptions of these. Gives back what was written to, and how many instances that were.
    ///
    /// # Errors
    ///
    /// If it cannot be written.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use hotmod_file::Snapshot;
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let snapshot = Snapshot::open("states.snapshot")?;
    /// let (bytes, count) = snapshot.write_part(Vec::new(), |group, _| group.name == "rooms")?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn write_part<W: Write>(
        &self,
        to: W,
        mut is_in: impl FnMut(&SnapshotGroup, SnapshotInstance<'_>) -> bool,
    ) -> io::Result<(W, u64)> {
        let flags = FileFlags {
            without_secrets: self.leaves_out_secrets(),
        };
        let mut to = BlockWriter::begin(BlockStream::new(to), flags);
        // The numbers of the versions that it has.
        let mut builds = vec![None; self.builds().len()];
        let [mut known, mut groups, mut states] = [0_u64; 3];
        for group in self.groups() {
            let mut block = Vec::new();
            let mut is_named = false;
            for instance in self.instances(group) {
                if !is_in(group, instance) {
                    continue;
                }
                let number = &mut builds[instance.build_number];
                if number.is_none() {
                    let mut build = instance.build.digest.as_bytes().to_vec();
                    write_bytes(&mut build, self.section(instance.build));
                    to.block(BlockKind::Build, &build);
                    *number = Some(known);
                    known += 1;
                }
                if !is_named {
                    to.block(BlockKind::Group, &self.named(group));
                    is_named = true;
                    groups += 1;
                }
                if block.is_empty() {
                    write_varint64(&mut block, groups - 1);
                }
                write_varint64(&mut block, number.unwrap_or_default());
                write_bytes(&mut block, instance.key);
                write_bytes(&mut block, instance.state);
                states += 1;
                if block.len() >= BLOCK {
                    to.block(BlockKind::States, &block);
                    to.pass_on()?;
                    block.clear();
                }
            }
            if !block.is_empty() {
                to.block(BlockKind::States, &block);
            }
        }
        let mut says = Vec::new();
        for count in [known, groups, states] {
            write_varint64(&mut says, count);
        }
        let (to, ..) = to.finish(&says)?;
        Ok((to.into_inner(), states))
    }

    /// The block that names a group.
    fn named(&self, group: &SnapshotGroup) -> Vec<u8> {
        let mut block = Vec::new();
        for text in [&group.name, &group.module, &group.interface] {
            write_bytes(&mut block, text.as_bytes());
        }
        block.push(group.key.is_some().into());
        if let Some(key) = &group.key {
            write_bytes(&mut block, self.key_section(key));
        }
        block
    }
}
