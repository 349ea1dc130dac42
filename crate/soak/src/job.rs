//! A random job, and what must come out of it.
//!
//! The job is built with the engine's own API, step by step, and each step is reckoned by hand at once: a
//! stream here is a handle and the records that it will carry, in no order.

use std::collections::BTreeMap;
use std::rc::Rc;

use weir_engine::base::ordered::SortedMap;
use weir_engine::graph::api::{DataStream, SingleOutputStreamOperator, StreamExecutionEnvironment};
use weir_engine::graph::compiled::{CompiledJob, compile};
use weir_engine::graph::error::ApiError;
use weir_engine::graph::operator_spec::KeySelector;
use weir_engine::graph::transformation::RuntimeExecutionMode;
use weir_engine::operator::native::NativeFunctions;
use weir_engine::record::Value;

use crate::cluster::Load;
use crate::dice::Dice;
use crate::expectation::Expectation;
use crate::item::Item;
use crate::step::{Functions, Splits};

/// See the module.
pub struct RandomJob {
    pub compiled: CompiledJob,
    pub functions: Rc<NativeFunctions>,
    /// Texts that its sources read.
    pub files: Rc<SortedMap<Rc<str>, Rc<str>>>,
    /// What each sink must have got at the end, by the sink's name.
    pub expected: BTreeMap<String, Expectation>,
    /// Whether one of its functions throws.
    pub breaks: bool,
    /// Whether it runs stage after stage.
    pub is_batch: bool,
    /// Whether it counts in windows of event time.
    pub has_windows: bool,
    /// Names of its operators.
    pub operators: Vec<Rc<str>>,
    /// The job in words, a step a line.
    pub outline: Vec<String>,
    /// Bytes of all records on their way between operators, about.
    pub bytes: u64,
}

impl RandomJob {
    /// What a cluster has to do with it.
    pub fn load(&self) -> Load<'_> {
        let Self { files, operators, bytes, is_batch, .. } = self;
        Load { files, operators, bytes: *bytes, is_batch: *is_batch }
    }

    /// The job of a seed.
    pub fn new(seed: u64) -> Result<Self, ApiError> {
        let mut builder = Builder::new(seed)?;
        for _ in 0..builder.dice.between(1, 2) {
            builder.add_source()?;
        }
        for _ in 0..builder.dice.between(0, 7) {
            builder.add_step()?;
        }
        builder.end_in_sinks()?;
        let Functions(functions) = builder.functions;
        Ok(Self {
            compiled: compile(&builder.env.job()?)?,
            functions: Rc::new(functions),
            files: Rc::new(builder.files),
            expected: builder.expected,
            breaks: builder.breaks,
            is_batch: builder.is_batch,
            has_windows: builder.has_windows,
            operators: builder.operators,
            outline: builder.outline,
            bytes: builder.bytes,
        })
    }
}

/// A stream under construction.
#[derive(Clone)]
pub(crate) struct Stream {
    pub handle: DataStream,
    pub items: Rc<Vec<Item>>,
    /// That of the operator it comes from; none for a union.
    pub parallelism: Option<u32>,
    /// If its numbers come in order: those of each of these ranges ascend.
    pub order: Option<Splits>,
    pub name: Rc<str>,
    is_read: bool,
}

/// The job so far.
pub(crate) struct Builder {
    pub dice: Dice,
    pub env: StreamExecutionEnvironment,
    pub functions: Functions,
    pub files: SortedMap<Rc<str>, Rc<str>>,
    pub expected: BTreeMap<String, Expectation>,
    pub breaks: bool,
    pub is_batch: bool,
    pub has_windows: bool,
    pub outline: Vec<String>,
    pub bytes: u64,
    streams: Vec<Stream>,
    operators: Vec<Rc<str>>,
    parallelism_max: u32,
    names: u32,
}

/// More records than this are not broadcast further.
const ITEMS_MAX: usize = 4_000;

impl Builder {
    fn new(seed: u64) -> Result<Self, ApiError> {
        let mut dice = Dice::new(seed, 1);
        let env = StreamExecutionEnvironment::get_execution_environment();
        let timeout = dice.pick(&[-1, 0, 1, 5, 100, 100, 1000]);
        env.set_buffer_timeout(timeout)?;
        let is_batch = dice.once_in(5);
        if is_batch {
            env.set_runtime_mode(RuntimeExecutionMode::Batch);
        }
        env.set_auto_watermark_interval(dice.pick(&[200, 200, 20, 1, 0]))?;
        if dice.once_in(4) {
            env.enable_object_reuse();
        }
        if dice.once_in(6) {
            env.disable_operator_chaining();
        }
        let parallelism_max = dice.pick(&[1, 2, 3, 4, 4, 6, 8]);
        Ok(Self {
            dice,
            env,
            functions: Functions::default(),
            files: SortedMap::new(),
            expected: BTreeMap::new(),
            breaks: false,
            is_batch,
            has_windows: false,
            outline: vec![format!("buffer timeout {timeout} ms{}", if is_batch { ", batch" } else { "" })],
            bytes: 0,
            streams: Vec::new(),
            operators: Vec::new(),
            parallelism_max,
            names: 0,
        })
    }

    /// A name that nothing else has.
    pub fn name(&mut self, kind: &str) -> Rc<str> {
        self.names += 1;
        format!("{kind}-{}", self.names).into()
    }

    /// A parallelism for the next operator.
    pub fn parallelism(&mut self) -> u32 {
        self.dice.between(1, self.parallelism_max)
    }

    /// One of the streams, more likely one that nobody reads yet.
    pub fn any_stream(&mut self) -> Stream {
        let unread: Vec<usize> = (0..self.streams.len()).filter(|&n| !self.streams[n].is_read).collect();
        let place = if unread.is_empty() || self.dice.once_in(4) {
            self.dice.below(self.streams.len() as u32) as usize
        } else {
            unread[self.dice.below(unread.len() as u32) as usize]
        };
        self.streams[place].is_read = true;
        self.streams[place].clone()
    }

    /// One of the streams whose numbers come in order, if there is one.
    pub fn any_ordered_stream(&mut self) -> Option<Stream> {
        let ordered: Vec<usize> =
            (0..self.streams.len()).filter(|&n| self.streams[n].order.is_some()).collect();
        if ordered.is_empty() {
            return None;
        }
        let stream = &mut self.streams[ordered[self.dice.below(ordered.len() as u32) as usize]];
        stream.is_read = true;
        Some(stream.clone())
    }

    /// Adds the output of an operator. `how` says in the outline what the operator does.
    pub fn add(
        &mut self,
        operator: SingleOutputStreamOperator,
        parallelism: u32,
        items: Vec<Item>,
        how: &str,
    ) -> Result<SingleOutputStreamOperator, ApiError> {
        let name = self.name("op");
        let operator = self.set_up(operator.name(&name), parallelism)?;
        self.outline.push(format!("{name} ×{parallelism}: {how} → {} records", items.len()));
        self.operators.push(Rc::clone(&name));
        self.add_stream((*operator).clone(), Some(parallelism), items, name);
        Ok(operator)
    }

    /// Adds a stream.
    pub fn add_stream(
        &mut self,
        handle: DataStream,
        parallelism: Option<u32>,
        items: Vec<Item>,
        name: Rc<str>,
    ) {
        self.bytes += items.iter().map(|item| item.bytes()).sum::<u64>();
        let items = Rc::new(items);
        self.streams.push(Stream { handle, items, parallelism, order: None, name, is_read: false });
    }

    /// The stream that was added last carries its numbers in order.
    pub fn note_order(&mut self, splits: Splits) {
        self.streams.last_mut().expect("a stream was added").order = Some(splits);
    }

    /// Notes an operator that is no stream: a sink.
    pub fn note_operator(&mut self, name: &Rc<str>) {
        self.operators.push(Rc::clone(name));
    }

    /// Random settings of an operator.
    fn set_up(
        &mut self,
        operator: SingleOutputStreamOperator,
        parallelism: u32,
    ) -> Result<SingleOutputStreamOperator, ApiError> {
        let mut operator = operator.set_parallelism(parallelism as i32)?;
        if self.dice.once_in(5) {
            operator = operator.disable_chaining();
        } else if self.dice.once_in(8) {
            operator = operator.start_new_chain();
        }
        if self.dice.once_in(5) && !self.is_batch {
            operator = operator.set_buffer_timeout(self.dice.pick(&[0, 0, 1, 7, 250]))?;
        }
        if self.dice.once_in(6) {
            operator = operator.slot_sharing_group(self.dice.pick(&["red", "blue"]));
        }
        if self.dice.once_in(6) {
            let max_parallelism = parallelism + self.dice.magnitude(1, 200) - 1;
            operator = operator.set_max_parallelism(max_parallelism as i32)?;
        }
        Ok(operator)
    }

    /// Sends a stream through one of Flink's partitioners to an operator of this parallelism. Answers the
    /// stream and what all subtasks together get.
    pub fn route(
        &mut self,
        stream: &Stream,
        parallelism: u32,
    ) -> Result<(DataStream, Vec<Item>, String), ApiError> {
        let can_forward = stream.parallelism == Some(parallelism);
        let can_multiply = stream.items.len() * parallelism as usize <= ITEMS_MAX;
        let mut items = stream.items.to_vec();
        let handle = &stream.handle;
        let (handle, how) = match self.dice.below(9) {
            0 | 1 if can_forward => (handle.forward()?, "forward"),
            0..=2 => (handle.clone(), "default"),
            3 => (handle.rebalance()?, "rebalance"),
            4 => (handle.rescale()?, "rescale"),
            5 => (handle.shuffle()?, "shuffle"),
            6 => (handle.global()?, "global"),
            7 if can_multiply => {
                items = items.repeat(parallelism as usize);
                (handle.broadcast()?, "broadcast")
            }
            _ => {
                // A partitioner of the job's own: by the key, and not evenly.
                let partitioner = self.functions.0.reduce(|key, channels| match (key, channels) {
                    (Value::Long(key), Value::Long(n)) => Value::Long((key * key).rem_euclid(*n)),
                    other => panic!("a partitioner gets a key and a number, not {other:?}"),
                });
                (handle.partition_custom(partitioner, KeySelector::Field(0))?, "custom")
            }
        };
        Ok((handle, items, format!("{} by {how}", stream.name)))
    }

    /// A sink at the end of each stream that nobody reads.
    fn end_in_sinks(&mut self) -> Result<(), ApiError> {
        for place in 0..self.streams.len() {
            if !self.streams[place].is_read || self.dice.once_in(8) {
                self.streams[place].is_read = true;
                let stream = self.streams[place].clone();
                self.add_sink(&stream)?;
            }
        }
        Ok(())
    }
}
