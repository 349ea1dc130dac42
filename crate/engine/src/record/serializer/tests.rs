//! Bytes against Flink's layout, and round trips of generated values.

use super::*;

/// xorshift64*: reproducible values from a seed.
struct Generator(u64);

impl Generator {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    fn string(&mut self) -> Rc<str> {
        let wide = self.below(2) == 0;
        let length = self.below(200);
        (0..length)
            .map(|_| match if wide { self.below(4) } else { 0 } {
                1 => char::from_u32(0x80 + self.below(0xd700) as u32).unwrap_or('?'),
                2 => char::from_u32(0x1_0000 + self.below(0xf_0000) as u32).unwrap_or('?'),
                _ => char::from(self.below(0x80) as u8),
            })
            .collect::<String>()
            .into()
    }

    fn value(&mut self, depth: u32) -> Value {
        match self.below(if depth == 0 { 5 } else { 7 }) {
            0 => Value::Null,
            1 => Value::Bool(self.below(2) == 0),
            2 => Value::Long(self.next() as i64),
            3 => Value::Double(f64::from_bits(self.next())),
            4 => Value::String(self.string()),
            5 => {
                let fields: Vec<_> = (0..self.below(5)).map(|_| self.value(depth - 1)).collect();
                Value::Tuple(fields.into())
            }
            _ => {
                let fields: Vec<_> =
                    (0..self.below(5)).map(|i| (Rc::from(format!("f{i}")), self.value(depth - 1))).collect();
                Value::Row(fields.into())
            }
        }
    }
}

fn bytes_of(element: &StreamElement) -> Vec<u8> {
    let mut bytes = vec![];
    serialize(element, &mut bytes);
    bytes
}

fn check_bytes(element: &StreamElement, expected: &[u8]) {
    assert_eq!(bytes_of(element), expected, "{element:?}");
    assert_eq!(deserialize(expected).as_ref(), Ok(element));
}

#[test]
fn records_begin_with_their_tag() {
    check_bytes(&StreamElement::record(1), &[1, 2, 0, 0, 0, 0, 0, 0, 0, 1]);
    check_bytes(
        &StreamElement::Record { value: true.into(), timestamp: Some(-2) },
        &[0, 255, 255, 255, 255, 255, 255, 255, 254, 1, 1],
    );
    check_bytes(&StreamElement::record(Value::Null), &[1, 0]);
    check_bytes(&StreamElement::record(1.5), &[1, 3, 0x3f, 0xf8, 0, 0, 0, 0, 0, 0]);
    check_bytes(&StreamElement::record(("ab", 1)), &[1, 5, 2, 4, 3, 97, 98, 2, 0, 0, 0, 0, 0, 0, 0, 1]);
    check_bytes(&StreamElement::record(Value::row([("a", Value::Null)])), &[1, 6, 1, 2, 97, 0]);
}

#[test]
fn strings_stand_as_varints_of_utf16_units() {
    check_bytes(&StreamElement::record(""), &[1, 4, 1]);
    check_bytes(&StreamElement::record("\u{e9}"), &[1, 4, 2, 0xe9, 0x01]);
    check_bytes(&StreamElement::record("\u{1f600}"), &[1, 4, 3, 0xbd, 0xb0, 0x03, 0x80, 0xbc, 0x03]);
    let long = "x".repeat(127);
    assert_eq!(bytes_of(&StreamElement::record(&*long))[..4], [1, 4, 0x80, 0x01]);
}

#[test]
fn other_elements() {
    check_bytes(&StreamElement::Watermark(258), &[2, 0, 0, 0, 0, 0, 0, 1, 2]);
    check_bytes(&StreamElement::WatermarkStatus(WatermarkStatus::Idle), &[4, 255, 255, 255, 255]);
    check_bytes(&StreamElement::WatermarkStatus(WatermarkStatus::Active), &[4, 0, 0, 0, 0]);
    let marker = LatencyMarker { marked_time: 1, operator_id: OperatorId([7; 16]), subtask_idx: 2 };
    let mut expected = vec![3, 0, 0, 0, 0, 0, 0, 0, 1];
    expected.extend([7; 16]);
    expected.extend([0, 0, 0, 2]);
    check_bytes(&StreamElement::LatencyMarker(marker), &expected);
}

#[test]
fn generated_values_survive() {
    let mut generator = Generator(0x5eed);
    for _ in 0..2_000 {
        let value = generator.value(3);
        let timestamp = (generator.below(2) == 0).then(|| generator.next() as i64);
        let element = StreamElement::Record { value, timestamp };
        assert_eq!(deserialize(&bytes_of(&element)).as_ref(), Ok(&element));
        let record = deserialize_record(&bytes_of(&element), &mut None);
        let record = record.map(|(value, timestamp)| StreamElement::Record { value, timestamp });
        assert_eq!(record, Some(element));
    }
}

#[test]
fn a_pair_that_nothing_shares_gives_its_memory() {
    let read = |pair: (i64, i64), mut spare: Option<Rc<[Value]>>| {
        let record = deserialize_record(&bytes_of(&StreamElement::record(pair)), &mut spare);
        let Some((Value::Tuple(fields), None)) = record else { panic!("{record:?}") };
        assert_eq!(Value::Tuple(Rc::clone(&fields)), pair.into());
        fields
    };
    let first = read((1, 2), None);
    let place = Rc::as_ptr(&first);
    let second = read((3, 4), Some(first));
    assert_eq!(Rc::as_ptr(&second), place);
    let third = read((5, 6), Some(Rc::clone(&second)));
    assert_ne!(Rc::as_ptr(&third), place, "it is shared");
    assert_eq!(Value::Tuple(second), (3, 4).into());
}

#[test]
fn every_truncation_is_an_error() {
    let mut generator = Generator(0xfeed);
    for _ in 0..200 {
        let bytes = bytes_of(&StreamElement::record(generator.value(2)));
        for end in 0..bytes.len() {
            assert!(deserialize(&bytes[..end]).is_err(), "{bytes:?} to {end}");
        }
    }
}

#[test]
fn corrupt_bytes_are_named() {
    let check = |bytes: &[u8], reason: &str| {
        assert_eq!(deserialize(bytes).map_err(|corrupt| corrupt.reason), Err(reason));
    };
    check(&[9], "no tag of a stream element");
    check(&[1, 9], "no tag of a value");
    check(&[1, 0, 0], "bytes after the element");
    check(&[1, 4, 0], "a null string");
    check(&[1, 4, 2, 0xbd, 0xb0, 0x03], "a lone surrogate");
    check(&[1, 5, 200, 1, 0], "more fields than bytes");
    check(&[4, 0, 0, 0, 5], "no watermark status");
    let mut deep = vec![1];
    deep.extend([5, 1].repeat(Value::DEPTH_MAX as usize + 1));
    deep.push(0);
    check(&deep, "tuples or rows nested too deeply");
}

#[test]
fn longs_are_written_as_they_are_appended() {
    let pair = || Value::from((3, -7));
    for (value, is_taken) in [
        (Value::Long(i64::MIN), true),
        (pair(), true),
        (Value::from((1, 2, 3)), true),
        (Value::tuple([]), true),
        (Value::from((1, "a")), false),
        (Value::from((pair(), 1)), false),
        (Value::tuple([1, 2, 3, 4, 5].map(Value::Long)), false),
        (Value::Null, false),
    ] {
        for timestamp in [None, Some(-1)] {
            let (mut appended, mut out) = (vec![], [0xff; 64]);
            serialize_record(&value, timestamp, &mut appended);
            let written = serialize_longs(&value, timestamp, &mut out);
            assert_eq!(written, is_taken.then_some(appended.len()), "{value}");
            if let Some(length) = written {
                assert_eq!(out[..length], appended);
                assert_eq!(serialize_longs(&value, timestamp, &mut out[..length - 1]), None, "{value}");
            }
        }
    }
}
