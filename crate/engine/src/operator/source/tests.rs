//! Splits and readers, driven as the JobMaster and the tasks drive them.

use super::*;
use crate::base::ordered::map_of;
use crate::operator::native::NativeFunctions;

fn files(text: &str) -> SourceFiles {
    Rc::new(map_of([("hamlet.txt".into(), text.into())]))
}

fn text_file() -> SourceSpec {
    SourceSpec::TextFile { path: "hamlet.txt".into() }
}

/// What each subtask reads when they ask for splits in turn, as texts.
fn read_all(spec: &SourceSpec, files: &SourceFiles, parallelism: u32) -> Vec<Vec<String>> {
    let mut functions = NativeFunctions::default();
    functions.map(|index| Value::tuple([index.clone(), "generated".into()]));
    let functions: Rc<dyn UserFunctions> = Rc::new(functions);
    let mut enumerator = build_enumerator(spec, files, parallelism);
    let mut context = OperatorContext::default();
    let mut read = vec![vec![]; parallelism as usize];
    let mut readers: Vec<_> = (0..parallelism)
        .map(|idx| build_reader(spec, &functions, files, idx, parallelism).unwrap())
        .collect();
    let mut ended = 0;
    while ended < readers.len() {
        ended = 0;
        for (idx, reader) in readers.iter_mut().enumerate() {
            match reader.poll_next(&mut context).unwrap() {
                ReaderPoll::Record { value, timestamp } => {
                    assert_eq!(timestamp, Some(i64::MIN));
                    read[idx].push(value.to_string());
                }
                ReaderPoll::NeedsSplit => match enumerator.handle_split_request(idx as u32) {
                    Some(split) => reader.add_split(split),
                    None => reader.no_more_splits(),
                },
                ReaderPoll::NothingUntil(time) => context.now = time,
                ReaderPoll::EndOfInput => ended += 1,
            }
        }
    }
    read
}

fn check_splits(spec: &SourceSpec, parallelism: u32, expected: &[&str]) {
    let enumerator = build_enumerator(spec, &SourceFiles::default(), parallelism);
    let splits: Vec<_> = enumerator.remaining().map(ToString::to_string).collect();
    assert_eq!(splits, expected);
}

#[test]
fn sequences_are_cut_as_in_flink() {
    check_splits(
        &SourceSpec::Sequence { from: 1, to: 10 },
        4,
        &["split 1: 1 to 3", "split 2: 4 to 6", "split 3: 7 to 8", "split 4: 9 to 10"],
    );
    check_splits(&SourceSpec::Sequence { from: 5, to: 6 }, 3, &["split 1: 5 to 5", "split 2: 6 to 6"]);
    check_splits(&SourceSpec::Sequence { from: 2, to: 1 }, 3, &[]);
    check_splits(
        &SourceSpec::Sequence { from: i64::MIN, to: i64::MAX },
        2,
        &["split 1: -9223372036854775808 to -1", "split 2: 0 to 9223372036854775807"],
    );
}

#[test]
fn sequences_and_collections_are_read() {
    let none = SourceFiles::default();
    let read = read_all(&SourceSpec::Sequence { from: -1, to: 3 }, &none, 2);
    assert_eq!(read, [vec!["-1", "0", "1"], vec!["2", "3"]]);
    let read = read_all(&SourceSpec::Sequence { from: i64::MAX, to: i64::MAX }, &none, 1);
    assert_eq!(read, [[i64::MAX.to_string()]]);
    let elements = SourceSpec::Collection(["a", "b", "c"].map(Value::from).into());
    assert_eq!(read_all(&elements, &none, 1), [["a", "b", "c"]]);
    assert_eq!(read_all(&elements, &none, 2), [vec!["a", "b"], vec!["c"]]);
    assert_eq!(read_all(&SourceSpec::Collection([].into()), &none, 1), [[""; 0]]);
}

#[test]
fn the_generator_is_called_with_each_index() {
    let function = crate::base::ids::FunctionId(0);
    let spec = SourceSpec::DataGenerator { function, count: 3, records_per_second: Some(2.0) };
    let read = read_all(&spec, &SourceFiles::default(), 2);
    assert_eq!(read, [vec!["(0,generated)", "(1,generated)"], vec!["(2,generated)"]]);
}

#[test]
fn the_generator_waits_for_its_rate() {
    let mut functions = NativeFunctions::default();
    let function = functions.map(Clone::clone);
    let spec = SourceSpec::DataGenerator { function, count: 3, records_per_second: Some(10.0) };
    let functions: Rc<dyn UserFunctions> = Rc::new(functions);
    let mut reader = build_reader(&spec, &functions, &SourceFiles::default(), 0, 1).unwrap();
    let mut context = OperatorContext { now: 1_000, ..OperatorContext::default() };
    reader.add_split(Split::Numbers { id: 1, from: 0, to: 2 });
    let record = |number: i64| ReaderPoll::Record { value: number.into(), timestamp: Some(i64::MIN) };
    assert_eq!(reader.poll_next(&mut context), Ok(record(0)));
    assert_eq!(reader.poll_next(&mut context), Ok(ReaderPoll::NothingUntil(1_100)));
    let mut earlier = reader.clone();
    context.now = 1_100;
    assert_eq!(reader.poll_next(&mut context), Ok(record(1)));
    assert_eq!(earlier.poll_next(&mut context), Ok(record(1)), "a snapshot reads the same again");
    context.now = 1_200;
    assert_eq!(reader.poll_next(&mut context), Ok(record(2)));
    assert_eq!(
        reader.poll_next(&mut context),
        Ok(ReaderPoll::NothingUntil(1_300)),
        "also for the end of the split"
    );
    context.now = 1_300;
    assert_eq!(reader.poll_next(&mut context), Ok(ReaderPoll::NeedsSplit));
    reader.no_more_splits();
    assert_eq!(reader.poll_next(&mut context), Ok(ReaderPoll::NothingUntil(1_400)), "and of the input");
}

#[test]
fn files_are_cut_as_in_flink() {
    let cut = |length, parallelism| {
        split::of_bytes(length, parallelism).iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    assert_eq!(cut(10, 3), ["split 1: bytes 0 to 4", "split 2: bytes 4 to 8", "split 3: bytes 8 to 10"]);
    // The rest after two splits of 50 is 1: less than a tenth more, so the second takes it.
    assert_eq!(cut(99, 2), ["split 1: bytes 0 to 50", "split 2: bytes 50 to 99"]);
    assert_eq!(cut(0, 2), [""; 0]);
    let blocks = cut((64 << 20) + 1, 1);
    assert_eq!(blocks, ["split 1: bytes 0 to 33554432", "split 2: bytes 33554432 to 67108865"]);
}

#[test]
fn every_line_is_read_once_by_the_split_it_begins_in() {
    let text = "To be, or not to be\n\nthat is\r\nthe question\u{2014}\u{1f600}\nend";
    let all = ["To be, or not to be", "", "that is", "the question\u{2014}\u{1f600}", "end"];
    for parallelism in 1..=20 {
        let read = read_all(&text_file(), &files(text), parallelism);
        assert_eq!(read.concat().len(), all.len(), "{parallelism}: {read:?}");
        for line in all {
            assert!(read.iter().flatten().any(|other| other == line), "{parallelism}: {line}");
        }
    }
    // Two splits of three bytes: "b" begins just at the end of the first, so that one reads it.
    assert_eq!(read_all(&text_file(), &files("aa\nb\nc"), 2), [vec!["aa", "b"], vec!["c"]]);
    assert_eq!(read_all(&text_file(), &files("a\n"), 1), [["a"]]);
    assert_eq!(read_all(&text_file(), &files("\n\n"), 1), [["", ""]]);
}

#[test]
fn a_missing_file_is_named_with_those_that_are_there() {
    let functions: Rc<dyn UserFunctions> = Rc::new(NativeFunctions::default());
    let spec = SourceSpec::TextFile { path: "macbeth.txt".into() };
    let error = build_reader(&spec, &functions, &files(""), 0, 1).err().unwrap().into_message();
    assert_eq!(
        error,
        "readTextFile(\"macbeth.txt\"): there is no such text. The texts that this run has: hamlet.txt."
    );
}
