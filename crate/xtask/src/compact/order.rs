//! Which function follows which. What two functions share is estimated from sketches (min-wise hashing): of every pair
//! of operators that follow each other, the least of each of many hash functions. Two sketches have as many places in
//! common as the functions have pairs.

use super::{Error, Function, Writer};

const PLACES: usize = 128;

type Sketch = [u32; PLACES];

/// The functions in `kept`, from the smallest on, each before the one that is most like it of those that are left.
pub(super) fn by_likeness(functions: &[Function<'_>], mut kept: Vec<usize>) -> Result<Vec<usize>, Error> {
    let mut sketches = Vec::with_capacity(functions.len());
    for function in functions {
        sketches.push(sketch(function)?);
    }
    kept.sort_by_key(|&at| functions[at].operators.len());
    let mut order = Vec::with_capacity(kept.len());
    let mut next = (!kept.is_empty()).then_some(0);
    while let Some(place) = next {
        let last = kept.remove(place);
        order.push(last);
        next = most_like(&sketches, &kept, last);
    }
    Ok(order)
}

/// Where the function stands that is most like `function`; of those that are as much like it, the first.
fn most_like(sketches: &[Sketch], kept: &[usize], function: usize) -> Option<usize> {
    let mut best = None;
    for (place, &at) in kept.iter().enumerate() {
        let likeness = likeness(&sketches[at], &sketches[function]);
        if best.is_none_or(|(most, _)| likeness > most) {
            best = Some((likeness, place));
        }
    }
    best.map(|(_, place)| place)
}

fn likeness(one: &Sketch, other: &Sketch) -> u32 {
    one.iter().zip(other).map(|(a, b)| u32::from(a == b)).sum()
}

fn sketch(function: &Function<'_>) -> Result<Sketch, Error> {
    // What a function is called by changes with the order; which one is called is what counts.
    let most = function.operators.iter().map(called).max().unwrap_or(0);
    let mut writer = Writer::of_bodies((0..=most).collect());
    let mut words = Vec::with_capacity(function.operators.len());
    let mut bytes = Vec::new();
    for operator in &function.operators {
        bytes.clear();
        writer.operator(operator, &mut bytes)?;
        words.push(
            bytes.iter().fold(FNV_OFFSET, |hash, &byte| (hash ^ u64::from(byte)).wrapping_mul(FNV_PRIME)),
        );
    }
    let mut sketch = [u32::MAX; PLACES];
    for pair in words.windows(2) {
        let pair = mixed(pair[0].rotate_left(21) ^ pair[1]);
        for (place, least) in sketch.iter_mut().enumerate() {
            *least = (*least).min((mixed(pair ^ mixed(place as u64 + 1)) >> 32) as u32);
        }
    }
    Ok(sketch)
}

fn called(operator: &wasmparser::Operator<'_>) -> u32 {
    match operator {
        wasmparser::Operator::Call { function_index } | wasmparser::Operator::RefFunc { function_index } => {
            *function_index
        }
        _ => 0,
    }
}

const FNV_OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
const FNV_PRIME: u64 = 0x0100_0000_01b3;

/// A number whose every bit depends on every bit of `word` (the finaliser of SplitMix64).
const fn mixed(word: u64) -> u64 {
    let word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    word ^ (word >> 31)
}
