//! Against the vectors of the formulas and against what a real Flink answered.

use super::*;

#[test]
fn murmur_hashes() {
    for (code, hash) in [
        (97, 1_455_541_201),
        (98, 516_420_758),
        (99_162_322, 1_715_862_179),
        (97_520_992, 1_330_823_394),
        (1, 68_075_478),
        (-1, 1_982_413_648),
        (0, 593_689_054),
        (1_073_217_536, 1_684_538_177),
        (i32::MIN, 1_718_298_732),
    ] {
        assert_eq!(murmur_hash(code), hash, "{code}");
    }
}

#[test]
fn tuples_and_missing_fields_have_key_groups() {
    assert_eq!(assign_to_key_group(&("a", 1).into(), 128), 29);
    assert_eq!(operator_index(29, 128, 4), 0);
}

fn key(text: &str) -> Value {
    let (kind, rest) = text.split_at(1);
    match kind {
        "b" => Value::Bool(rest == "true"),
        "l" => Value::Long(rest.parse().unwrap()),
        "d" => Value::Double(rest.parse().unwrap()),
        "s" => {
            let byte = |at| u8::from_str_radix(&rest[at..at + 2], 16).unwrap();
            let bytes: Vec<u8> = (0..rest.len()).step_by(2).map(byte).collect();
            Value::from(String::from_utf8(bytes).unwrap().as_str())
        }
        _ => {
            let (first, second) = rest.split_once('+').unwrap();
            Value::tuple([key(first), key(second)])
        }
    }
}

fn pair(text: &str) -> (u32, u32) {
    let (first, second) = text.split_once('/').unwrap();
    (first.parse().unwrap(), second.parse().unwrap())
}

fn rows(table: &str) -> impl Iterator<Item = Vec<&str>> {
    table.lines().filter(|line| !line.starts_with('#')).map(|line| line.split(' ').collect())
}

#[test]
fn keys_as_in_a_real_flink() {
    let mut rows = rows(include_str!("keys.txt"));
    let settings: Vec<_> = rows.next().unwrap().into_iter().map(pair).collect();
    let mut count = 0;
    for row in rows {
        let key = key(row[0]);
        assert_eq!(java_hash(&key).to_string(), row[1], "{key}");
        for (&(max_parallelism, parallelism), expected) in settings.iter().zip(&row[2..]) {
            let key_group = assign_to_key_group(&key, max_parallelism);
            let subtask = operator_index(key_group, max_parallelism, parallelism);
            assert_eq!((key_group, subtask), pair(expected), "{key} of {max_parallelism}/{parallelism}");
            assert!(range_for_operator(max_parallelism, parallelism, subtask).contains(key_group));
        }
        count += 1;
    }
    assert_eq!(count, 400);
}

#[test]
fn ranges_as_in_a_real_flink() {
    for row in rows(include_str!("ranges.txt")) {
        let row: Vec<u32> = row.into_iter().map(|number| number.parse().unwrap()).collect();
        let range = range_for_operator(row[0], row[1], row[2]);
        assert_eq!((range.start, range.end), (row[3], row[4]), "{row:?}");
        assert_eq!(range.group_count(), row[4] - row[3] + 1);
    }
}

#[test]
fn default_max_parallelism_leaves_room_to_grow() {
    for (parallelism, max_parallelism) in [
        (1, 128),
        (63, 128),
        (85, 128),
        (86, 256),
        (170, 256),
        (171, 256),
        (200, 512),
        (500, 1024),
        (1000, 2048),
        (5000, 8192),
        (21_845, 32_768),
        (21_846, 32_768),
        (32_768, 32_768),
    ] {
        assert_eq!(compute_default_max_parallelism(parallelism), max_parallelism, "{parallelism}");
    }
}
