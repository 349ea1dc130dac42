//! The bytes of a stream element: what stands in the network buffers.
//!
//! A tag byte as Flink's `StreamElementSerializer` has it, then the element. Flink's serializers know
//! the type of a record beforehand; ours does not, so each value begins with one byte that says what
//! it is, then stands as in Flink: `LongSerializer`, `DoubleSerializer`, `BooleanSerializer` (big
//! endian), `StringValue` (varint of length + 1, then the UTF-16 units as varints), the fields of a
//! tuple after their count, the fields of a row after theirs, each after its name.

use std::fmt;
use std::rc::Rc;

use super::{LatencyMarker, StreamElement, Value, WatermarkStatus};
use crate::base::ids::OperatorId;

/// What an element begins with.
mod element_tag {
    pub const RECORD_WITH_TIMESTAMP: u8 = 0;
    pub const RECORD: u8 = 1;
    pub const WATERMARK: u8 = 2;
    pub const LATENCY_MARKER: u8 = 3;
    pub const WATERMARK_STATUS: u8 = 4;
}

/// What a value begins with.
mod value_tag {
    pub const NULL: u8 = 0;
    pub const BOOL: u8 = 1;
    pub const LONG: u8 = 2;
    pub const DOUBLE: u8 = 3;
    pub const STRING: u8 = 4;
    pub const TUPLE: u8 = 5;
    pub const ROW: u8 = 6;
}

const IDLE: i32 = -1;
const ACTIVE: i32 = 0;

/// A varint byte that is not the last has this bit.
const MORE: u8 = 0x80;

/// What an element is, as its first bytes tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ElementKind {
    Record = 0,
    Watermark = 1,
    /// The status with which a stream stops to count.
    Idle = 2,
    Active = 3,
    LatencyMarker = 4,
}

impl ElementKind {
    /// Of an element's body, or of as much of it as is there.
    #[inline]
    pub const fn of(body: &[u8]) -> Self {
        match body {
            [element_tag::WATERMARK, ..] => Self::Watermark,
            [element_tag::LATENCY_MARKER, ..] => Self::LatencyMarker,
            [element_tag::WATERMARK_STATUS, 0, ..] | [element_tag::WATERMARK_STATUS] => Self::Active,
            [element_tag::WATERMARK_STATUS, ..] => Self::Idle,
            _ => Self::Record,
        }
    }
}

/// Bytes that are no stream element or no value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CorruptRecord {
    /// How many bytes stand after the place where reading failed.
    pub bytes_left: usize,
    pub reason: &'static str,
}

impl fmt::Display for CorruptRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Corrupt record, {} bytes before its end: {}", self.bytes_left, self.reason)
    }
}

/// Appends the body of an element to `out` (the length that stands before it is the writer's).
#[inline]
pub fn serialize(element: &StreamElement, out: &mut Vec<u8>) {
    match element {
        StreamElement::Record { value, timestamp } => serialize_record(value, *timestamp, out),
        StreamElement::Watermark(timestamp) => {
            out.push(element_tag::WATERMARK);
            out.extend_from_slice(&timestamp.to_be_bytes());
        }
        StreamElement::WatermarkStatus(status) => {
            let status = if *status == WatermarkStatus::Idle { IDLE } else { ACTIVE };
            out.push(element_tag::WATERMARK_STATUS);
            out.extend_from_slice(&status.to_be_bytes());
        }
        StreamElement::LatencyMarker(marker) => {
            out.push(element_tag::LATENCY_MARKER);
            out.extend_from_slice(&marker.marked_time.to_be_bytes());
            out.extend_from_slice(&marker.operator_id.0);
            out.extend_from_slice(&marker.subtask_idx.to_be_bytes());
        }
    }
}

/// Appends the body of a record to `out`, without need of a `StreamElement`.
#[inline]
pub fn serialize_record(value: &Value, timestamp: Option<i64>, out: &mut Vec<u8>) {
    match timestamp {
        Some(timestamp) => push_tagged(element_tag::RECORD_WITH_TIMESTAMP, timestamp.to_be_bytes(), out),
        None => out.push(element_tag::RECORD),
    }
    serialize_value(value, out);
}

/// Fields of a tuple that [`serialize_longs`] takes at most.
const LONGS_MAX: usize = 4;

/// Writes the body of a record that is a Long or a short tuple of Longs to the front of `out`, as [`serialize_record`]
/// appends it, and answers how many bytes that are; `None`: it is another record, or too long for `out`. Each Long
/// is a store, where appending it is a call.
#[inline(always)]
pub fn serialize_longs(value: &Value, timestamp: Option<i64>, out: &mut [u8]) -> Option<usize> {
    let mut at = 0;
    match timestamp {
        Some(timestamp) => put_tagged(element_tag::RECORD_WITH_TIMESTAMP, timestamp, out, &mut at)?,
        None => put([element_tag::RECORD], out, &mut at)?,
    }
    match value {
        Value::Long(long) => put_tagged(value_tag::LONG, *long, out, &mut at)?,
        Value::Tuple(fields) if fields.len() <= LONGS_MAX => {
            put([value_tag::TUPLE, fields.len() as u8], out, &mut at)?;
            for field in fields.iter() {
                let Value::Long(long) = field else { return None };
                put_tagged(value_tag::LONG, *long, out, &mut at)?;
            }
        }
        _ => return None,
    }
    Some(at)
}

#[inline(always)]
fn put_tagged(tag: u8, payload: i64, out: &mut [u8], at: &mut usize) -> Option<()> {
    put([tag], out, at)?;
    put(payload.to_be_bytes(), out, at)
}

#[inline(always)]
fn put<const N: usize>(bytes: [u8; N], out: &mut [u8], at: &mut usize) -> Option<()> {
    *out.get_mut(*at..)?.first_chunk_mut::<N>()? = bytes;
    *at += N;
    Some(())
}

/// Appends a value to `out`.
#[inline]
pub fn serialize_value(value: &Value, out: &mut Vec<u8>) {
    match value {
        Value::Null => out.push(value_tag::NULL),
        Value::Bool(bool) => out.extend_from_slice(&[value_tag::BOOL, u8::from(*bool)]),
        Value::Long(long) => push_tagged(value_tag::LONG, long.to_be_bytes(), out),
        Value::Double(double) => push_tagged(value_tag::DOUBLE, double.to_bits().to_be_bytes(), out),
        Value::String(string) => {
            out.push(value_tag::STRING);
            push_string(string, out);
        }
        Value::Tuple(fields) => {
            out.push(value_tag::TUPLE);
            push_varint(fields.len() as u32, out);
            fields.iter().for_each(|field| serialize_value(field, out));
        }
        Value::Row(fields) => {
            out.push(value_tag::ROW);
            push_varint(fields.len() as u32, out);
            for (name, field) in fields.iter() {
                push_string(name, out);
                serialize_value(field, out);
            }
        }
    }
}

/// One append of nine bytes: one growth check instead of two.
#[inline]
fn push_tagged(tag: u8, payload: [u8; 8], out: &mut Vec<u8>) {
    let mut bytes = [tag; 9];
    bytes[1..].copy_from_slice(&payload);
    out.extend_from_slice(&bytes);
}

#[inline]
fn push_varint(mut value: u32, out: &mut Vec<u8>) {
    while value >= u32::from(MORE) {
        out.push(value as u8 | MORE);
        value >>= 7;
    }
    out.push(value as u8);
}

#[inline]
fn push_string(string: &str, out: &mut Vec<u8>) {
    if string.is_ascii() {
        push_varint(string.len() as u32 + 1, out);
        out.extend_from_slice(string.as_bytes());
    } else {
        push_varint(string.encode_utf16().count() as u32 + 1, out);
        string.encode_utf16().for_each(|unit| push_varint(u32::from(unit), out));
    }
}

/// Reads the one element that `bytes` holds.
#[inline]
pub fn deserialize(bytes: &[u8]) -> Result<StreamElement, CorruptRecord> {
    let mut rest = bytes;
    let input = &mut rest;
    let element = match take_u8(input)? {
        tag @ (element_tag::RECORD | element_tag::RECORD_WITH_TIMESTAMP) => {
            let has_timestamp = tag == element_tag::RECORD_WITH_TIMESTAMP;
            let timestamp = if has_timestamp { Some(i64::from_be_bytes(take(input)?)) } else { None };
            let value = match two_longs(input) {
                Some((first, second)) => {
                    *input = &input[TWO_LONGS_BYTES..];
                    Value::tuple([Value::Long(first), Value::Long(second)])
                }
                None => take_value(input, 0)?,
            };
            StreamElement::Record { value, timestamp }
        }
        element_tag::WATERMARK => StreamElement::Watermark(i64::from_be_bytes(take(input)?)),
        element_tag::LATENCY_MARKER => StreamElement::LatencyMarker(LatencyMarker {
            marked_time: i64::from_be_bytes(take(input)?),
            operator_id: OperatorId(take(input)?),
            subtask_idx: u32::from_be_bytes(take(input)?),
        }),
        element_tag::WATERMARK_STATUS => StreamElement::WatermarkStatus(take_status(input)?),
        _ => return Err(corrupt(input, "no tag of a stream element")),
    };
    if rest.is_empty() { Ok(element) } else { Err(corrupt(rest, "bytes after the element")) }
}

/// Reads a record with its timestamp, if that is what `bytes` hold: [`deserialize`] where nothing else is at hand as often.
/// A pair of Longs in `spare` that nothing else shares gives its memory.
#[inline(always)]
pub fn deserialize_record(bytes: &[u8], spare: &mut Option<Rc<[Value]>>) -> Option<(Value, Option<i64>)> {
    let (tag, mut rest) = bytes.split_first()?;
    let timestamp = match *tag {
        element_tag::RECORD => None,
        element_tag::RECORD_WITH_TIMESTAMP => {
            let (timestamp, after) = rest.split_first_chunk()?;
            rest = after;
            Some(i64::from_be_bytes(*timestamp))
        }
        _ => return None,
    };
    let value = match two_longs(rest) {
        Some((first, second)) if rest.len() == TWO_LONGS_BYTES => pair_in(spare, first, second),
        _ => deserialize_value(rest).ok()?,
    };
    Some((value, timestamp))
}

#[inline(always)]
fn pair_in(spare: &mut Option<Rc<[Value]>>, first: i64, second: i64) -> Value {
    if let Some(mut fields) = spare.take()
        && let Some([Value::Long(a), Value::Long(b)]) = Rc::get_mut(&mut fields)
    {
        (*a, *b) = (first, second);
        return Value::Tuple(fields);
    }
    Value::tuple([Value::Long(first), Value::Long(second)])
}

/// Reads the one value that `bytes` holds.
pub fn deserialize_value(bytes: &[u8]) -> Result<Value, CorruptRecord> {
    let mut rest = bytes;
    let value = take_value(&mut rest, 0)?;
    if rest.is_empty() { Ok(value) } else { Err(corrupt(rest, "bytes after the value")) }
}

/// Reads a value from the front of `input`, and leaves what stands after it.
pub fn read_value(input: &mut &[u8]) -> Result<Value, CorruptRecord> {
    take_value(input, 0)
}

#[cold]
const fn corrupt(rest: &[u8], reason: &'static str) -> CorruptRecord {
    CorruptRecord { bytes_left: rest.len(), reason }
}

#[inline]
fn take<const N: usize>(input: &mut &[u8]) -> Result<[u8; N], CorruptRecord> {
    match input.split_first_chunk::<N>() {
        Some((head, tail)) => {
            *input = tail;
            Ok(*head)
        }
        None => Err(corrupt(input, "the bytes end too early")),
    }
}

#[inline]
fn take_u8(input: &mut &[u8]) -> Result<u8, CorruptRecord> {
    take::<1>(input).map(|[byte]| byte)
}

#[inline]
fn take_varint(input: &mut &[u8]) -> Result<u32, CorruptRecord> {
    let first = take_u8(input)?;
    if first & MORE == 0 {
        return Ok(u32::from(first));
    }
    let mut value = u32::from(first & !MORE);
    for shift in [7, 14, 21, 28] {
        let byte = take_u8(input)?;
        value |= u32::from(byte & !MORE) << shift;
        if byte & MORE == 0 {
            return Ok(value);
        }
    }
    Err(corrupt(input, "a length without end"))
}

fn take_status(input: &mut &[u8]) -> Result<WatermarkStatus, CorruptRecord> {
    match i32::from_be_bytes(take(input)?) {
        IDLE => Ok(WatermarkStatus::Idle),
        ACTIVE => Ok(WatermarkStatus::Active),
        _ => Err(corrupt(input, "no watermark status")),
    }
}

#[inline]
fn take_value(input: &mut &[u8], depth: u32) -> Result<Value, CorruptRecord> {
    match take_u8(input)? {
        value_tag::LONG => Ok(Value::Long(i64::from_be_bytes(take(input)?))),
        value_tag::STRING => take_string(input).map(Value::String),
        tag => take_value_seldom(tag, input, depth),
    }
}

/// What is not worth its place in every caller; also where values that hold values come back to.
#[inline(never)]
fn take_value_seldom(tag: u8, input: &mut &[u8], depth: u32) -> Result<Value, CorruptRecord> {
    match tag {
        value_tag::NULL => Ok(Value::Null),
        value_tag::BOOL => Ok(Value::Bool(take_u8(input)? != 0)),
        value_tag::DOUBLE => Ok(Value::Double(f64::from_be_bytes(take(input)?))),
        value_tag::TUPLE => take_tuple(input, depth),
        value_tag::ROW => {
            let empty = (Rc::from(""), Value::Null);
            take_fields(input, depth, empty, |input, depth| {
                Ok((take_string(input)?, take_value(input, depth)?))
            })
            .map(Value::Row)
        }
        _ => Err(corrupt(input, "no tag of a value")),
    }
}

/// How long a pair of Longs is.
const TWO_LONGS_BYTES: usize = 20;

/// The pair of Longs, which many records are, that is next; `None`: another value is.
#[inline(always)]
fn two_longs(input: &[u8]) -> Option<(i64, i64)> {
    let head = input.first_chunk::<TWO_LONGS_BYTES>()?;
    if head[..3] != [value_tag::TUPLE, 2, value_tag::LONG] || head[11] != value_tag::LONG {
        return None;
    }
    let (first, second) = (head[3..].first_chunk()?, head[12..].first_chunk()?);
    Some((i64::from_be_bytes(*first), i64::from_be_bytes(*second)))
}

fn take_tuple(input: &mut &[u8], depth: u32) -> Result<Value, CorruptRecord> {
    if depth < Value::DEPTH_MAX && input.first() == Some(&2) {
        // Pairs are what most records are: both fields at once, without the machinery for any number.
        *input = &input[1..];
        return Ok(Value::tuple([take_value(input, depth + 1)?, take_value(input, depth + 1)?]));
    }
    take_fields(input, depth, Value::Null, take_value).map(Value::Tuple)
}

/// Reads a count and so many items straight into their shared slice; `filler` takes the place of the
/// items after a corrupt one, as an iterator of exact length cannot stop.
fn take_fields<T: Clone>(
    input: &mut &[u8],
    depth: u32,
    filler: T,
    take_item: impl Fn(&mut &[u8], u32) -> Result<T, CorruptRecord>,
) -> Result<Rc<[T]>, CorruptRecord> {
    let count = take_varint(input)? as usize;
    if count > input.len() {
        return Err(corrupt(input, "more fields than bytes"));
    }
    if depth == Value::DEPTH_MAX {
        return Err(corrupt(input, "tuples or rows nested too deeply"));
    }
    let mut failure = None;
    let fields = (0..count)
        .map(|_| {
            if failure.is_some() {
                return filler.clone();
            }
            take_item(input, depth + 1).unwrap_or_else(|corrupt| {
                failure = Some(corrupt);
                filler.clone()
            })
        })
        .collect();
    failure.map_or(Ok(fields), Err)
}

#[inline]
fn take_string(input: &mut &[u8]) -> Result<Rc<str>, CorruptRecord> {
    let Some(units) = (take_varint(input)? as usize).checked_sub(1) else {
        return Err(corrupt(input, "a null string"));
    };
    let Some(head) = input.get(..units) else {
        return Err(corrupt(input, "the bytes end too early"));
    };
    // Every unit below 0x80 is one byte: then the bytes are the text.
    if head.is_ascii() {
        let text = std::str::from_utf8(head).map_err(|_| corrupt(head, "no text"))?;
        let text = Rc::from(text);
        *input = &input[units..];
        return Ok(text);
    }
    take_string_wide(input, units)
}

#[inline(never)]
fn take_string_wide(input: &mut &[u8], units: usize) -> Result<Rc<str>, CorruptRecord> {
    let mut text = Vec::with_capacity(units);
    for _ in 0..units {
        let unit = u16::try_from(take_varint(input)?);
        text.push(unit.map_err(|_| corrupt(input, "no UTF-16 unit"))?);
    }
    String::from_utf16(&text).map(Rc::from).map_err(|_| corrupt(input, "a lone surrogate"))
}

#[cfg(test)]
mod tests;
