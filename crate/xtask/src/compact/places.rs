//! The places in the source that panics name: one for all. A thousand different ones are in a thousand functions, which
//! are less alike for it. A run that panics is told by its seed and its tick, and a build for developers names the place.
//!
//! What is changed is what a panic says, and nothing else: an address is replaced where it is the last argument of a
//! function that does not return, or that hands it only to such functions (Rust's `track_caller`). A record is cleared
//! when nothing in the module names any of its bytes.

use std::collections::{BTreeMap, BTreeSet};

use wasmparser::Operator;

use super::memory::Memory;
use super::{Function, memory_access};

/// The bytes of a `core::panic::Location`: where the file's name is, its length, line and column.
const RECORD: u32 = 16;
/// What stands in place of a file's name.
const NAME: &[u8] = b"engine.rs";

/// Lets all panics name one place, and clears the others.
pub(super) fn make_one(imported: u32, functions: &mut [Function<'_>], memory: &mut Memory) {
    let takes_place = takers(imported, functions);
    let mut records: BTreeMap<u32, (u32, u32)> = BTreeMap::new();
    for function in &*functions {
        let named = named(function, &takes_place);
        records.extend(named.into_iter().filter_map(|(_, at)| Some((at, record(memory, at)?))));
    }
    let Some((&kept, &name)) = records.iter().find(|(_, (_, length))| *length >= NAME.len() as u32) else {
        return;
    };
    for function in &mut *functions {
        for (place, _) in named(function, &takes_place).into_iter().filter(|(_, at)| records.contains_key(at))
        {
            function.operators[place] = Operator::I32Const { value: kept as i32 };
        }
    }
    let code = addresses(functions);
    let ranges = records.keys().filter(|at| **at != kept).map(|at| (*at, RECORD));
    memory.clear(kept, RECORD);
    clear_unused(memory, &code, ranges.collect());
    clear_unused(memory, &code, records.values().copied().collect());
    let (at, length) = name;
    memory.write(kept, &at.to_le_bytes());
    if memory.bytes(at, length).is_some_and(|bytes| bytes.iter().all(|byte| *byte == 0)) {
        memory.write(at, NAME);
        memory.write(kept + 4, &(NAME.len() as u32).to_le_bytes());
    }
}

/// For each function whether its last parameter is a place for panics and nothing else.
fn takers(imported: u32, functions: &[Function<'_>]) -> Vec<bool> {
    let mut takes_place = vec![false; imported as usize + functions.len()];
    loop {
        let found: Vec<usize> = (0..functions.len())
            .filter(|at| !takes_place[imported as usize + at])
            .filter(|at| hands_on_its_last(&functions[*at], &takes_place))
            .collect();
        if found.is_empty() {
            return takes_place;
        }
        for at in found {
            takes_place[imported as usize + at] = true;
        }
    }
}

/// Whether a function reads its last parameter, and only to hand it to a panic.
fn hands_on_its_last(function: &Function<'_>, takes_place: &[bool]) -> bool {
    let Some(last) = function.params.checked_sub(1) else { return false };
    let mut reads = 0;
    for (place, operator) in function.operators.iter().enumerate() {
        match *operator {
            Operator::LocalGet { local_index } if local_index == last => {
                reads += 1;
                if !is_told_to_panic(&function.operators[place + 1..], takes_place) {
                    return false;
                }
            }
            Operator::LocalSet { local_index } | Operator::LocalTee { local_index }
                if local_index == last =>
            {
                return false;
            }
            _ => {}
        }
    }
    reads > 0
}

/// Whether what was just put on the stack is the place of a panic, by what follows.
fn is_told_to_panic(rest: &[Operator<'_>], takes_place: &[bool]) -> bool {
    let Some((Operator::Call { function_index }, rest)) = rest.split_first() else { return false };
    let does_not_return =
        rest.iter().find(|operator| !matches!(operator, Operator::End)) == Some(&Operator::Unreachable);
    does_not_return || takes_place[*function_index as usize]
}

/// The constants that are places of panics, and where they stand.
fn named(function: &Function<'_>, takes_place: &[bool]) -> Vec<(usize, u32)> {
    let mut named = Vec::new();
    for (place, operator) in function.operators.iter().enumerate() {
        match *operator {
            Operator::I32Const { value }
                if is_told_to_panic(&function.operators[place + 1..], takes_place) =>
            {
                named.push((place, value as u32));
            }
            _ => {}
        }
    }
    named
}

/// Clears those of the ranges, each with where it starts and its length, that neither code nor memory names.
fn clear_unused(memory: &mut Memory, code: &BTreeSet<u32>, ranges: BTreeSet<(u32, u32)>) {
    let words: BTreeSet<u32> = memory.words().collect();
    for (at, length) in ranges {
        let is_named = |addresses: &BTreeSet<u32>| addresses.range(at..at + length).next().is_some();
        if !is_named(code) && !is_named(&words) {
            memory.clear(at, length);
        }
    }
}

/// The name that the record at `address` has: its place and length. `None` where there is no record.
fn record(memory: &Memory, address: u32) -> Option<(u32, u32)> {
    let field = |at: u32| Some(u32::from_le_bytes(memory.bytes(address + 4 * at, 4)?.try_into().ok()?));
    let (name, length, line, column) = (field(0)?, field(1)?, field(2)?, field(3)?);
    let is_file = memory.bytes(name, length)?.ends_with(b".rs");
    (is_file && (1..100_000).contains(&line) && (1..1_000).contains(&column)).then_some((name, length))
}

/// All constants of the code that may be addresses.
fn addresses(functions: &[Function<'_>]) -> BTreeSet<u32> {
    let operators = functions.iter().flat_map(|function| &function.operators);
    let address = |operator: &Operator<'_>| match operator {
        Operator::I32Const { value } => Some(*value as u32),
        _ => memory_access(&mut operator.clone()).map(|access| access.offset as u32),
    };
    operators.filter_map(address).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: u32 = 1000;

    /// Two records of two files, then the names of the files.
    fn memory() -> Memory {
        let names = ["source/one.rs", "source/other.rs"];
        let one = START + 2 * RECORD;
        let other = one + names[0].len() as u32;
        let fields = [one, names[0].len() as u32, 12, 5, other, names[1].len() as u32, 7, 9];
        let mut bytes: Vec<u8> = fields.into_iter().flat_map(u32::to_le_bytes).collect();
        bytes.extend(names.iter().flat_map(|name| name.bytes()));
        Memory { segments: vec![(START, bytes)] }
    }

    fn function(params: u32, operators: Vec<Operator<'static>>) -> Function<'static> {
        Function { type_index: 0, params, locals: Vec::new(), operators }
    }

    fn place(record: u32) -> Operator<'static> {
        Operator::I32Const { value: (START + record * RECORD) as i32 }
    }

    fn call(function_index: u32) -> Operator<'static> {
        Operator::Call { function_index }
    }

    fn panics_at(record: u32) -> Function<'static> {
        function(0, vec![place(record), call(9), Operator::Unreachable, Operator::End])
    }

    #[test]
    fn panics_name_one_place_which_has_no_line() {
        let (mut functions, mut memory) = ([panics_at(0), panics_at(1)], memory());
        make_one(0, &mut functions, &mut memory);
        assert_eq!(functions[0].operators, functions[1].operators);
        let named = record_fields(&memory, START);
        assert_eq!(memory.bytes(named[0], named[1]).unwrap(), NAME);
        assert_eq!(named[2..], [0, 0]);
        assert_eq!(record_fields(&memory, START + RECORD), [0; 4]);
        assert!(!memory.segments[0].1.windows(5).any(|bytes| bytes == b"other"));
    }

    #[test]
    fn what_hands_its_callers_place_on_is_seen_through() {
        let tracked = function(
            1,
            vec![Operator::LocalGet { local_index: 0 }, call(9), Operator::Unreachable, Operator::End],
        );
        let caller = |record| function(0, vec![place(record), call(0), Operator::End]);
        let mut functions = vec![tracked, caller(0), caller(1)];
        make_one(0, &mut functions, &mut memory());
        assert_eq!(functions[1].operators, functions[2].operators);
    }

    #[test]
    fn what_may_be_anything_else_stays() {
        // A number for a function that returns, and reads what it is given.
        let reader = function(1, vec![Operator::LocalGet { local_index: 0 }, Operator::Drop, Operator::End]);
        let caller = function(0, vec![place(1), call(0), Operator::End]);
        let (mut functions, mut memory) =
            (vec![reader, caller.clone(), panics_at(0), panics_at(1)], memory());
        let before = record_fields(&memory, START + RECORD);
        make_one(0, &mut functions, &mut memory);
        assert_eq!(functions[1].operators, caller.operators);
        assert_eq!(functions[2].operators, functions[3].operators);
        assert_eq!(record_fields(&memory, START + RECORD), before);
    }

    fn record_fields(memory: &Memory, address: u32) -> [u32; 4] {
        let word = |at: u32| memory.bytes(address + 4 * at, 4).unwrap().try_into().unwrap();
        std::array::from_fn(|at| u32::from_le_bytes(word(at as u32)))
    }
}
