//! The steps of a random job: sources, operators, sinks, each with what it does to the records by hand.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use weir_engine::graph::api::DataStream;
use weir_engine::graph::error::ApiError;
use weir_engine::graph::operator_spec::{Field, KeySelector, SinkSpec, SourceSpec};
use weir_engine::graph::watermark_strategy::{WatermarkGeneration, WatermarkStrategy};
use weir_engine::graph::windowing::{TimeDomain, WindowAssigner};
use weir_engine::record::Value;

use crate::dice::mix;
use crate::expectation::{Expectation, Extreme};
use crate::item::Item;
use crate::job::{Builder, Stream};
use crate::step::{Change, Count, Hashed, Padding, Splits};

impl Builder {
    /// A source of one of the four kinds, and records made of what it reads.
    pub fn add_source(&mut self) -> Result<(), ApiError> {
        let count = match self.dice.below(8) {
            0 => self.dice.between(1, 6),
            1 => self.dice.magnitude(300, 2500),
            _ => self.dice.magnitude(10, 500),
        };
        let from = i64::from(self.dice.below(1000)) - 500;
        let numbers = from..from + i64::from(count);
        let change = Change::draw(&mut self.dice, count as usize);
        let items: Vec<Item> = numbers.clone().map(|number| change.item(number)).collect();
        let parallelism = self.parallelism();
        let of_map = if self.dice.once_in(3) { self.parallelism() } else { parallelism };
        let number_of = |value: &Value| match value {
            Value::Long(number) => *number,
            Value::String(line) => number_in(line),
            other => panic!("the source gives a Long or a line, not {other}"),
        };
        let (source, kind) = match self.dice.below(4) {
            0 => (self.env.from_sequence(from, numbers.end - 1)?, "sequence"),
            1 => (self.env.from_data(numbers.map(Value::Long).collect())?, "collection"),
            2 => {
                let function = self.functions.0.map(move |index| match index {
                    Value::Long(index) => Value::Long(from + index),
                    other => panic!("a generator gets an index, not {other}"),
                });
                let records_per_second =
                    self.dice.once_in(3).then(|| f64::from(self.dice.magnitude(50, 50_000)));
                let spec =
                    SourceSpec::DataGenerator { function, count: i64::from(count), records_per_second };
                let none = WatermarkStrategy::of(WatermarkGeneration::None);
                (self.env.from_source(spec, none, "Generator"), "generator")
            }
            _ => {
                let path = self.name("text");
                let padding = Padding::UpTo(self.dice.magnitude(1, 60));
                self.files.insert(path.clone(), text_of(numbers, padding).into());
                (self.env.read_text_file(&path), "text")
            }
        };
        let source = source.set_parallelism(parallelism as i32)?;
        let start = self.functions.0.map(move |value| change.item(number_of(value)).to_value());
        self.add(source.map(start), of_map, items, &format!("map of a {kind} ×{parallelism}"))?;
        // A record stays in its subtask, which reads one split after the other. Lines have splits of their own.
        if of_map == parallelism && kind != "text" {
            self.note_order(Splits { from, count: i64::from(count), parallelism: i64::from(parallelism) });
        }
        Ok(())
    }

    /// One more operator, or a union.
    pub fn add_step(&mut self) -> Result<(), ApiError> {
        match self.dice.below(14) {
            0 | 1 => self.add_map(),
            2 => self.add_flat_map(),
            3 => self.add_filter(),
            4 | 5 => self.add_process(),
            6 => self.add_union(),
            7 | 8 => self.add_connected(),
            9 | 10 => self.add_count(),
            11 | 12 => self.add_windows(),
            _ => self.add_count_of_both(),
        }
    }

    fn add_map(&mut self) -> Result<(), ApiError> {
        let (stream, parallelism) = (self.any_stream(), self.parallelism());
        let (handle, items, how) = self.route(&stream, parallelism)?;
        let change = Change::draw(&mut self.dice, items.len());
        let function = self.functions.map(move |item| change.apply(item));
        let changed = items.into_iter().map(|item| change.apply(item)).collect();
        self.add(handle.map(function), parallelism, changed, &format!("map of {how}"))?;
        Ok(())
    }

    fn add_flat_map(&mut self) -> Result<(), ApiError> {
        let (stream, parallelism) = (self.any_stream(), self.parallelism());
        let (handle, items, how) = self.route(&stream, parallelism)?;
        if self.dice.once_in(2) && !self.breaks {
            let broken = Hashed { salt: self.dice.bits(), n: 100 };
            self.breaks = items.iter().any(|&item| broken.of(item) == 0);
            let function = self.functions.throw(broken);
            self.add(handle.flat_map(function), parallelism, items, &format!("throwing flatMap of {how}"))?;
            return Ok(());
        }
        let split = Hashed::draw(&mut self.dice, 4);
        let function = self.functions.split(split);
        let parts = items.into_iter().flat_map(|item| split.split(item)).collect();
        self.add(handle.flat_map(function), parallelism, parts, &format!("flatMap of {how}"))?;
        Ok(())
    }

    fn add_filter(&mut self) -> Result<(), ApiError> {
        let (stream, parallelism) = (self.any_stream(), self.parallelism());
        let (handle, items, how) = self.route(&stream, parallelism)?;
        let gone = Hashed::draw(&mut self.dice, 4);
        let function = self.functions.filter(move |item| gone.of(item) != 0);
        let kept = items.into_iter().filter(|&item| gone.of(item) != 0).collect();
        self.add(handle.filter(function), parallelism, kept, &format!("filter of {how}"))?;
        Ok(())
    }

    fn add_process(&mut self) -> Result<(), ApiError> {
        let (stream, parallelism) = (self.any_stream(), self.parallelism());
        let (handle, items, how) = self.route(&stream, parallelism)?;
        let ways = Hashed { salt: self.dice.bits(), n: 3 };
        let function = self.functions.sort_out(ways, "side");
        let main = items.iter().copied().filter(|&item| ways.ways(item).0).collect();
        let operator = self.add(handle.process(function), parallelism, main, &format!("process of {how}"))?;
        if !self.dice.once_in(4) {
            let side: Vec<Item> = items.into_iter().filter(|&item| ways.ways(item).1).collect();
            let name = self.name("side");
            self.outline.push(format!("{name}: side output of it → {} records", side.len()));
            self.add_stream(operator.get_side_output("side")?, Some(parallelism), side, name);
        }
        Ok(())
    }

    fn add_union(&mut self) -> Result<(), ApiError> {
        let first = self.any_stream();
        let others: Vec<Stream> = (0..self.dice.between(1, 2)).map(|_| self.any_stream()).collect();
        // Flink unites no stream with itself.
        let mut names = vec![first.name.clone()];
        let mut items = first.items.to_vec();
        let mut handles = Vec::new();
        for other in others {
            if !names.contains(&other.name) {
                names.push(other.name.clone());
                items.extend(other.items.iter());
                handles.push(other.handle);
            }
        }
        let name = self.name("union");
        self.outline.push(format!("{name}: of {} → {} records", names.join(", "), items.len()));
        self.add_stream(first.handle.union(&handles)?, None, items, name);
        Ok(())
    }

    fn add_connected(&mut self) -> Result<(), ApiError> {
        let (first, second, parallelism) = (self.any_stream(), self.any_stream(), self.parallelism());
        let (first, first_items, how_first) = self.route(&first, parallelism)?;
        let (second, second_items, how_second) = self.route(&second, parallelism)?;
        let of_first = Change::draw(&mut self.dice, first_items.len() + second_items.len());
        let change = Change::draw(&mut self.dice, first_items.len() + second_items.len());
        let split = Hashed::draw(&mut self.dice, 4);
        let connected = first.connect(&second)?;
        let seconds = second_items.into_iter().map(|item| change.apply(item));
        let maps = self.dice.once_in(3);
        let items = if maps {
            first_items.into_iter().map(|item| of_first.apply(item)).chain(seconds).collect()
        } else {
            first_items.into_iter().flat_map(|item| split.split(item)).chain(seconds).collect()
        };
        let operator = if maps {
            connected.map(self.functions.change_both(of_first, change))
        } else {
            let function = self.functions.split_and_change(split, change);
            if self.dice.once_in(2) { connected.flat_map(function) } else { connected.process(function) }
        };
        self.add(operator, parallelism, items, &format!("co-function of {how_first} and {how_second}"))?;
        Ok(())
    }

    fn add_count(&mut self) -> Result<(), ApiError> {
        let (stream, parallelism) = (self.any_stream(), self.parallelism());
        // The records of a key keep their order from subtask to subtask.
        let order = stream.order.filter(|_| !self.is_batch);
        let count = Count { order, ..Count::draw(&mut self.dice, stream.items.len()) };
        let key = KeySelector::Function(self.functions.value_of(move |item| count.key_value(item)));
        let function = self.functions.count(count);
        let counted = counted(count, &stream.items);
        let operator = stream.handle.key_by(key).process(function);
        let how = if order.is_some() { ", in order" } else { "" };
        self.add(operator, parallelism, counted, &format!("count of {} by key{how}", stream.name))?;
        Ok(())
    }

    fn add_count_of_both(&mut self) -> Result<(), ApiError> {
        let (first, second, parallelism) = (self.any_stream(), self.any_stream(), self.parallelism());
        let items = [first.items.as_slice(), second.items.as_slice()].concat();
        let count = Count::draw(&mut self.dice, items.len());
        let key = KeySelector::Function(self.functions.value_of(move |item| count.key_value(item)));
        let function = self.functions.count(count);
        let connected = first.handle.connect(&second.handle)?.key_by(key.clone(), key);
        let how = format!("count of {} and {} by key", first.name, second.name);
        self.add(connected.process_keyed(function)?, parallelism, counted(count, &items), &how)?;
        Ok(())
    }

    /// Counts the records of each key and window, where the times of the records ascend in each subtask: then no
    /// watermark overtakes a record, and no record is late.
    fn add_windows(&mut self) -> Result<(), ApiError> {
        let Some(stream) = self.any_ordered_stream() else { return self.add_count() };
        let of_source = stream.parallelism.expect("what is ordered comes from an operator");
        let (of_map, of_windows) = (self.parallelism(), self.parallelism());
        let size = i64::from(self.dice.magnitude(1, 400));
        let time = self.functions.value_of(|item| Value::Long(item.number));
        let strategy = WatermarkStrategy::of(WatermarkGeneration::Monotonous);
        let timed = stream.handle.assign_timestamps_and_watermarks(strategy.with_timestamp_assigner(time));
        let timed = timed.set_parallelism(of_source as i32)?;
        let mut timed_stream = stream.clone();
        timed_stream.handle = (*timed).clone();
        let (routed, items, how) = self.route(&timed_stream, of_map)?;
        let window = move |item: Item| item.number.div_euclid(size);
        let one = self.functions.value_of(move |item| (item.key, window(item), 1).into());
        let windows = routed
            .map(one)
            .set_parallelism(of_map as i32)?
            .key_by(KeySelector::Field(0))
            .window(WindowAssigner::tumbling(TimeDomain::EventTime, size, 0)?)
            .reduce(self.functions.0.reduce(add_counts), None)
            .set_parallelism(of_windows as i32)?;
        let mut counts: BTreeMap<(i64, i64), i64> = BTreeMap::new();
        for &item in &items {
            *counts.entry((item.key, window(item))).or_default() += 1;
        }
        let padding = Padding::draw(&mut self.dice, counts.len());
        let result = move |key: i64, window: i64, count: i64| {
            let number = window * 100_003 + count;
            Item { key, number, padding: padding.of(mix(number as u64, 11)) }
        };
        let back = self.functions.0.map(move |value| {
            let (key, window, count) = count_in(value);
            result(key, window, count).to_value()
        });
        let items = counts.into_iter().map(|((key, window), count)| result(key, window, count)).collect();
        self.has_windows = true;
        let operator = windows.map(back);
        self.add(operator, of_windows, items, &format!("windows of {size} ms of ×{of_map} {how}"))?;
        Ok(())
    }

    /// A sink of one of the kinds; behind a rolling aggregation now and then.
    pub fn add_sink(&mut self, stream: &Stream) -> Result<(), ApiError> {
        if self.dice.once_in(4) && !stream.items.is_empty() {
            return self.add_aggregation(stream);
        }
        let parallelism = self.parallelism();
        let (handle, items, how) = self.route(stream, parallelism)?;
        self.add_named_sink(&handle, parallelism, Expectation::exactly(&items), &how)
    }

    /// `sum`, `min`, `max` or `reduce`: what is emitted on the way depends on the order, the last of a key does
    /// not, and it is the greatest or the least.
    fn add_aggregation(&mut self, stream: &Stream) -> Result<(), ApiError> {
        let (parallelism, of_sink) = (self.parallelism(), self.parallelism());
        let number_of = |item: Item| item.number.rem_euclid(1000) + 1;
        let pair = self.functions.value_of(move |item| (item.key, number_of(item)).into());
        let handle = stream.handle.map(pair).set_parallelism(parallelism as i32)?;
        let keyed = handle.key_by(KeySelector::Field(0));
        let kind = self.dice.below(4);
        let mut last: BTreeMap<i64, i64> = BTreeMap::new();
        for &item in stream.items.iter() {
            let (entry, number) = (last.get(&item.key).copied(), number_of(item));
            let after = match (kind, entry) {
                (_, None) => number,
                (0, Some(before)) => before.min(number),
                (1, Some(before)) => before.max(number),
                (_, Some(before)) => before + number,
            };
            last.insert(item.key, after);
        }
        let field = || Field::Position(1);
        let aggregated = match kind {
            0 => keyed.min(field()),
            1 => keyed.max(field()),
            2 => keyed.sum(field()),
            _ => keyed.reduce(self.functions.0.reduce(add_pairs)),
        };
        let aggregated = aggregated.set_parallelism(parallelism as i32)?;
        let extreme = if kind == 0 { Extreme::Least } else { Extreme::Greatest };
        // In batch a key gives its last result only.
        let lines = if self.is_batch { last.len() } else { stream.items.len() };
        let expectation = Expectation::LastOfKey { extreme, last, lines };
        let name = AGGREGATIONS[kind as usize];
        self.add_named_sink(&aggregated, of_sink, expectation, &format!("{name} of {} by key", stream.name))
    }

    fn add_named_sink(
        &mut self,
        handle: &DataStream,
        parallelism: u32,
        expectation: Expectation,
        how: &str,
    ) -> Result<(), ApiError> {
        let name = self.name("sink");
        let (kind, sink) = match self.dice.below(5) {
            0 => ("print", handle.print(Some(&name))),
            1 => ("printToErr", handle.print_to_err(Some(&name))),
            2 => ("addSink", handle.add_sink(SinkSpec::Collect { name: name.clone() })),
            3 => ("sinkTo", handle.sink_to(SinkSpec::Collect { name: name.clone() })),
            _ => {
                let print = SinkSpec::Print { identifier: Some(name.clone()), to_stderr: false };
                ("sinkTo print", handle.sink_to(print))
            }
        };
        let sink = sink.name(&name).set_parallelism(parallelism as i32)?;
        if self.dice.once_in(5) {
            sink.disable_chaining();
        }
        self.note_operator(&name);
        self.outline.push(format!("{name} ×{parallelism}: {kind} of {how}, {}", expectation.in_words()));
        self.expected.insert(name.to_string(), expectation);
        Ok(())
    }
}

const AGGREGATIONS: [&str; 4] = ["min", "max", "sum", "reduce"];

/// Every record of a key that has n emits one of 1 to n, whichever comes first.
fn counted(count: Count, items: &[Item]) -> Vec<Item> {
    let mut of_key: BTreeMap<i64, i64> = BTreeMap::new();
    items
        .iter()
        .map(|&item| {
            let key = count.key(item);
            let n = of_key.entry(key).and_modify(|n| *n += 1).or_insert(1);
            count.nth(key, *n)
        })
        .collect()
}

/// Key, number of the window and count of two parts of a window.
fn add_counts(a: &Value, b: &Value) -> Value {
    let ((key, window, first), (other_key, other_window, second)) = (count_in(a), count_in(b));
    assert!((key, window) == (other_key, other_window), "{a} and {b} are in one window");
    (key, window, first + second).into()
}

fn count_in(value: &Value) -> (i64, i64, i64) {
    match value {
        Value::Tuple(fields) => match fields[..] {
            [Value::Long(key), Value::Long(window), Value::Long(count)] => (key, window, count),
            _ => panic!("{value} is no count of a window"),
        },
        other => panic!("{other} is no count of a window"),
    }
}

fn add_pairs(a: &Value, b: &Value) -> Value {
    match (a, b) {
        (Value::Tuple(a), Value::Tuple(b)) => match (&a[..], &b[..]) {
            ([key, Value::Long(a)], [_, Value::Long(b)]) => Value::tuple([key.clone(), Value::Long(a + b)]),
            other => panic!("pairs of key and Long are added, not {other:?}"),
        },
        other => panic!("pairs are added, not {other:?}"),
    }
}

/// A line for each number; what stands behind the number is there to be read over.
fn text_of(numbers: std::ops::Range<i64>, padding: Padding) -> String {
    let mut text = String::new();
    for number in numbers {
        let rest = "ы ".repeat(padding.of(mix(number as u64, 3)) as usize);
        writeln!(text, "{number} {rest}").expect("text grows");
    }
    text
}

fn number_in(line: &str) -> i64 {
    let number = line.split(' ').next().unwrap_or_default();
    number.parse().unwrap_or_else(|_| panic!("the line {line:?} begins with no number"))
}
