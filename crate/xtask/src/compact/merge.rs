//! Functions with the same body. What calls either of two such functions has the same body then in its turn.

use std::collections::HashMap;

use super::{Error, Function, Writer};

/// For each function the one that has its body: the first of all that are the same.
pub(super) fn same_bodies(imported: u32, functions: &[Function<'_>]) -> Result<Vec<usize>, Error> {
    let mut first: Vec<usize> = (0..functions.len()).collect();
    loop {
        let defined = first.iter().map(|&at| imported + at as u32);
        let mut writer = Writer::of_bodies((0..imported).chain(defined).collect());
        let mut bodies = HashMap::new();
        let mut found = first.clone();
        for (at, function) in functions.iter().enumerate() {
            if first[at] == at {
                found[at] = *bodies.entry((function.type_index, writer.body(function)?)).or_insert(at);
            }
        }
        let next: Vec<usize> = first.iter().map(|&at| found[at]).collect();
        if next == first {
            return Ok(first);
        }
        first = next;
    }
}
