//! Where the records of a random job come from, with their watermarks.

use weir_engine::graph::api::{SingleOutputStreamOperator, StreamExecutionEnvironment};
use weir_engine::graph::error::ApiError;
use weir_engine::graph::operator_spec::SourceSpec;
use weir_engine::graph::watermark_strategy::{WatermarkGeneration, WatermarkStrategy};
use weir_engine::operator::native::NativeFunctions;
use weir_engine::record::Value;

use super::functions;
use super::input::Marked;
use super::reference::Arrival;
use crate::dice::Dice;

/// Where watermarks come from.
#[derive(Clone, Copy, Debug)]
pub enum Watermarks {
    /// At each record: the latest time minus this, minus 1.
    Punctuated(i64),
    /// Those that records bear.
    Marked,
    /// Flink's own generator, which says the same at the end of its period.
    Periodic(i64),
}

impl Watermarks {
    /// What an operator gets from one source: each record, then the watermark that it brings.
    pub fn arrivals(self, records: &[Marked]) -> impl Iterator<Item = Arrival> {
        let mut latest = i64::MIN;
        let of_records = records.iter().flat_map(move |marked| {
            latest = latest.max(marked.record.timestamp);
            let watermark = match self {
                Self::Punctuated(bound) | Self::Periodic(bound) => Some(latest - bound - 1),
                Self::Marked => marked.mark,
            };
            [Some(Arrival::Record(marked.record)), watermark.map(Arrival::Watermark)].into_iter().flatten()
        });
        of_records.chain([Arrival::Watermark(i64::MAX)])
    }
}

/// The records with their times and watermarks, said by the source itself or by an operator behind it. Where they are
/// `spread`, they come a few in each ms.
pub fn source(
    env: &StreamExecutionEnvironment,
    functions: &mut NativeFunctions,
    (records, watermarks): (&[Marked], Watermarks),
    (parallelism, spread): (u32, bool),
    dice: &mut Dice,
) -> Result<SingleOutputStreamOperator, ApiError> {
    let generation = match watermarks {
        Watermarks::Punctuated(bound) => {
            WatermarkGeneration::Generator(functions::punctuated(functions, bound))
        }
        Watermarks::Marked => WatermarkGeneration::Generator(functions::marked(functions)),
        Watermarks::Periodic(0) => WatermarkGeneration::Monotonous,
        Watermarks::Periodic(bound) => WatermarkGeneration::BoundedOutOfOrderness(bound),
    };
    let time_of = functions.map(|value| match value {
        Value::Tuple(fields) => fields[1].clone(),
        other => panic!("{other} is no record of the job"),
    });
    let strategy = WatermarkStrategy::of(generation).with_timestamp_assigner(time_of);
    let values: Vec<Value> = records.iter().map(|marked| marked.to_value()).collect();
    let count = values.len() as i64;
    if parallelism == 1 && !spread && dice.once_in(2) {
        return env.from_data(values)?.assign_timestamps_and_watermarks(strategy).set_parallelism(1);
    }
    let function = functions.map(move |number| match number {
        Value::Long(number) => values[*number as usize].clone(),
        other => panic!("a generator gets a number, not {other}"),
    });
    let rate_max = if spread { 3000 } else { 50_000 };
    let records_per_second = (spread || dice.once_in(4)).then(|| f64::from(dice.magnitude(50, rate_max)));
    let spec = SourceSpec::DataGenerator { function, count, records_per_second };
    if dice.once_in(2) {
        return env.from_source(spec, strategy, "source").set_parallelism(parallelism as i32);
    }
    let none = WatermarkStrategy::of(WatermarkGeneration::None);
    let source = env.from_source(spec, none, "source").set_parallelism(parallelism as i32)?;
    source.assign_timestamps_and_watermarks(strategy).set_parallelism(parallelism as i32)
}
