//! A file of the checkpoints' file system, opened: what it is, and whether it is whole.

use crate::sim::world::World;
use crate::state::bytes::{FORMAT_VERSION, HEADER_BYTES, check_file};

/// A file's kind by the number of its envelope.
const KINDS: [&str; 9] = [
    "",
    "_metadata: the handles of a whole checkpoint",
    "keyed state, as the heap backend writes it",
    "keyed state, in the layout that every backend reads",
    "operator state",
    "buffers that were on their way",
    "a sorted run of keys",
    "a manifest: which runs make up a backend",
    "a savepoint in one file",
];

/// What a file is, in words; `None` where there is none at this path.
pub fn describe(world: &World, path: &str) -> Option<String> {
    let bytes = &world.file_system().file(path)?.bytes;
    let kind = bytes.get(4).and_then(|&kind| KINDS.get(usize::from(kind))).unwrap_or(&"");
    Some(match check_file(bytes) {
        Ok(()) => format!(
            "{kind}. Version {FORMAT_VERSION}, {HEADER_BYTES} bytes of header, {} of content, 8 of checksum, which is \
             right.",
            bytes.len() - HEADER_BYTES - 8
        ),
        Err(corrupt) => format!("{corrupt}."),
    })
}
