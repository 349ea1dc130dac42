//! Which function follows which. What two functions share is estimated from sketches (min-wise hashing): of every pair
//! of operators that follow each other, the least of each of many hash functions. Two sketches have as many places in
//! common as the functions have pairs.

use super::{Error, Function, Writer};

const PLACES: usize = 256;

type Sketch = [u32; PLACES];

/// A function of those that are not placed yet.
struct Candidate {
    at: usize,
    sketch: Box<Sketch>,
    /// How much it is like those that were placed last; each counts three quarters of the one after it.
    likeness: u32,
}

/// The functions in `kept`, from the smallest on, each before the one that is most like it of those that are left.
pub(super) fn by_likeness(functions: &[Function<'_>], mut kept: Vec<usize>) -> Result<Vec<usize>, Error> {
    kept.sort_by_key(|&at| functions[at].operators.len());
    let mut left = Vec::with_capacity(kept.len());
    for at in kept {
        left.push(Candidate { at, sketch: Box::new(sketch(&functions[at])?), likeness: 0 });
    }
    let mut order = Vec::with_capacity(left.len());
    let mut next = (!left.is_empty()).then_some(0);
    while let Some(place) = next {
        let last = left.remove(place);
        order.push(last.at);
        next = most_like(&mut left, &last.sketch);
    }
    Ok(order)
}

/// Where the function stands that is most like the last one, whose sketch is given; the first of several.
fn most_like(left: &mut [Candidate], last: &Sketch) -> Option<usize> {
    let mut best = None;
    for (place, candidate) in left.iter_mut().enumerate() {
        // One that shares much with one of them finds more again than one that shares a little with each. In parts, so
        // that what counts less and less is not lost at once.
        candidate.likeness = candidate.likeness / 8 * 6 + likeness(&candidate.sketch, last).pow(3) / 128;
        if best.is_none_or(|(most, _)| candidate.likeness > most) {
            best = Some((candidate.likeness, place));
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
        let mut hash = mixed(pair[0].rotate_left(21) ^ pair[1]);
        for least in &mut sketch {
            hash = mixed(hash);
            *least = (*least).min((hash >> 32) as u32);
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
