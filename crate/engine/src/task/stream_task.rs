//! The running attempt of a subtask: mailbox first, then one record, as long as there is room to write.
//!
//! Contract: a turn is one mail, one step of the life cycle, one record or one event. A task never waits
//! inside a turn. Flink: `StreamTask`, `MailboxProcessor`, `SourceOperatorStreamTask`, `Task`.

mod alignment;
mod checkpointing;
mod clock;
mod ending;
mod items;

use std::collections::VecDeque;
use std::rc::Rc;

use super::chain::{ChainError, OperatorChain};
use super::checkpointing::Checkpointing;
use super::debloat::Debloat;
use super::descriptor::TaskDescriptor;
use super::environment::TaskEnvironment;
use super::input::{InputItem, TaskInputs};
use super::message::{Mail, TaskFailure, TaskReport};
use super::pace::Pace;
use super::record_writer::RecordFilter;
use super::sorting::inputs::{SortMemory, SortingInputs, SortingItem};
use super::state::ExecutionState;
use super::time_shares::TimeShares;
use crate::base::ids::ExecutionAttemptId;
use crate::base::limits::EXCLUSIVE_BUFFERS_TIMEOUT_TICKS;
use crate::network::event::Event;
use crate::network::shuffle::{PartitionIdx, ShuffleEnvironment};
use crate::operator::function::{UserError, UserFunctions};
use crate::operator::source::alignment::AlignedReader;
use crate::operator::source::{SourceFiles, SourceOutput, SourceReader, Split};
use crate::time::clock::processing_time;
use crate::time::processing_time::{Callback, ScheduledTimer};

mod life_cycle;
mod records;

/// What a turn was spent on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Work {
    /// Nothing could be done.
    Nothing,
    /// A step from one state to the next.
    LifeCycle,
    Mail,
    Record,
    /// An event of the network, or the end of an input.
    Event,
    /// A record was put to those that are sorted before any is processed.
    Stored,
}

/// Where a task stands between its states.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// Set up, but for exclusive buffers that others still have: it waits until this tick for them.
    Equip {
        until: u64,
    },
    /// To be restored: open the operators.
    Restore,
    /// Files are read that it is restored from.
    Download,
    /// Its state is there: what was on its way is processed, then it asks for the partitions.
    Recover,
    /// Restored: go to RUNNING.
    Start,
    Run,
    /// All data was taken, and an operator still waits for answers.
    Drain,
    /// All data is through: the last checkpoint is awaited.
    AwaitFinal,
    /// It is complete: close the operators, end the partitions.
    Finish,
    /// Closed: let the last of what was emitted be written, to the files of blocking results too.
    Leave,
    Over,
}

/// See the module.
#[derive(Clone)]
pub struct StreamTask {
    descriptor: Rc<TaskDescriptor>,
    state: ExecutionState,
    stage: Stage,
    chain: Option<OperatorChain>,
    source: Option<Box<dyn SourceReader>>,
    /// Where the source's records go, if it has a watermark strategy.
    source_output: Option<SourceOutput>,
    /// Of a source that waits for others.
    aligned: Option<AlignedReader>,
    waits_for_split: bool,
    /// The tick before which the source has nothing.
    source_waits_until: u64,
    inputs: TaskInputs,
    /// By gate, where several subtasks get the same restored records.
    filters: Vec<(u32, RecordFilter)>,
    /// In batch, where the head is keyed: its inputs come through this.
    sorting: Option<SortingInputs>,
    debloat: Option<Debloat>,
    inputs_with_data: u32,
    checkpointing: Checkpointing,
    /// Whether all records are through.
    has_ended_data: bool,
    /// Whether an input ended since the job stops, not since there is no more.
    is_stopped: bool,
    partitions: Vec<PartitionIdx>,
    mailbox: VecDeque<Mail>,
    pace: Pace,
    time: TimeShares,
    reports: Vec<TaskReport>,
    records_in: u64,
    /// Ticks in which it could not write: nothing came then, but nothing was idle either.
    blocked_ticks: u64,
}

impl StreamTask {
    /// Sets a task up in its TaskManager: partitions and gates are registered, nothing runs yet.
    pub fn deploy(
        descriptor: Rc<TaskDescriptor>,
        functions: &Rc<dyn UserFunctions>,
        files: &SourceFiles,
        memory: SortMemory,
        env: &mut TaskEnvironment<'_>,
    ) -> Self {
        let mut task = Self {
            inputs_with_data: u32::from(
                descriptor.gates.iter().map(|gate| gate.input + 1).max().unwrap_or(0),
            ),
            checkpointing: Checkpointing::new(&descriptor),
            has_ended_data: false,
            is_stopped: false,
            pace: Pace::new(descriptor.speed),
            time: TimeShares::starting_at(env.now),
            state: ExecutionState::Deploying,
            stage: Stage::Equip { until: env.now + EXCLUSIVE_BUFFERS_TIMEOUT_TICKS },
            chain: None,
            source: None,
            source_output: None,
            aligned: None,
            waits_for_split: false,
            source_waits_until: 0,
            inputs: TaskInputs::default(),
            filters: Vec::new(),
            sorting: None,
            debloat: None,
            partitions: Vec::new(),
            mailbox: VecDeque::new(),
            reports: Vec::new(),
            records_in: 0,
            blocked_ticks: 0,
            descriptor,
        };
        match task.build(functions, files, memory, env) {
            Err(failure) => task.fail(failure, env),
            Ok(()) if task.inputs.awaited(env.shuffle) == 0 => task.stage = Stage::Restore,
            Ok(()) => {}
        }
        task
    }

    /// What it was deployed with.
    pub const fn descriptor(&self) -> &Rc<TaskDescriptor> {
        &self.descriptor
    }

    /// Whether it is this attempt.
    pub fn is(&self, execution: ExecutionAttemptId) -> bool {
        self.descriptor.execution() == execution
    }

    /// Its state.
    pub const fn state(&self) -> ExecutionState {
        self.state
    }

    /// Its chain, unless it could not be built.
    pub const fn chain(&self) -> Option<&OperatorChain> {
        self.chain.as_ref()
    }

    /// Where the records of its source get timestamps and watermarks, if it has one that makes them.
    pub const fn source_output(&self) -> Option<&SourceOutput> {
        self.source_output.as_ref()
    }

    /// The splits of its source, each from where it is to be read on.
    pub fn splits(&self) -> Vec<Split> {
        self.source.as_ref().map_or_else(Vec::new, |source| source.snapshot_state())
    }

    /// Its operators, to tell them something from outside.
    pub const fn chain_mut(&mut self) -> Option<&mut OperatorChain> {
        self.chain.as_mut()
    }

    /// Its inputs.
    pub const fn inputs(&self) -> &TaskInputs {
        &self.inputs
    }

    /// What sorts its inputs, if they are sorted.
    pub const fn sorting(&self) -> Option<&SortingInputs> {
        self.sorting.as_ref()
    }

    /// Its result partitions.
    pub fn partitions(&self) -> &[PartitionIdx] {
        &self.partitions
    }

    /// Its mailbox.
    pub const fn mailbox(&self) -> &VecDeque<Mail> {
        &self.mailbox
    }

    /// How its time was spent.
    pub const fn time(&self) -> &TimeShares {
        &self.time
    }

    /// Records that it took from its inputs or its source.
    pub const fn records_in(&self) -> u64 {
        self.records_in
    }

    /// Puts a letter into the mailbox.
    pub fn post(&mut self, mail: Mail) {
        if self.stage != Stage::Over {
            self.mailbox.push_back(mail);
        }
    }

    /// Takes what it has to say.
    pub fn take_reports(&mut self) -> Vec<TaskReport> {
        std::mem::take(&mut self.reports)
    }

    /// Whether it has something to say.
    pub fn has_reports(&self) -> bool {
        !self.reports.is_empty()
    }

    /// One turn.
    pub fn turn(&mut self, env: &mut TaskEnvironment<'_>) -> Work {
        let work = self.take_turn(env);
        self.take_mails(env);
        work
    }

    /// What operators put into the mailbox themselves stands behind what is in it.
    #[inline(always)]
    fn take_mails(&mut self, env: &TaskEnvironment<'_>) {
        if let Some(chain) = &self.chain
            && chain.may_post()
        {
            self.take_operators_mails(processing_time(env.now));
        }
    }

    #[inline(never)]
    fn take_operators_mails(&mut self, now: i64) {
        let chain = self.chain.as_mut().expect("called where it has operators");
        chain.take_mails(|operator, callback| {
            let timer = ScheduledTimer { fires_at: now, timestamp: now, callback };
            self.mailbox.push_back(Mail::Callback { operator, timer });
        });
    }

    fn take_turn(&mut self, env: &mut TaskEnvironment<'_>) -> Work {
        if self.is_blocked() {
            return self.blocked_turn(env);
        }
        if let Some(mail) = self.mailbox.pop_front() {
            if let Err(failure) = self.on_mail(&mail, env) {
                self.fail(failure, env);
            }
            return Work::Mail;
        }
        let result = match self.stage {
            Stage::Over => return Work::Nothing,
            Stage::Equip { until } if !self.can_equip(env.shuffle) && env.now < until => Ok(Work::Nothing),
            Stage::Equip { .. } => self.equip(env).map(|()| Work::LifeCycle),
            Stage::Restore => self.restore(env).map(|()| Work::LifeCycle),
            Stage::Download if !self.is_downloaded() => Ok(Work::Nothing),
            Stage::Download => self.restore_downloaded(env).map(|()| Work::LifeCycle),
            Stage::Recover if self.inputs.is_recovering() && !self.may_recover(env) => Ok(Work::Nothing),
            Stage::Recover => self.recover(env),
            Stage::Start => {
                self.start(env);
                Ok(Work::LifeCycle)
            }
            Stage::Run if self.inputs.has_priority(env.shuffle) => self.run_priority(env),
            Stage::Run => self.run_records(env),
            Stage::Drain if self.finish_waits() => Ok(Work::Nothing),
            Stage::Drain => self.end_operators(env).map(|()| Work::LifeCycle),
            Stage::AwaitFinal if !self.is_final(env.shuffle) => Ok(Work::Nothing),
            Stage::AwaitFinal => {
                self.stage = Stage::Finish;
                Ok(Work::LifeCycle)
            }
            Stage::Finish if self.has_running_checkpoints() => Ok(Work::Nothing),
            Stage::Finish => self.finish(env).map(|()| Work::LifeCycle),
            Stage::Leave if !self.is_written(env.shuffle) => Ok(Work::Nothing),
            Stage::Leave => {
                self.leave(env);
                Ok(Work::LifeCycle)
            }
        };
        self.or_fail(result, env)
    }

    /// One turn right after one that took a record. Nothing has come from outside since: what overtakes needs no look,
    /// and in the mailbox is at most what operators put there.
    #[inline(always)]
    pub fn turn_after_record(&mut self, env: &mut TaskEnvironment<'_>) -> Work {
        if self.stage != Stage::Run || self.is_blocked() || !self.mailbox.is_empty() {
            return self.turn(env);
        }
        let result = self.run_records(env);
        self.take_mails(env);
        self.or_fail(result, env)
    }

    #[inline(always)]
    fn or_fail(&mut self, result: Result<Work, TaskFailure>, env: &mut TaskEnvironment<'_>) -> Work {
        match result {
            Ok(work) => work,
            Err(failure) => {
                self.fail(failure, env);
                Work::LifeCycle
            }
        }
    }

    /// The task's thread waits for a buffer with a record in hand: nothing but a cancellation, which interrupts
    /// it, comes before that.
    fn blocked_turn(&mut self, env: &mut TaskEnvironment<'_>) -> Work {
        if let Some(place) = self.mailbox.iter().position(Mail::interrupts) {
            let mail = self.mailbox.remove(place).expect("it stands there");
            if let Err(failure) = self.on_mail(&mail, env) {
                self.fail(failure, env);
            }
            return Work::Mail;
        }
        let outputs = self.chain.as_mut().expect("a blocked task has a chain").outputs_mut();
        if !outputs.can_resume(env.shuffle) {
            return Work::Nothing;
        }
        outputs.resume(env);
        Work::Event
    }

    /// Whether it waits for a buffer with a record in hand: hard back-pressure.
    #[inline(always)]
    pub fn is_blocked(&self) -> bool {
        match &self.chain {
            Some(chain) => chain.outputs().is_blocked(),
            None => false,
        }
    }

    /// Whether it is closed, and what it wrote is not all where it belongs.
    pub fn is_leaving(&self) -> bool {
        self.stage == Stage::Leave
    }

    fn is_interrupted(&self) -> bool {
        self.mailbox.iter().any(Mail::interrupts)
    }

    /// The tick at which a turn would do something; `None`: not before something comes from outside.
    pub fn next_work_at(&self, shuffle: &ShuffleEnvironment, now: u64) -> Option<u64> {
        if self.is_blocked() {
            let can_resume = self.chain.as_ref().is_some_and(|chain| chain.outputs().can_resume(shuffle));
            return (can_resume || self.is_interrupted()).then_some(now);
        }
        if !self.mailbox.is_empty() {
            return Some(now);
        }
        match self.stage {
            Stage::Over => None,
            Stage::Equip { until } => Some(if self.can_equip(shuffle) { now } else { until.max(now) }),
            Stage::Restore | Stage::Start => Some(now),
            Stage::Recover if !self.inputs.is_recovering() => Some(now),
            Stage::Download => self.is_downloaded().then_some(now),
            Stage::AwaitFinal => self.is_final(shuffle).then_some(now),
            Stage::Finish => (!self.has_running_checkpoints()).then_some(now),
            Stage::Run if self.inputs.has_priority(shuffle) => Some(now),
            Stage::Drain => (!self.finish_waits()).then_some(now),
            Stage::Leave => self.is_written(shuffle).then_some(now),
            Stage::Recover | Stage::Run => {
                let has_input = match (&self.source, &self.sorting) {
                    _ if self.stage == Stage::Recover => true,
                    (Some(_), _) => !self.waits_for_split && !self.waits_for_alignment(),
                    (None, Some(sorting)) => sorting.has_data(&self.inputs, shuffle),
                    (None, None) => self.inputs.has_data(shuffle),
                };
                let free_at = if self.pace.may_take(now) { now } else { self.pace.free_at().max(now + 1) };
                (has_input && self.can_take(shuffle)).then(|| free_at.max(self.source_waits_until))
            }
        }
    }

    fn start(&mut self, env: &TaskEnvironment<'_>) {
        let network = env.shuffle.configuration();
        if let Some(options) = network.debloat.filter(|_| !self.inputs.is_empty()) {
            self.debloat = Some(Debloat::new(options, network.segment_bytes, self.inputs.gates(), env.now));
        }
        self.start_periods(env.now);
        self.become_state(ExecutionState::Running);
        self.stage = Stage::Run;
    }

    /// The reader gets a split, from the enumerator or from what it is restored with.
    fn add_split(&mut self, split: Split) -> Result<(), TaskFailure> {
        let source = self.source.as_mut().expect("splits go to sources");
        source.add_split(split);
        self.waits_for_split = false;
        let added = self.source_output.as_mut().map_or(Ok(()), SourceOutput::add_split);
        added.map_err(|error| self.head_failure(error))
    }

    fn on_mail(&mut self, mail: &Mail, env: &mut TaskEnvironment<'_>) -> Result<(), TaskFailure> {
        match mail {
            Mail::AddSplit(split) => {
                self.add_split(*split)?;
            }
            Mail::NoMoreSplits => {
                let source = self.source.as_mut().expect("splits go to sources");
                source.no_more_splits();
                self.waits_for_split = false;
            }
            Mail::WatermarkAlignment(max_watermark) => self.on_announcement(*max_watermark),
            Mail::Callback { operator, timer } => self.on_callback(*operator, *timer, env)?,
            Mail::TriggerCheckpoint(barrier) => self.trigger_checkpoint(*barrier, env)?,
            Mail::NotifyCheckpointComplete(checkpoint) => self.notify_checkpoint(*checkpoint, true, env)?,
            Mail::NotifyCheckpointAborted(checkpoint) => self.notify_checkpoint(*checkpoint, false, env)?,
            Mail::AlignmentTimeout(checkpoint) => self.on_alignment_timeout(*checkpoint, env)?,
            Mail::OutputTimeout(checkpoint) => self.on_output_timeout(*checkpoint, env),
            Mail::Cancel => self.cancel(env),
            Mail::Fail(message) => return Err(TaskFailure::of_text(&**message)),
        }
        Ok(())
    }

    fn on_callback(
        &mut self,
        operator: u32,
        timer: ScheduledTimer,
        env: &mut TaskEnvironment<'_>,
    ) -> Result<(), TaskFailure> {
        let blocked_ms = self.blocked_ticks as i64;
        let chain = self.chain.as_mut().expect("a running task has a chain");
        // It was called back before the data ended. Flink: `addQuiesceProcessingToCallback`.
        if chain.context_mut(operator).clock.is_quiesced() {
            return Ok(());
        }
        // For how long it could not write so far.
        chain.context_mut(operator).blocked_ms = blocked_ms;
        match timer.callback {
            Callback::LatencyMarker => {
                chain.emit_latency_marker(env);
                return Ok(());
            }
            Callback::Alignment => {
                self.report_watermark(env.now);
                return Ok(());
            }
            _ => {}
        }
        let Some(output) = self.source_output.as_mut().filter(|_| operator == 0) else {
            return self.on_chain(|chain| chain.on_callback(operator, timer, env));
        };
        let context = chain.context_mut(0);
        context.now = processing_time(env.now);
        let emitted = output.on_periodic_emit(context);
        emitted.map_err(|error| self.head_failure(error))?;
        self.on_chain(|chain| chain.emit_from_head(env))
    }

    fn run_inputs(&mut self, env: &mut TaskEnvironment<'_>) -> Result<Work, TaskFailure> {
        if self.sorting.is_none()
            && let Some(chain) = &mut self.chain
            && let Some((input, value, timestamp)) = self.inputs.next_within(&mut chain.context_mut(0).spare)
        {
            return match self.take_record(input, value, timestamp, env) {
                Ok(()) => Ok(Work::Record),
                Err(failure) => Err(failure),
            };
        }
        let item = match &mut self.sorting {
            None => self.inputs.next(env)?,
            Some(sorting) => match sorting.next(&mut self.inputs, env)? {
                Some(SortingItem::Stored) => {
                    self.pace.take(env.now);
                    return Ok(Work::Stored);
                }
                Some(SortingItem::Item(item)) => Some(item),
                None => None,
            },
        };
        match item {
            Some(item) => self.take_item(item, env),
            None => Ok(Work::Nothing),
        }
    }

    /// An event that overtakes comes between two records, whether or not there is room for what they make.
    fn run_priority(&mut self, env: &mut TaskEnvironment<'_>) -> Result<Work, TaskFailure> {
        if let Some(InputItem::Event { channel, event }) = self.inputs.next_priority(env)? {
            self.on_channel_event(channel, event, env)?;
        }
        Ok(Work::Event)
    }

    fn broadcast_event(&mut self, event: Event, env: &mut TaskEnvironment<'_>) {
        let chain = self.chain.as_mut().expect("a running task has a chain");
        chain.outputs_mut().broadcast_event(event, env);
    }

    /// Whether it may take a record now.
    #[inline(always)]
    fn may_take(&self, env: &TaskEnvironment<'_>) -> bool {
        self.can_take(env.shuffle) && self.pace.may_take(env.now)
    }

    /// The same between records that were restored, which are few.
    #[inline(never)]
    fn may_recover(&self, env: &TaskEnvironment<'_>) -> bool {
        self.may_take(env)
    }

    /// Whether it may take a record: there is room for what comes of it, and no operator waits for answers.
    #[inline(always)]
    fn can_take(&self, shuffle: &ShuffleEnvironment) -> bool {
        match &self.chain {
            Some(chain) => chain.outputs().is_available(shuffle) && !chain.is_full(),
            None => true,
        }
    }

    fn finish_waits(&self) -> bool {
        self.chain.as_ref().is_some_and(OperatorChain::finish_waits)
    }

    #[inline(always)]
    fn can_write(&self, shuffle: &ShuffleEnvironment) -> bool {
        match &self.chain {
            Some(chain) => chain.outputs().is_available(shuffle),
            None => true,
        }
    }

    #[inline(always)]
    fn on_chain<R>(
        &mut self,
        step: impl FnOnce(&mut OperatorChain) -> Result<R, ChainError>,
    ) -> Result<R, TaskFailure> {
        let chain = self.chain.as_mut().expect("a running task has a chain");
        step(chain).map_err(|error| self.chain_failure(error))
    }

    #[cold]
    fn chain_failure(&self, ChainError { operator, error }: ChainError) -> TaskFailure {
        TaskFailure::of_operator(&self.descriptor.chain[operator as usize].name, error)
    }

    fn head_failure(&self, error: UserError) -> TaskFailure {
        TaskFailure::of_operator(&self.descriptor.chain[0].name, error)
    }

    fn become_state(&mut self, next: ExecutionState) {
        assert!(self.state.may_become(next), "{}: {} to {next}", self.descriptor.name, self.state);
        self.state = next;
        self.reports.push(TaskReport::State { state: next, failure: None });
    }
}
