//! The bytes that stand for a key: its key group first, so that what belongs together sorts together.
//!
//! Contract: key group (one byte where 128 groups are enough, else two), key, namespace, and behind these, for a map
//! state, the user's key. Each part says itself where it ends, so that none needs its length behind it as in Flink.
//! Flink: `CompositeKeySerializationUtils`.

use super::bytes::{ByteReader, CorruptState, put_value};
use super::namespace::{Namespace, TimeWindow, Window};
use crate::record::Value;

const VOID: u8 = 0;
const GLOBAL_WINDOW: u8 = 1;
const TIME_WINDOW: u8 = 2;
const SIDE: u8 = 3;

/// Appends a key group. Flink: `computeRequiredBytesInKeyGroupPrefix`.
pub fn put_key_group(out: &mut Vec<u8>, key_group: u32, max_parallelism: u32) {
    if max_parallelism > 128 {
        out.push((key_group >> 8) as u8);
    }
    out.push(key_group as u8);
}

/// Appends a key and what it is for.
pub fn put_key(out: &mut Vec<u8>, key: &Value, namespace: Namespace) {
    put_value(out, key);
    put_namespace(out, namespace);
}

/// What [`put_key`] has written.
pub fn take_key(from: &mut ByteReader<'_>) -> Result<(Value, Namespace), CorruptState> {
    Ok((from.value()?, take_namespace(from)?))
}

/// Appends a namespace.
pub fn put_namespace(out: &mut Vec<u8>, namespace: Namespace) {
    match namespace {
        Namespace::Void => out.push(VOID),
        Namespace::Window(Window::Global) => out.push(GLOBAL_WINDOW),
        Namespace::Window(Window::Time(window)) => {
            out.push(TIME_WINDOW);
            out.extend_from_slice(&window.start.to_be_bytes());
            out.extend_from_slice(&window.end.to_be_bytes());
        }
        Namespace::Side(side) => out.extend_from_slice(&[SIDE, side]),
    }
}

/// What [`put_namespace`] has written.
pub fn take_namespace(from: &mut ByteReader<'_>) -> Result<Namespace, CorruptState> {
    Ok(match from.u8()? {
        VOID => Namespace::Void,
        GLOBAL_WINDOW => Namespace::Window(Window::Global),
        TIME_WINDOW => {
            let (start, end) = (from.u64()? as i64, from.u64()? as i64);
            Namespace::Window(Window::Time(TimeWindow { start, end }))
        }
        SIDE => Namespace::Side(from.u8()?),
        _ => return Err(CorruptState::Content("a namespace is none")),
    })
}
