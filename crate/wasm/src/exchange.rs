//! The buffer through which values of records cross, a few bytes a value, in place of JavaScript objects.
//!
//! One side writes, the other reads at once; nothing stays in it. What does not fit crosses as a JavaScript
//! value (`value`). The other half of the format is `web/src/api/exchange.ts`.
//!
//! Format: a tag, then for a number its 8 bytes, for a string its length (u32) and its UTF-8 bytes, for a
//! tuple its length and its fields, for a row its length and its names and fields. Little-endian.

use std::cell::RefCell;
use std::rc::Rc;

use wasm_bindgen::prelude::*;
use weir_engine::record::Value;

use crate::value::{SAFE_INTEGER_MAX, from_number};

/// What fits: records of some thousand letters.
const BUFFER_BYTES: usize = 1 << 16;

const NULL: u8 = 0;
const FALSE: u8 = 1;
const TRUE: u8 = 2;
const NUMBER: u8 = 3;
/// A Long that a number cannot hold exactly.
const LONG: u8 = 4;
const STRING: u8 = 5;
const TUPLE: u8 = 6;
const ROW: u8 = 7;

thread_local! {
    /// Its bytes never move: the other side keeps their address.
    static BUFFER: RefCell<Box<[u8]>> = RefCell::new(vec![0; BUFFER_BYTES].into_boxed_slice());
}

/// Where the buffer begins in the memory.
#[wasm_bindgen(js_name = exchangeAddress)]
pub fn exchange_address() -> u32 {
    BUFFER.with_borrow(|buffer| buffer.as_ptr() as u32)
}

/// The buffer's size in bytes.
#[wasm_bindgen(js_name = exchangeBytes)]
pub fn exchange_bytes() -> u32 {
    BUFFER_BYTES as u32
}

/// The engine's memory, a `WebAssembly.Memory`.
#[wasm_bindgen(js_name = engineMemory)]
pub fn engine_memory() -> JsValue {
    wasm_bindgen::memory()
}

/// Writes values from the buffer's beginning on. `None`: they do not fit.
pub fn write(values: &[Value]) -> Option<()> {
    BUFFER.with_borrow_mut(|buffer| {
        let mut writer = Writer { buffer, at: 0 };
        values.iter().try_for_each(|value| writer.value(value))
    })
}

/// Reads the value at the buffer's beginning.
pub fn read() -> Value {
    let [value] = read_values();
    value
}

/// Reads as many values as the other side wrote.
pub fn read_values<const N: usize>() -> [Value; N] {
    BUFFER.with_borrow(|buffer| {
        let mut reader = Reader { buffer, at: 0 };
        std::array::from_fn(|_| reader.value())
    })
}

struct Writer<'b> {
    buffer: &'b mut [u8],
    at: usize,
}

impl Writer<'_> {
    fn value(&mut self, value: &Value) -> Option<()> {
        match value {
            Value::Null => self.bytes(&[NULL]),
            Value::Bool(false) => self.bytes(&[FALSE]),
            Value::Bool(true) => self.bytes(&[TRUE]),
            Value::Long(long) if (-SAFE_INTEGER_MAX..=SAFE_INTEGER_MAX).contains(long) => {
                self.tagged(NUMBER, (*long as f64).to_le_bytes())
            }
            Value::Long(long) => self.tagged(LONG, long.to_le_bytes()),
            Value::Double(double) => self.tagged(NUMBER, double.to_le_bytes()),
            Value::String(string) => {
                self.bytes(&[STRING])?;
                self.string(string)
            }
            Value::Tuple(fields) => {
                self.tagged(TUPLE, (fields.len() as u32).to_le_bytes())?;
                fields.iter().try_for_each(|field| self.value(field))
            }
            Value::Row(fields) => {
                self.tagged(ROW, (fields.len() as u32).to_le_bytes())?;
                fields.iter().try_for_each(|(name, field)| {
                    self.string(name)?;
                    self.value(field)
                })
            }
        }
    }

    fn string(&mut self, string: &str) -> Option<()> {
        self.bytes(&(string.len() as u32).to_le_bytes())?;
        self.bytes(string.as_bytes())
    }

    #[inline]
    fn tagged<const N: usize>(&mut self, tag: u8, payload: [u8; N]) -> Option<()> {
        self.bytes(&[tag])?;
        self.bytes(&payload)
    }

    #[inline]
    fn bytes(&mut self, bytes: &[u8]) -> Option<()> {
        let end = self.at + bytes.len();
        self.buffer.get_mut(self.at..end)?.copy_from_slice(bytes);
        self.at = end;
        Some(())
    }
}

struct Reader<'b> {
    buffer: &'b [u8],
    at: usize,
}

impl Reader<'_> {
    fn value(&mut self) -> Value {
        match self.bytes::<1>()[0] {
            NULL => Value::Null,
            FALSE => Value::Bool(false),
            TRUE => Value::Bool(true),
            NUMBER => from_number(f64::from_le_bytes(self.bytes())),
            LONG => Value::Long(i64::from_le_bytes(self.bytes())),
            STRING => Value::String(self.string()),
            TUPLE => {
                let count = self.count();
                Value::Tuple((0..count).map(|_| self.value()).collect())
            }
            ROW => {
                let count = self.count();
                Value::Row((0..count).map(|_| (self.string(), self.value())).collect())
            }
            tag => unreachable!("the other side writes no tag {tag}"),
        }
    }

    fn string(&mut self) -> Rc<str> {
        let count = self.count();
        let bytes = &self.buffer[self.at..self.at + count];
        self.at += count;
        match std::str::from_utf8(bytes) {
            Ok(string) => Rc::from(string),
            // A half of a surrogate pair, which the other side should have replaced.
            Err(_) => Rc::from(String::from_utf8_lossy(bytes)),
        }
    }

    fn count(&mut self) -> usize {
        u32::from_le_bytes(self.bytes()) as usize
    }

    #[inline]
    fn bytes<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        bytes.copy_from_slice(&self.buffer[self.at..self.at + N]);
        self.at += N;
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_come_back_as_they_were() {
        let values = [
            Value::Null,
            Value::tuple([Value::Bool(true), Value::Bool(false), Value::Long(-5), Value::Double(1.5)]),
            Value::row([("a", Value::from("häß😀")), ("", Value::tuple([]))]),
            Value::Long(i64::MIN),
        ];
        assert_eq!(write(&values), Some(()));
        assert_eq!(read_values::<4>(), values);
    }

    #[test]
    fn what_does_not_fit_is_told() {
        assert_eq!(write(&[Value::from(&*"x".repeat(BUFFER_BYTES - 5))]), Some(()));
        assert_eq!(write(&[Value::from(&*"x".repeat(BUFFER_BYTES - 4))]), None);
    }
}
