//! A random job of one window operator, and what is known of its input.

use std::collections::BTreeMap;
use std::rc::Rc;

use weir_engine::graph::api::{SingleOutputStreamOperator, StreamExecutionEnvironment, WindowedStream};
use weir_engine::graph::compiled::{CompiledJob, compile};
use weir_engine::graph::error::ApiError;
use weir_engine::graph::operator_spec::{KeySelector, SinkSpec, SourceSpec};
use weir_engine::graph::watermark_strategy::{WatermarkGeneration, WatermarkStrategy};
use weir_engine::graph::windowing::{self, SessionGap, TimeDomain, WindowAssigner};
use weir_engine::operator::native::NativeFunctions;
use weir_engine::record::Value;

use super::functions;
use super::input::{self, Course, Digest, Marked};
use super::reference::{Arrival, Assigner, Definition, Evictor, Trigger, extra_gap};
use crate::dice::Dice;

/// The window operator's name.
pub const WINDOWS: &str = "windows";
/// Where results are collected.
pub const RESULTS: &str = "results";
/// Where records are collected that came too late.
pub const TOO_LATE: &str = "too late";

/// What of the results follows from the input, whatever the order of turns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Known {
    /// All, in the order of each key: one source, whose generator says a watermark at each record.
    Everything,
    /// Each firing: the records are in the order that the strategy promises, so that none is late.
    Firings,
    /// The last firing of each window, which has all its records: lateness is allowed without end.
    LastFirings,
}

/// Where watermarks come from.
#[derive(Clone, Copy, Debug)]
enum Watermarks {
    /// At each record: the latest time minus this, minus 1.
    Punctuated(i64),
    /// Those that records bear.
    Marked,
    /// Flink's own generator, which says the same at the end of its period.
    Periodic(i64),
}

/// See the module.
pub struct WindowJob {
    pub known: Known,
    pub definition: Definition,
    pub digest: Digest,
    /// Whether records that come too late go to a side output.
    pub has_side_output: bool,
    pub records: Vec<Marked>,
    watermarks: Watermarks,
    pub compiled: CompiledJob,
    pub functions: Rc<NativeFunctions>,
    /// Names of its operators.
    pub operators: Vec<Rc<str>>,
    /// The job in words.
    pub outline: Vec<String>,
}

impl WindowJob {
    /// The job of a seed.
    pub fn new(seed: u64) -> Result<Self, ApiError> {
        let mut dice = Dice::new(seed, 11);
        let known = dice.pick(&[Known::Everything, Known::Everything, Known::Firings, Known::LastFirings]);
        let step_max = dice.pick(&[1, 3, 10, 30, 100]);
        let assigner = draw_assigner(&mut dice, known, step_max);
        // A session whose end is the time of a record touches it or is over, as turns go. There is none then.
        let grain = if known == Known::Firings { 2 } else { 1 };
        let disorder = dice.pick(&[0, 1, 5, 5, 40]) * step_max;
        let records = input::draw(&mut dice, Course { disorder, step_max, grain });
        let watermarks = match known {
            Known::Everything if dice.once_in(3) => Watermarks::Marked,
            Known::Everything => Watermarks::Punctuated(disorder / i64::from(dice.between(1, 8))),
            Known::Firings if dice.once_in(2) => Watermarks::Punctuated(disorder + grain),
            Known::LastFirings if dice.once_in(2) => Watermarks::Punctuated(disorder / 4),
            Known::Firings => Watermarks::Periodic(disorder + grain),
            Known::LastFirings => Watermarks::Periodic(disorder / 4),
        };
        let trigger = match known {
            Known::Everything => draw_trigger(&mut dice, assigner, step_max),
            _ => Trigger::End,
        };
        let evictor = match known {
            // Windows that merge put together lists, and in which order is the runtime's own.
            Known::Everything if !matches!(assigner, Assigner::Session { .. }) && dice.once_in(4) => {
                Some((draw_evictor(&mut dice, step_max), dice.once_in(2)))
            }
            _ => None,
        };
        let purges = known != Known::LastFirings && dice.once_in(4);
        let allowed_lateness = match known {
            // Sessions that merge are asked for a sum of end and lateness, which may overflow as in Flink.
            Known::LastFirings if matches!(assigner, Assigner::Session { .. }) => 1 << 50,
            Known::LastFirings => dice.pick(&[1 << 50, i64::MAX]),
            _ if dice.once_in(2) => 0,
            _ => i64::from(dice.magnitude(1, 400)),
        };
        let is_session = matches!(assigner, Assigner::Session { .. });
        let draft = Draft {
            known,
            definition: Definition { assigner, trigger, purges, evictor, allowed_lateness },
            digest: if is_session || known != Known::Everything { Digest::Sum } else { Digest::InOrder },
            has_side_output: dice.once_in(2),
            records,
            watermarks,
        };
        draft.build(&mut dice)
    }

    /// What a window operator gets from one source: each record, then the watermark that it brings.
    pub fn arrivals(&self) -> impl Iterator<Item = Arrival> {
        let mut latest = i64::MIN;
        let watermarks = self.watermarks;
        let of_records = self.records.iter().flat_map(move |marked| {
            latest = latest.max(marked.record.timestamp);
            let watermark = match watermarks {
                Watermarks::Punctuated(bound) | Watermarks::Periodic(bound) => Some(latest - bound - 1),
                Watermarks::Marked => marked.mark,
            };
            [Some(Arrival::Record(marked.record)), watermark.map(Arrival::Watermark)].into_iter().flatten()
        });
        of_records.chain([Arrival::Watermark(i64::MAX)])
    }

    /// The same if no watermark came before the end.
    pub fn arrivals_in_time(&self) -> impl Iterator<Item = Arrival> {
        let of_records = self.records.iter().map(|marked| Arrival::Record(marked.record));
        of_records.chain([Arrival::Watermark(i64::MAX)])
    }
}

fn draw_assigner(dice: &mut Dice, known: Known, step_max: i64) -> Assigner {
    let size = i64::from(dice.magnitude(2, 40)) * step_max;
    match dice.below(if known == Known::Everything { 8 } else { 7 }) {
        0 | 1 => {
            let offset =
                if dice.once_in(2) { 0 } else { i64::from(dice.below(2 * size as u32 - 1)) + 1 - size };
            Assigner::Sliding { size, slide: size, offset }
        }
        2..=4 => {
            // Records between the windows are none's, and whether they count as late follows from the watermark.
            let slide_max = if known == Known::Everything { size + size / 2 } else { size };
            let slide = i64::from(dice.between((size / 12).max(1) as u32, slide_max as u32));
            let offset = i64::from(dice.below(2 * slide as u32 - 1)) + 1 - slide;
            Assigner::Sliding { size, slide, offset }
        }
        5 | 6 => {
            let gap = 2 * i64::from(dice.magnitude(1, 16)) * step_max + 1;
            // With gaps of their own, what Flink forgets of a session is up to the order of the records.
            let is_dynamic = known == Known::Everything && dice.once_in(3);
            Assigner::Session { gap, spread: if is_dynamic { i64::from(dice.magnitude(1, 20)) } else { 0 } }
        }
        _ => Assigner::Global,
    }
}

fn draw_trigger(dice: &mut Dice, assigner: Assigner, step_max: i64) -> Trigger {
    let ms = i64::from(dice.magnitude(1, 20)) * step_max;
    match (assigner, dice.below(6)) {
        (Assigner::Global, 0..3) | (_, 0) => Trigger::Count(dice.between(1, 9) as usize),
        (Assigner::Global, _) => Trigger::Delta(ms),
        (Assigner::Session { .. }, 1) | (_, 2) => Trigger::Every(ms),
        (_, 1) => Trigger::Delta(ms),
        _ => Trigger::End,
    }
}

fn draw_evictor(dice: &mut Dice, step_max: i64) -> Evictor {
    let ms = i64::from(dice.magnitude(1, 20)) * step_max;
    match dice.below(3) {
        0 => Evictor::Count(dice.between(1, 6) as usize),
        1 => Evictor::Time(ms),
        _ => Evictor::Delta(ms),
    }
}

/// A job before it is built.
struct Draft {
    known: Known,
    definition: Definition,
    digest: Digest,
    has_side_output: bool,
    records: Vec<Marked>,
    watermarks: Watermarks,
}

impl Draft {
    fn build(self, dice: &mut Dice) -> Result<WindowJob, ApiError> {
        let mut functions = NativeFunctions::default();
        let env = StreamExecutionEnvironment::get_execution_environment();
        env.set_buffer_timeout(dice.pick(&[-1, 0, 1, 5, 100, 100, 1000]))?;
        env.set_auto_watermark_interval(dice.pick(&[1, 10, 200, 200]))?;
        let source_parallelism = if self.known == Known::Everything { 1 } else { dice.between(1, 4) };
        let stream = self.source(&env, &mut functions, source_parallelism, dice)?;
        let windowed = stream.key_by(KeySelector::Field(0)).window(self.engine_assigner(&mut functions)?);
        let windowed = self.set_up(windowed, &mut functions)?;
        let parallelism = dice.between(1, 4);
        let (results, folding) = self.compute(&windowed, &mut functions, dice);
        let results = results.name(WINDOWS).set_parallelism(parallelism as i32)?;
        let with_time = functions::with_time(&mut functions);
        let too_late = results.get_side_output(TOO_LATE)?;
        for (stream, table) in [(&*results, RESULTS), (&too_late, TOO_LATE)] {
            let mut with_time = stream.process(with_time).set_parallelism(parallelism as i32)?;
            if dice.once_in(3) {
                with_time = with_time.disable_chaining();
            }
            with_time
                .sink_to(SinkSpec::Collect { name: table.into() })
                .set_parallelism(parallelism as i32)?;
        }
        let Self { known, definition, digest, has_side_output, records, watermarks } = self;
        Ok(WindowJob {
            outline: vec![
                format!("{} records by {source_parallelism} subtasks, {watermarks:?}", records.len()),
                format!("{definition:?}, {folding}, by {parallelism} subtasks; known: {known:?}"),
                format!("late records {}", if has_side_output { "to a side output" } else { "dropped" }),
            ],
            known,
            definition,
            digest,
            has_side_output,
            records,
            watermarks,
            compiled: compile(&env.job()?)?,
            functions: Rc::new(functions),
            operators: vec![WINDOWS.into()],
        })
    }

    /// The records with their times and watermarks, said by the source itself or by an operator behind it.
    fn source(
        &self,
        env: &StreamExecutionEnvironment,
        functions: &mut NativeFunctions,
        parallelism: u32,
        dice: &mut Dice,
    ) -> Result<SingleOutputStreamOperator, ApiError> {
        let generation = match self.watermarks {
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
        let values: Vec<Value> = self.records.iter().map(|marked| marked.to_value()).collect();
        let count = values.len() as i64;
        if parallelism == 1 && dice.once_in(2) {
            return env.from_data(values)?.assign_timestamps_and_watermarks(strategy).set_parallelism(1);
        }
        let function = functions.map(move |number| match number {
            Value::Long(number) => values[*number as usize].clone(),
            other => panic!("a generator gets a number, not {other}"),
        });
        let records_per_second = dice.once_in(4).then(|| f64::from(dice.magnitude(50, 50_000)));
        let spec = SourceSpec::DataGenerator { function, count, records_per_second };
        if dice.once_in(2) {
            return env.from_source(spec, strategy, "source").set_parallelism(parallelism as i32);
        }
        let none = WatermarkStrategy::of(WatermarkGeneration::None);
        let source = env.from_source(spec, none, "source").set_parallelism(parallelism as i32)?;
        source.assign_timestamps_and_watermarks(strategy).set_parallelism(parallelism as i32)
    }

    fn engine_assigner(&self, functions: &mut NativeFunctions) -> Result<WindowAssigner, ApiError> {
        let domain = TimeDomain::EventTime;
        match self.definition.assigner {
            Assigner::Sliding { size, slide, offset } if size == slide => {
                WindowAssigner::tumbling(domain, size, offset)
            }
            Assigner::Sliding { size, slide, offset } => WindowAssigner::sliding(domain, size, slide, offset),
            Assigner::Session { gap, spread: 0 } => WindowAssigner::session(domain, SessionGap::Fixed(gap)),
            Assigner::Session { gap, spread } => {
                let digests: BTreeMap<i64, i64> = self
                    .records
                    .iter()
                    .map(|marked| marked.record.number)
                    .map(|number| (input::digest_of(number), gap + extra_gap(number, spread)))
                    .collect();
                let own = functions.map(move |value| Value::Long(digests[&functions::digest_in(value)]));
                WindowAssigner::session(domain, SessionGap::Dynamic(own))
            }
            Assigner::Global => Ok(WindowAssigner::Global),
        }
    }

    fn set_up(
        &self,
        windowed: WindowedStream,
        functions: &mut NativeFunctions,
    ) -> Result<WindowedStream, ApiError> {
        let Definition { trigger, purges, evictor, allowed_lateness, .. } = self.definition;
        let trigger = match trigger {
            Trigger::End => windowing::Trigger::EventTime,
            Trigger::Count(count) => windowing::Trigger::Count(count as i64),
            Trigger::Every(interval) => windowing::Trigger::ContinuousEventTime(interval),
            Trigger::Delta(more) => {
                windowing::Trigger::Delta { threshold: more as f64, delta: functions::later(functions) }
            }
        };
        let trigger = if purges { windowing::Trigger::Purging(Rc::new(trigger)) } else { trigger };
        let windowed = windowed.trigger(trigger)?.allowed_lateness(allowed_lateness)?;
        let windowed = match evictor {
            None => windowed,
            Some((Evictor::Count(max), after)) => {
                windowed.evictor(windowing::Evictor::Count { max: max as i64, after })
            }
            Some((Evictor::Time(window_size), after)) => {
                windowed.evictor(windowing::Evictor::Time { window_size, after })
            }
            Some((Evictor::Delta(threshold), after)) => {
                let delta = functions::later(functions);
                windowed.evictor(windowing::Evictor::Delta { threshold: threshold as f64, delta, after })
            }
        };
        Ok(if self.has_side_output { windowed.side_output_late_data(TOO_LATE) } else { windowed })
    }

    /// The same result in one of three ways.
    fn compute(
        &self,
        windowed: &WindowedStream,
        functions: &mut NativeFunctions,
        dice: &mut Dice,
    ) -> (SingleOutputStreamOperator, &'static str) {
        let process = functions::result(functions, self.digest);
        match dice.below(3) {
            0 => (windowed.process(process), "all records kept"),
            1 => (windowed.reduce(functions::reduce(functions, self.digest), Some(process)), "reduced"),
            _ => {
                let aggregate = functions::aggregate(functions, self.digest);
                (windowed.aggregate(aggregate, Some(process)), "aggregated")
            }
        }
    }
}
