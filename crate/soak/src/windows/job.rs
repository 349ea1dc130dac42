//! A random job of one window operator, and what is known of its input.

use std::collections::BTreeMap;
use std::rc::Rc;

use weir_engine::graph::api::{
    DataStreamUtils, KeyedStream, SingleOutputStreamOperator, StreamExecutionEnvironment, WindowedStream,
};
use weir_engine::graph::compiled::{CompiledJob, compile};
use weir_engine::graph::error::ApiError;
use weir_engine::graph::operator_spec::{KeySelector, SinkSpec};
use weir_engine::graph::windowing::{self, SessionGap, TimeDomain, WindowAssigner};
use weir_engine::operator::native::NativeFunctions;
use weir_engine::record::Value;

use super::arrival::{self, ARRIVALS};
use super::functions;
use super::input::{self, Course, Digest, Marked};
use super::reference::{Assigner, Definition, Evictor, Trigger, extra_gap};
use super::source::{self, Watermarks};
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
    /// All, in the order of each key, from when each record has come: windows in processing time.
    ByArrival,
}

impl Known {
    /// Whether the order of a key's records is known.
    const fn is_ordered(self) -> bool {
        matches!(self, Self::Everything | Self::ByArrival)
    }
}

/// See the module.
pub struct WindowJob {
    pub known: Known,
    pub definition: Definition,
    pub digest: Digest,
    /// Whether records that come too late go to a side output.
    pub has_side_output: bool,
    pub records: Vec<Marked>,
    pub watermarks: Watermarks,
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
        let known = dice.pick(&[
            Known::Everything,
            Known::Everything,
            Known::Firings,
            Known::LastFirings,
            Known::ByArrival,
        ]);
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
            // No business of these windows.
            Known::ByArrival => Watermarks::Periodic(disorder),
        };
        let trigger =
            if known.is_ordered() { draw_trigger(&mut dice, assigner, step_max) } else { Trigger::End };
        let is_session = matches!(assigner, Assigner::Session { .. });
        // Windows that merge put together lists, and in which order is the runtime's own.
        let has_evictor = known.is_ordered() && !is_session && dice.once_in(4);
        let evictor = has_evictor.then(|| (draw_evictor(&mut dice, known, step_max), dice.once_in(2)));
        let purges = known != Known::LastFirings && dice.once_in(4);
        let allowed_lateness = match known {
            // Sessions that merge are asked for a sum of end and lateness, which may overflow as in Flink.
            Known::LastFirings if is_session => 1 << 50,
            Known::LastFirings => dice.pick(&[1 << 50, i64::MAX]),
            _ if dice.once_in(2) => 0,
            _ => i64::from(dice.magnitude(1, 400)),
        };
        let draft = Draft {
            known,
            definition: Definition { assigner, trigger, purges, evictor, allowed_lateness },
            digest: if is_session || !known.is_ordered() { Digest::Sum } else { Digest::InOrder },
            has_side_output: dice.once_in(2),
            records,
            watermarks,
        };
        draft.build(&mut dice)
    }
}

fn draw_assigner(dice: &mut Dice, known: Known, step_max: i64) -> Assigner {
    let size = i64::from(dice.magnitude(2, 40)) * step_max;
    match dice.below(if known.is_ordered() { 8 } else { 7 }) {
        0 | 1 => {
            let offset =
                if dice.once_in(2) { 0 } else { i64::from(dice.below(2 * size as u32 - 1)) + 1 - size };
            Assigner::Sliding { size, slide: size, offset }
        }
        2..=4 => {
            // Records between the windows are none's, and whether they count as late follows from the watermark.
            let slide_max = if known.is_ordered() { size + size / 2 } else { size };
            let slide = i64::from(dice.between((size / 12).max(1) as u32, slide_max as u32));
            let offset = i64::from(dice.below(2 * slide as u32 - 1)) + 1 - slide;
            Assigner::Sliding { size, slide, offset }
        }
        5 | 6 => {
            let gap = 2 * i64::from(dice.magnitude(1, 16)) * step_max + 1;
            // With gaps of their own, what Flink forgets of a session is up to the order of the records.
            let is_dynamic = known.is_ordered() && dice.once_in(3);
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

fn draw_evictor(dice: &mut Dice, known: Known, step_max: i64) -> Evictor {
    let ms = i64::from(dice.magnitude(1, 20)) * step_max;
    match dice.below(3) {
        0 => Evictor::Count(dice.between(1, 6) as usize),
        // It goes by the records' own times.
        1 if known != Known::ByArrival => Evictor::Time(ms),
        _ => Evictor::Delta(ms),
    }
}

/// The stream with the time of the clock, which is collected; what comes behind it is in the same task.
fn stamped(
    keyed: &KeyedStream,
    functions: &mut NativeFunctions,
    parallelism: i32,
) -> Result<KeyedStream, ApiError> {
    let stamped = keyed.process(arrival::stamp(functions)).name("clock").set_parallelism(parallelism)?;
    stamped.sink_to(SinkSpec::Collect { name: ARRIVALS.into() }).set_parallelism(parallelism)?;
    Ok(DataStreamUtils::reinterpret_as_keyed_stream(&stamped, KeySelector::Field(0)))
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
        let (input, is_by_arrival) = ((&*self.records, self.watermarks), self.known == Known::ByArrival);
        let stream = source::source(&env, &mut functions, input, (source_parallelism, is_by_arrival), dice)?;
        let parallelism = dice.between(1, 4);
        let mut keyed = stream.key_by(KeySelector::Field(0));
        if is_by_arrival {
            keyed = stamped(&keyed, &mut functions, parallelism as i32)?;
        }
        let windowed = self.set_up(keyed.window(self.engine_assigner(&mut functions)?), &mut functions)?;
        let (results, folding) = self.compute(&windowed, &mut functions, dice);
        let results = results.name(WINDOWS).set_parallelism(parallelism as i32)?;
        let with_time = functions::with_time(&mut functions);
        let too_late = results.get_side_output(TOO_LATE)?;
        for (stream, table) in [(&*results, RESULTS), (&too_late, TOO_LATE)] {
            let mut with_time = stream.process(with_time).set_parallelism(parallelism as i32)?;
            // A task that waits for its readers hears late of the clock.
            if dice.once_in(3) && !is_by_arrival {
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

    const fn domain(&self) -> TimeDomain {
        match self.known {
            Known::ByArrival => TimeDomain::ProcessingTime,
            _ => TimeDomain::EventTime,
        }
    }

    fn engine_assigner(&self, functions: &mut NativeFunctions) -> Result<WindowAssigner, ApiError> {
        let domain = self.domain();
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
        let trigger = match (trigger, self.domain()) {
            (Trigger::End, TimeDomain::EventTime) => windowing::Trigger::EventTime,
            (Trigger::End, TimeDomain::ProcessingTime) => windowing::Trigger::ProcessingTime,
            (Trigger::Count(count), _) => windowing::Trigger::Count(count as i64),
            (Trigger::Every(interval), TimeDomain::EventTime) => {
                windowing::Trigger::ContinuousEventTime(interval)
            }
            (Trigger::Every(interval), TimeDomain::ProcessingTime) => {
                windowing::Trigger::ContinuousProcessingTime(interval)
            }
            (Trigger::Delta(more), _) => {
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
