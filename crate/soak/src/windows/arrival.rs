//! When records have come, as a function sees it that stands before what is looked at, in the same task.
//!
//! Contract: the clock of a record is the ms in which its task takes it; what is due by the clock comes before the
//! records of that ms. So to an operator in processing time, a record of the ms `t` is one of the time `t`, before
//! which the watermark has come to `t - 1`.

use std::collections::BTreeMap;

use weir_engine::base::ids::FunctionId;
use weir_engine::operator::function::Method;
use weir_engine::operator::native::NativeFunctions;
use weir_engine::record::Value;
use weir_engine::sim::Sim;

use super::collected;
use super::input::{Marked, digest_of};
use super::reference::{Arrival, Record};

/// Where stamped records are collected.
pub const ARRIVALS: &str = "arrivals";

/// Gives a record the clock's time for its own.
pub fn stamp(functions: &mut NativeFunctions) -> FunctionId {
    functions.process(|method, value, context| {
        if let (Method::ProcessElement, Value::Tuple(fields)) = (method, value) {
            let [key, _, count, digest, ..] = &**fields else { panic!("{value} is no record of the job") };
            let now = Value::Long(context.now);
            context.collect(Value::tuple([key.clone(), now, count.clone(), digest.clone()]));
        }
        Ok(())
    })
}

/// The records of each key as they came to it, each after the time that has passed before it.
pub fn arrivals_by_key(sim: &Sim, records: &[Marked]) -> BTreeMap<i64, Vec<Arrival>> {
    let numbers: BTreeMap<i64, i64> =
        records.iter().map(|marked| marked.record.number).map(|number| (digest_of(number), number)).collect();
    let mut by_key: BTreeMap<i64, Vec<Arrival>> = BTreeMap::new();
    for line in collected(sim, ARRIVALS) {
        let fields: Vec<i64> =
            line[1..line.len() - 1].split(',').map(|field| field.parse().expect("a whole number")).collect();
        let [key, timestamp, _, digest] = fields[..] else { panic!("{line} is no stamped record") };
        let record = Record { key, timestamp, number: numbers[&digest] };
        let passed = Arrival::Watermark(timestamp - 1);
        by_key.entry(key).or_default().extend([passed, Arrival::Record(record)]);
    }
    by_key
}
