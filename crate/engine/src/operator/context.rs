//! What an operator and its user function can reach: output, key, timestamp, state, subtask.
//!
//! An owned struct, so that a binding can take it whole while foreign code runs and put it back after.

use std::rc::Rc;

use super::function::{UserError, UserFunctions};
use crate::base::ids::OperatorId;
use crate::base::prng::Prng;
use crate::graph::time_settings::TimeSettings;
use crate::graph::windowing::TimeDomain;
use crate::record::Value;
use crate::record::WatermarkStatus;
use crate::state::handle::OperatorStateMode;
use crate::state::keyed::KeyedState;
use crate::state::namespace::Namespace;
use crate::state::operator_state::OperatorStateBackend;
use crate::state::{StateDescriptor, StateError, StateFault, StateId, StateKind, StateTtlConfig};
use crate::time::assignment::Assignments;
use crate::time::event_log::{Fate, TimeFact, TimeLog, TimerChange};
use crate::time::processing_time::{Callback, ProcessingTimeService};
use crate::time::timers::{InternalTimerService, Timer};
use crate::time::user_metrics::UserMetrics;

/// Which subtask this is. Flink: `TaskInfo`.
#[derive(Clone, Debug)]
pub struct SubtaskInfo {
    pub operator_name: Rc<str>,
    /// The name of its task, as in `Flat Map -> Sink (1/2)`.
    pub task_name: Rc<str>,
    pub operator_id: OperatorId,
    pub subtask_idx: u32,
    pub parallelism: u32,
    pub max_parallelism: u32,
    pub attempt: u32,
    pub time: TimeSettings,
}

/// An element on its way out of an operator.
#[derive(Clone, Debug, PartialEq)]
pub enum Emission {
    /// A record of the main output.
    Record {
        value: Value,
        timestamp: Option<i64>,
    },
    /// A record of a side output. It is in a box so that the others are copied in four words, not by a call.
    Side(Box<SideRecord>),
    Watermark(i64),
    Status(WatermarkStatus),
}

/// A record of a side output.
#[derive(Clone, Debug, PartialEq)]
pub struct SideRecord {
    /// The side output's tag id.
    pub tag: Rc<str>,
    pub value: Value,
    pub timestamp: Option<i64>,
}

/// What a watermark generator says. Flink: the methods of `WatermarkOutput`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WatermarkUpdate {
    Emit(i64),
    Idle,
    Active,
}

/// What an operator does to the outside.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    Print {
        to_stderr: bool,
        line: String,
    },
    Collect {
        table: Rc<str>,
        value: Value,
    },
    /// A transaction becomes visible, if it did not before.
    Commit {
        table: Rc<str>,
        transaction: Rc<str>,
        checkpoint: u64,
        rows: Rc<[Value]>,
    },
}

/// Whether timers, and the records that set them, are noted for the inspector.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimerLog {
    Off,
    /// From the first timer on.
    Waiting,
    On,
}

/// See the module. The default is what stands in its place while it is taken: it costs nothing to make.
#[derive(Clone)]
pub struct OperatorContext {
    /// `None` only in a context that was taken, and for key selectors before an exchange.
    pub subtask: Option<Rc<SubtaskInfo>>,
    /// The job's functions; `None` only in a context that was taken.
    pub functions: Option<Rc<dyn UserFunctions>>,
    /// Keyed state of this operator in this subtask, with the key of the element at hand. An operator
    /// that is not keyed has the default.
    pub state: KeyedState,
    /// Broadcast state, where the operator has some.
    pub broadcast: Option<Box<KeyedState>>,
    /// Lists that belong to the subtask, not to a key.
    pub operator_state: OperatorStateBackend,
    /// Id and timestamp of the checkpoint that is taken, or was taken last.
    pub checkpoint: Option<(u64, i64)>,
    /// The checkpoint that the operator was restored from.
    pub restored_checkpoint_id: Option<u64>,
    /// Event timestamp of the element at hand.
    pub timestamp: Option<i64>,
    /// Processing time, ms since the epoch on the virtual clock.
    pub now: i64,
    /// For how long the task could not write so far, in ms; known while the clock calls back.
    pub blocked_ms: i64,
    /// The operator's current watermark; the least Long before the first one.
    pub watermark: i64,
    /// What timers and per-window state belong to beside the key: the window whose trigger or function runs.
    pub namespace: Namespace,
    /// Whether a function may keep state for its window; windows that merge have none.
    pub has_window_state: bool,
    /// Records that came too late for every window. Flink: `numLateRecordsDropped`.
    pub late_records_dropped: u64,
    /// By how much the windows begin later than those of other subtasks, once that is known.
    pub stagger_ms: Option<i64>,
    /// Flink: `numFiredTimers`.
    pub timers_fired: u64,
    /// What its functions count, for looking at.
    pub metrics: UserMetrics,
    /// What happened to event time, for looking at; of keyed operators.
    pub time_log: TimeLog,
    pub timer_log: TimerLog,
    /// The times that the operator gave to records.
    pub assignments: Assignments,
    /// Elements that wait in the operator for an answer, and whether it takes no other until one has come.
    pub elements_waiting: u32,
    pub is_full: bool,
    /// Timers of a keyed operator.
    pub timers: InternalTimerService,
    /// What the operator has asked the clock for.
    pub clock: ProcessingTimeService,
    /// What it puts into the task's mailbox, to be called back with.
    pub mails: Vec<Callback>,
    /// Said by the watermark generator that is called, and not yet taken by its operator.
    pub watermark_updates: Vec<WatermarkUpdate>,
    /// What a binding draws a function's random numbers from, so that they are part of every snapshot. Equal
    /// in all subtasks: the binding mixes in the seed and which subtask it is.
    pub random: Prng,
    /// A tuple that its operator is done with: memory for the next one.
    pub spare: Option<Rc<[Value]>>,
    /// Emitted and not yet taken by the chain.
    pub emitted: Vec<Emission>,
    pub effects: Vec<Effect>,
}

impl Default for OperatorContext {
    fn default() -> Self {
        Self {
            subtask: None,
            functions: None,
            state: KeyedState::default(),
            broadcast: None,
            operator_state: OperatorStateBackend::default(),
            checkpoint: None,
            restored_checkpoint_id: None,
            timestamp: None,
            now: 0,
            blocked_ms: 0,
            watermark: i64::MIN,
            namespace: Namespace::Void,
            has_window_state: false,
            late_records_dropped: 0,
            stagger_ms: None,
            timers_fired: 0,
            metrics: UserMetrics::default(),
            elements_waiting: 0,
            is_full: false,
            time_log: TimeLog::default(),
            timer_log: TimerLog::Off,
            assignments: Assignments::default(),
            timers: InternalTimerService::default(),
            clock: ProcessingTimeService::default(),
            mails: Vec::new(),
            watermark_updates: Vec::new(),
            random: Prng::default(),
            spare: None,
            emitted: Vec::new(),
            effects: Vec::new(),
        }
    }
}

impl OperatorContext {
    /// Emits to the main output, with the timestamp of the element at hand.
    #[inline]
    pub fn collect(&mut self, value: Value) {
        let timestamp = self.timestamp;
        self.emitted.push(Emission::Record { value, timestamp });
    }

    /// The element at hand is done with: if it is a tuple that nothing shares, the next one may have its memory.
    #[inline(always)]
    pub fn reuse(&mut self, value: Value) {
        if let Value::Tuple(mut fields) = value
            && Rc::get_mut(&mut fields).is_some()
            && self.spare.is_none()
        {
            // There is nothing to drop, which is a call otherwise.
            std::mem::forget(self.spare.replace(fields));
        }
    }

    /// Emits to a side output.
    pub fn output(&mut self, tag: Rc<str>, value: Value) {
        let timestamp = self.timestamp;
        self.emitted.push(Emission::Side(Box::new(SideRecord { tag, value, timestamp })));
    }

    /// Emits a watermark to all outputs.
    pub fn emit_watermark(&mut self, watermark: i64) {
        self.emitted.push(Emission::Watermark(watermark));
    }

    /// The element at hand is given its event time; answers which one it bears.
    #[inline(always)]
    pub fn assign_timestamp(&mut self, timestamp: i64) -> i64 {
        let timestamp = self.assignments.next(timestamp, self.now);
        self.timestamp = Some(timestamp);
        timestamp
    }

    /// Notes for the inspector what happened to event time.
    pub fn log_time(&mut self, fact: TimeFact) {
        self.time_log.push(self.now, fact);
    }

    /// Emits a status to all outputs.
    pub fn emit_status(&mut self, status: WatermarkStatus) {
        self.emitted.push(Emission::Status(status));
    }

    /// Registers a timer for the current key. Error: the operator is not keyed.
    pub fn register_timer(
        &mut self,
        domain: TimeDomain,
        namespace: Namespace,
        timestamp: i64,
    ) -> Result<(), UserError> {
        let timer = self.timer("Setting", namespace, timestamp)?;
        self.log_timer(domain, &timer, TimerChange::Set);
        if !self.state.keeps_one_key() {
            self.timers.register(domain, timer, &mut self.clock, self.now);
        } else if self.watermark < i64::MAX {
            // In batch both clocks stand still until the key ends.
            self.timers.hold(domain, timer);
        }
        Ok(())
    }

    /// Deletes a timer of the current key. Error: the operator is not keyed.
    pub fn delete_timer(
        &mut self,
        domain: TimeDomain,
        namespace: Namespace,
        timestamp: i64,
    ) -> Result<(), UserError> {
        let timer = self.timer("Deleting", namespace, timestamp)?;
        self.log_timer(domain, &timer, TimerChange::Deleted);
        self.timers.delete(domain, &timer);
        Ok(())
    }

    /// Notes for the inspector what became of a timer of a function.
    pub fn log_timer(&mut self, domain: TimeDomain, timer: &Timer, what: TimerChange) {
        if self.timer_log == TimerLog::Off || self.state.keeps_one_key() {
            return;
        }
        self.timer_log = TimerLog::On;
        let (key, timestamp) = (timer.key.clone(), timer.timestamp);
        self.log_time(TimeFact::Timer { key, domain, timestamp, what });
    }

    /// Notes a record for the inspector, with what became of it.
    pub fn log_record(&mut self, fate: Fate) {
        if let Some(key) = self.state.current_key().cloned() {
            let timestamp = self.timestamp;
            self.log_time(TimeFact::Record { key, timestamp, fate });
        }
    }

    fn timer(&self, action: &str, namespace: Namespace, timestamp: i64) -> Result<Timer, UserError> {
        match (self.state.range(), self.state.current_key()) {
            (Some(_), Some(key)) => Ok(Timer { timestamp, key: key.clone(), namespace }),
            (Some(_), None) => Err(UserError::new(format!(
                "{action} timers needs a key: it works while an element or a timer is processed, not in \
                 open() or close()."
            ))),
            (None, _) => {
                Err(UserError::new(format!("{action} timers is only supported on a keyed streams.")))
            }
        }
    }

    /// Sets the key that state is reached by, before a keyed operator gets the record of that key.
    /// Flink: `StreamOperator#setKeyContextElement`.
    #[inline(always)]
    pub fn set_current_key(&mut self, key: Value) -> Result<(), UserError> {
        self.state.set_now(self.now);
        match self.state.set_current_key(key) {
            Ok(()) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// The key of the element at hand; null where the operator is not keyed.
    pub fn current_key(&self) -> Value {
        self.state.current_key().cloned().unwrap_or_default()
    }

    /// The keyed state of this name, made if it is new: what `getState(descriptor)` and its kin do.
    pub fn get_state(&mut self, name: &Rc<str>, kind: StateKind) -> Result<StateId, UserError> {
        self.get_partitioned_state(Namespace::Void, name, kind)
    }

    /// The same of a state that does not live for ever.
    pub fn get_state_with_ttl(
        &mut self,
        name: &Rc<str>,
        kind: StateKind,
        ttl: StateTtlConfig,
    ) -> Result<StateId, UserError> {
        let descriptor = StateDescriptor { name: Rc::clone(name), kind, ttl: Some(ttl) };
        let id = self.state.register(&descriptor)?;
        self.state.enter_namespace(id, Namespace::Void)?;
        Ok(id)
    }

    /// The same, for a namespace from now on: a state has one at a time, as in Flink. Flink:
    /// `getPartitionedState(namespace, ..)`.
    pub fn get_partitioned_state(
        &mut self,
        namespace: Namespace,
        name: &str,
        kind: StateKind,
    ) -> Result<StateId, UserError> {
        let id = match self.state.find(name, kind) {
            Some(id) => id,
            None => self.state.register(&StateDescriptor { name: Rc::from(name), kind, ttl: None })?,
        };
        self.state.enter_namespace(id, namespace)?;
        Ok(id)
    }

    /// The broadcast state of this name, made if it is new, with what was restored of it. Flink: `getBroadcastState`.
    pub fn broadcast_state(&mut self, name: &Rc<str>) -> Result<StateId, UserError> {
        if self.broadcast.is_none() {
            self.broadcast = Some(Box::new(KeyedState::for_broadcast()?));
        }
        let states = self.broadcast.as_deref_mut().expect("it was made just now");
        if let Some(id) = states.find(name, StateKind::Map) {
            return Ok(id);
        }
        let id =
            states.register(&StateDescriptor { name: Rc::clone(name), kind: StateKind::Map, ttl: None })?;
        for entry in self.operator_state.restored(name).iter() {
            if let Value::Tuple(pair) = entry
                && let [key, value] = &**pair
            {
                states.map_put(id, key.clone(), value.clone())?;
            }
        }
        states.declare(id, &self.operator_state.declared(name))?;
        Ok(id)
    }

    /// What a broadcast state holds is of this type, also what was restored. Flink:
    /// `DefaultOperatorStateBackend#getBroadcastState`.
    pub fn declare_broadcast(&mut self, id: StateId, declared: &Value) -> Result<(), StateError> {
        let Some(states) = self.broadcast.as_mut() else { return Ok(()) };
        let declaring = states.declare(id, declared);
        let Err(error) = &declaring else { return declaring };
        let (StateFault::Incompatible { on_heap, was, wanted, .. }, Value::Tuple(types)) =
            (&**error, declared)
        else {
            return declaring;
        };
        let keys_only = Value::tuple([types[0].clone(), Value::Null]);
        let part = if states.declare(id, &keys_only).is_err() {
            "key serializer for broadcast state"
        } else {
            "value serializer for broadcast state"
        };
        Err(StateFault::Incompatible { part, on_heap: *on_heap, was: was.clone(), wanted: wanted.clone() }
            .into())
    }

    /// Broadcast state goes with the lists of the subtask.
    pub(super) fn save_broadcast(&mut self) -> Result<(), StateError> {
        let Some(states) = self.broadcast.as_deref_mut() else { return Ok(()) };
        let names: Vec<Rc<str>> = states.descriptors().map(|state| Rc::clone(&state.name)).collect();
        for (name, id) in names.iter().zip((0..).map(StateId)) {
            let entries = states.map(id)?;
            let pairs = entries.iter().map(|(key, value)| Value::tuple([key.clone(), value.clone()]));
            let list = self.operator_state.list_state(name, OperatorStateMode::Broadcast)?;
            self.operator_state.update(list, pairs.collect());
            self.operator_state.set_declared(list, states.declared(id).clone());
        }
        Ok(())
    }

    /// The functions of the job.
    pub fn functions(&self) -> &Rc<dyn UserFunctions> {
        self.functions.as_ref().expect("a context with functions")
    }
}
