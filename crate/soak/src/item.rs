//! The records of a random job: three numbers by hand, a tuple with a long text on the wire.
//!
//! Contract: the value of an item is a function of its numbers, so that whoever gets a value can tell whether
//! a single byte of it is wrong.

use std::sync::OnceLock;

use weir_engine::record::Value;

use crate::dice::mix;

/// A record by hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Item {
    pub key: i64,
    pub number: i64,
    /// Length of its text in letters.
    pub padding: u32,
}

/// The longest text in letters; a letter takes one to four bytes.
pub const PADDING_MAX: u32 = 60_000;

impl Item {
    /// The tuple (key, number, something that depends on the number, text).
    pub fn to_value(self) -> Value {
        let text = text_of(self.number, self.padding);
        Value::tuple([self.key.into(), self.number.into(), odd_value(self.number), text.into()])
    }

    /// The item of a value. Panics where the value is not, to the byte, that of an item.
    pub fn of_value(value: &Value) -> Self {
        Self::read(value).unwrap_or_else(|| {
            let text = value.to_string();
            let start: String = text.chars().take(200).collect();
            panic!("a record is damaged: {start} ({} bytes)", text.len())
        })
    }

    fn read(value: &Value) -> Option<Self> {
        let Value::Tuple(fields) = value else { return None };
        let [Value::Long(key), Value::Long(number), odd, Value::String(text)] = &fields[..] else {
            return None;
        };
        let item = Self { key: *key, number: *number, padding: letters_in(*number, text) };
        let is_whole = text_of(item.number, item.padding) == &**text && *odd == odd_value(item.number);
        is_whole.then_some(item)
    }

    /// How many bytes it takes in a buffer, about.
    pub fn bytes(self) -> u64 {
        40 + text_of(self.number, self.padding).len() as u64
    }
}

/// A value of each kind in turn.
fn odd_value(number: i64) -> Value {
    match number.rem_euclid(7) {
        0 => Value::Null,
        1 => Value::Bool(number % 2 == 0),
        2 => Value::Double(number as f64 / 8.0),
        3 => Value::row([("a", Value::Long(number)), ("ключ", Value::Null)]),
        4 => Value::tuple([Value::tuple([Value::Long(number)]), Value::String("".into())]),
        5 => Value::Long(i64::MIN + number.rem_euclid(1000)),
        _ => Value::String("−1".into()),
    }
}

/// Letters of one to four bytes in a ring of a prime length: a text that is shifted or cut differs.
const RING: usize = 127;

/// The ring again and again, and where each letter of one round begins.
struct Ring {
    text: String,
    starts: Vec<usize>,
}

fn ring() -> &'static Ring {
    static RING_TEXT: OnceLock<Ring> = OnceLock::new();
    RING_TEXT.get_or_init(|| {
        let letters: Vec<char> = (0..RING as u64)
            .map(|n| match mix(n, 7) % 16 {
                0 => 'é',
                1 => '漢',
                2 => '😀',
                letter => (b'a' + letter as u8 + (n % 8) as u8) as char,
            })
            .collect();
        let mut starts = vec![0];
        starts.extend(letters.iter().scan(0, |end, letter| {
            *end += letter.len_utf8();
            Some(*end)
        }));
        let round: String = letters.iter().collect();
        Ring { text: round.repeat(PADDING_MAX as usize / RING + 3), starts }
    })
}

/// The byte at which the n-th letter of the endless ring begins.
fn byte_of_letter(letter: usize) -> usize {
    letter / RING * ring().starts[RING] + ring().starts[letter % RING]
}

fn first_letter(number: i64) -> usize {
    number.rem_euclid(RING as i64) as usize
}

fn text_of(number: i64, padding: u32) -> &'static str {
    let first = first_letter(number);
    &ring().text[byte_of_letter(first)..byte_of_letter(first + padding as usize)]
}

/// How many letters a text of so many bytes has, if it is the right one.
fn letters_in(number: i64, text: &str) -> u32 {
    let first = first_letter(number);
    let end = byte_of_letter(first) + text.len();
    let rounds = end / ring().starts[RING];
    let within = ring().starts.partition_point(|&start| start < end % ring().starts[RING]);
    (rounds * RING + within).saturating_sub(first).min(PADDING_MAX as usize) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_come_back_from_their_values() {
        for number in -300..300 {
            for padding in [0, 1, 2, 126, 127, 128, 1000, PADDING_MAX] {
                let item = Item { key: number % 5, number, padding };
                assert_eq!(Item::of_value(&item.to_value()), item);
            }
        }
    }

    #[test]
    fn a_shifted_text_is_noticed() {
        let value = Value::tuple([1.into(), 5.into(), odd_value(5), text_of(6, 50).into()]);
        assert_eq!(Item::read(&value), None);
    }
}
