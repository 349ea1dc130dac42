//! One turn of the world, and when the next one can be.
//!
//! The order of the phases is a contract (see `Phase`); inside a phase, links and tasks come in the order
//! that the choice points give, first come first served by default.

use std::rc::Rc;

use super::command::Command;
use super::cursor::{Actor, Phase};
use super::message_log::{self, Crossing};
use super::output::OutputLine;
use super::world::{TaskPlace, World};
use crate::base::choice::Choice;
use crate::base::ids::{TaskId, TaskManagerId};
use crate::base::limits::{MAILS_PER_TICK_MAX, TURNS_PER_TICK_MAX};
use crate::base::own::own_seldom;
use crate::checkpoint::storage::file_system::FileOwner;
use crate::cluster::job_master::adaptive::AdaptiveState;
use crate::cluster::job_master::{JobMaster, Transition};
use crate::cluster::job_status::JobStatus;
use crate::cluster::rpc::{Address, Call, Envelope, Outbox, RpcTurn};
use crate::cluster::task_executor::TaskExecutor;
use crate::network::error::NetworkError;
use crate::network::message::NetworkMessage;
use crate::network::shuffle::ShuffleEnvironment;
use crate::operator::context::Effect;
use crate::task::chain::OperatorChain;
use crate::task::environment::TaskEnvironment;
use crate::task::stream_task::{StreamTask, Work};

/// Turns of one task in a row.
#[derive(Default)]
struct Burst {
    turns: u32,
    /// Those that took no record.
    mails: u32,
    /// Whether the last one took a record.
    took_record: bool,
}

impl World {
    /// Runs one turn. `None`: the tick is over, and the clock stands at the next one.
    pub fn turn(&mut self) -> Option<Actor> {
        self.turns(1)
    }

    /// Runs the rest of the tick.
    pub fn finish_tick(&mut self) {
        while self.turns(TURNS_PER_TICK_MAX).is_some() {}
    }

    /// Runs one turn, or up to `turns_max` of one task: what they do is the same, one by one or in a row.
    fn turns(&mut self, turns_max: u32) -> Option<Actor> {
        loop {
            let done = match self.cursor.phase {
                Phase::Commands => {
                    let turn = self.command_turn().or_else(|| self.worker_turn());
                    turn.or_else(|| self.timeout_turn()).map(|actor| (actor, 1))
                }
                Phase::Rpc => self.rpc_turn().map(|actor| (actor, 1)),
                Phase::Links => self.link_turn().map(|actor| (actor, 1)),
                Phase::Storage => self.storage_turn().map(|actor| (actor, 1)),
                Phase::Timers => {
                    let turn = self.step_turn().or_else(|| self.notification_turn());
                    let turn = turn.or_else(|| self.own_time_turn()).or_else(|| self.notice_turn());
                    let turn = turn.or_else(|| self.yarn_turn()).or_else(|| self.ask_turn());
                    let turn = turn.or_else(|| self.job_master_turn());
                    let turn = turn.or_else(|| self.resource_manager_turn());
                    turn.or_else(|| self.timer_turn()).map(|actor| (actor, 1))
                }
                Phase::Tasks => self.task_turns(turns_max),
            };
            if let Some((actor, turns)) = done {
                self.cursor.turn += turns;
                assert!(self.cursor.turn < TURNS_PER_TICK_MAX, "tick {} does not end", self.tick);
                self.last_actor = Some(actor);
                return self.last_actor;
            }
            if !self.next_phase() {
                return None;
            }
        }
    }

    /// Between two ticks: the first tick from now on in which something can happen, if there is one.
    pub fn next_event_at(&self) -> Option<u64> {
        assert!(self.cursor.turn == 0, "asked in the middle of a tick");
        let now = self.tick;
        if !self.commands.is_empty() {
            return Some(now);
        }
        let acts_at = |executor: &TaskExecutor, tick: u64| executor.process().next_act(tick.max(now));
        let takes = |it: &Envelope, at| Self::takes_call_at(&self.executors, &self.job_managers, it, at);
        let mut next = self.rpc.next_arrival(now, &takes);
        let mut consider = |tick: Option<u64>| {
            next = match (next, tick) {
                (Some(a), Some(b)) => Some(a.min(b)),
                (a, b) => a.or(b),
            }
        };
        consider(self.next_job_master_timer());
        let timer = self.resource_manager.next_timer().filter(|_| self.job_manager().is_alive());
        consider(timer.and_then(|at| self.job_manager().next_act(at.max(now))));
        consider(self.next_step());
        consider(self.next_notification().map(|(at, _)| at));
        consider(self.next_own_time());
        consider(self.next_ask());
        consider(self.next_notice());
        consider(self.next_worker());
        consider(self.yarn().and_then(|yarn| yarn.next_timer(now)));
        consider(self.file_system.next_completion());
        for link in &self.links {
            let receiver = &self.executors[link.to.index()];
            consider(link.next_arrival().and_then(|at| acts_at(receiver, at)));
            consider(self.timeout_of(link));
            let sender = &self.executors[link.from.index()];
            if sender.shuffle().can_send_to(link.to) {
                // A link that is cut takes note of the first thing that cannot leave.
                let is_news = link.is_cut() && link.unanswered_since().is_none();
                let departs = if is_news { Some(now) } else { link.next_departure(now) };
                consider(departs.and_then(|at| acts_at(sender, at)));
            }
        }
        for executor in &self.executors {
            let (disk, timer) =
                (executor.shuffle().disk().next_completion(now), executor.shuffle().next_timer());
            consider(disk.into_iter().chain(timer).min().and_then(|at| acts_at(executor, at)));
        }
        for &(_, place) in self.places.iter() {
            let executor = &self.executors[place.executor as usize];
            let task = &executor.tasks()[place.place as usize];
            let work = task.next_work_at(executor.shuffle(), now).into_iter();
            let next_at = work.chain(task.next_timer(executor.shuffle(), now)).min();
            consider(next_at.and_then(|at| acts_at(executor, at)));
        }
        next.map(|tick| tick.max(now))
    }

    /// Between two ticks: moves the clock to `tick`, which must not be behind what can happen.
    pub fn jump(&mut self, tick: u64) {
        assert!(self.cursor.turn == 0 && tick >= self.tick, "the clock goes forward, between ticks");
        let places = Rc::clone(&self.places);
        for &(_, place) in places.iter() {
            self.with_task(place, |task, env| task.count_jump(env.shuffle, env.now, tick));
        }
        self.tick = tick;
        self.last_actor = None;
    }

    fn next_phase(&mut self) -> bool {
        let next = match self.cursor.phase {
            Phase::Commands => Phase::Rpc,
            Phase::Rpc => Phase::Links,
            Phase::Links => Phase::Storage,
            Phase::Storage => Phase::Timers,
            Phase::Timers => Phase::Tasks,
            Phase::Tasks => {
                self.end_tick();
                return false;
            }
        };
        let count = match next {
            Phase::Links => self.links.len(),
            Phase::Storage => self.executors.len(),
            Phase::Timers | Phase::Tasks => self.places.len(),
            _ => 0,
        };
        self.cursor.enter(next, count as u32);
        true
    }

    fn end_tick(&mut self) {
        let places = Rc::clone(&self.places);
        for &(_, place) in places.iter() {
            self.with_task(place, |task, env| task.count_tick(env.shuffle, env.now));
        }
        self.tick += 1;
        self.cursor.turn = 0;
        self.cursor.enter(Phase::Commands, 0);
    }

    fn command_turn(&mut self) -> Option<Actor> {
        let command = self.commands.pop_front()?;
        match command {
            Command::CancelJob => self.client_says(Call::CancelJob),
            Command::UpdateResourceRequirements { vertex, bounds } => {
                self.client_says(Call::UpdateResourceRequirements { vertex, bounds });
            }
            Command::RequestCheckpoint { snapshot, format, target } => {
                self.client_says(Call::RequestCheckpoint { snapshot, format, target });
            }
            Command::SetSpeed { vertex, speed } => {
                self.speeds.insert(vertex, speed);
                let places = Rc::clone(&self.places);
                for &(_, place) in places.iter() {
                    self.with_task(place, |task, _| {
                        if task.descriptor().vertex.0 == vertex {
                            task.set_speed(speed);
                        }
                    });
                }
            }
            Command::SetTimestamp(set) => self.set_timestamp(set),
            Command::Link(fault) => self.apply_link_fault(fault),
            Command::File(fault) => self.apply_file_fault(&fault),
            Command::Process(fault) => self.apply_process_fault(fault),
        }
        Some(Actor::Command)
    }

    /// Lets the JobMaster do something, logs what changes by it, and sends what it says.
    pub(super) fn let_job_master(&mut self, step: &mut dyn FnMut(&mut JobMaster, &mut RpcTurn<'_>)) {
        let mut outbox = Outbox::default();
        self.with_job_master(&mut outbox, step);
        self.post(Address::JobMaster, &mut outbox);
    }

    /// The same, but for what it says.
    pub(super) fn with_job_master(
        &mut self,
        outbox: &mut Outbox,
        step: &mut dyn FnMut(&mut JobMaster, &mut RpcTurn<'_>),
    ) {
        let Self { tick: now, job_master, choices, .. } = self;
        let (now, unconfirmed_since) = (*now, self.rpc.unconfirmed_since(self.leader));
        let job_master = own_seldom(job_master);
        step(job_master, &mut RpcTurn { now, unconfirmed_since, choices, outbox });
        let transitions = job_master.take_transitions();
        let is_adaptive = job_master.adaptive().is_some();
        // What failed is told with who is where: both change seldom.
        let has_failed = |one: &Transition| {
            matches!(one, Transition::Restart { .. } | Transition::Job(JobStatus::Failing))
        };
        self.topology_version += u32::from(transitions.iter().any(has_failed));
        let is_scheduling = |one: &Transition| match one {
            Transition::Adaptive { from, .. } => *from == AdaptiveState::Created.name(),
            Transition::Job(status) => !is_adaptive && *status == JobStatus::Running,
            _ => false,
        };
        let starts = transitions.iter().any(is_scheduling);
        self.log_transitions(transitions);
        if self.coordination.is_some() {
            self.write_down(starts);
        }
    }

    pub(super) fn executor_receive(
        &mut self,
        executor: u32,
        from: Address,
        call: &Call,
        outbox: &mut Outbox,
    ) {
        // What is left of an execution graph that is given up was for a TaskManager that counts as gone.
        if matches!(call, Call::SubmitTask(task) if !self.job_master.may_submit(task.execution())) {
            return;
        }
        let fixed = Rc::clone(&self.fixed);
        let Self { executors, choices, tick, effects, .. } = self;
        let task_executor = own_seldom(&mut executors[executor as usize]);
        task_executor.receive(
            from,
            call,
            &fixed.functions,
            &fixed.scenario.files,
            outbox,
            |shuffle, deploy| {
                deploy(&mut TaskEnvironment { now: *tick, shuffle, choices, effects });
            },
        );
        match call {
            Call::RequestSlot { .. } | Call::DisconnectJobManager { .. } => {
                task_executor.await_job_master(self.tick);
            }
            Call::DisconnectResourceManager { .. } => task_executor.expect_registration(self.tick),
            _ => {}
        }
        if let Call::SubmitTask(descriptor) = call {
            let place = task_executor.tasks().len() as u32 - 1;
            let places = own_seldom(&mut self.places);
            let at = places.partition_point(|&(task, _)| task <= descriptor.task);
            let is_first = at == 0 || places[at - 1].0 != descriptor.task;
            places.insert(at, (descriptor.task, TaskPlace { executor, place }));
            // A late one may come after its successor.
            let place = if is_first { place } else { self.drop_replaced(descriptor.execution()) };
            self.topology_version += 1;
            if let Some(&speed) = self.speeds.get(&descriptor.vertex.0) {
                self.with_task(TaskPlace { executor, place }, |task, _| task.set_speed(speed));
            }
            self.restore_timestamps(descriptor.task);
        }
    }

    fn link_turn(&mut self) -> Option<Actor> {
        while !self.cursor.left.is_empty() {
            let chosen = if let Some((place, _)) = self.cursor.current {
                place
            } else {
                let n = self.cursor.left.len() as u32;
                let place = self.choices.choose(n, Choice::LinkOrder);
                self.cursor.current = Some((place, 0));
                place
            };
            let link = self.cursor.left[chosen as usize];
            if let Some(actor) = self.move_link(link as usize) {
                return Some(actor);
            }
            self.cursor.left.remove(chosen as usize);
            self.cursor.current = None;
        }
        None
    }

    /// Delivers what has arrived, else sends what is ready.
    fn move_link(&mut self, place: usize) -> Option<Actor> {
        let (from, to) = (self.links[place].from, self.links[place].to);
        let actor = Some(Actor::Link { from, to });
        let is_taken = self.acts(to);
        if is_taken && self.links[place].next_arrival().is_some_and(|tick| tick <= self.tick) {
            let sent_at = self.links[place].in_flight().next().map_or(self.tick, |first| first.sent_at);
            let message = own_seldom(&mut self.links[place]).deliver(self.tick)?;
            self.log_message(from, to, sent_at, &message);
            let executor = own_seldom(&mut self.executors[to.index()]);
            executor.shuffle_mut().receive(from, message.as_ref().clone(), self.tick);
            let mut outbox = Outbox::default();
            executor.check_producers(&mut outbox);
            self.post(Address::TaskExecutor(to), &mut outbox);
            return actor;
        }
        let sender = &self.executors[from.index()];
        if !sender.process().acts_at(self.tick) || !sender.shuffle().can_send_to(to) {
            return None;
        }
        self.note_unanswered(from, to);
        if self.links[place].next_departure(self.tick) != Some(self.tick) {
            return None;
        }
        let is_reachable = self.is_alive(to);
        let executor = own_seldom(&mut self.executors[from.index()]);
        if !is_reachable {
            let error = |peer, partition| NetworkError::ConnectionNotMade { peer, partition };
            executor.shuffle_mut().connection_failed(to, error);
            return actor;
        }
        let message = executor.shuffle_mut().send_next(to)?;
        own_seldom(&mut self.links[place]).send(message, self.tick);
        actor
    }

    fn storage_turn(&mut self) -> Option<Actor> {
        while let Some(next) = self.cursor.left.first().copied() {
            let executor = &mut self.executors[next as usize];
            if executor.process().acts_at(self.tick)
                && executor.shuffle().disk().next_completion(self.tick).is_some_and(|at| at <= self.tick)
            {
                let executor = own_seldom(executor);
                if let Some(completed) = executor.shuffle_mut().complete_storage(self.tick) {
                    self.trace.fold(u64::from(completed.file.0) << 32 | completed.bytes.len() as u64);
                    return Some(Actor::Storage { task_manager: executor.id() });
                }
            }
            self.cursor.left.remove(0);
        }
        self.file_turn()
    }

    /// The file system completes a request, and whoever asked hears of it.
    fn file_turn(&mut self) -> Option<Actor> {
        if self.file_system.next_completion().is_none_or(|at| at > self.tick) {
            return None;
        }
        let answer = own_seldom(&mut self.file_system).complete_next(self.tick)?;
        self.trace.fold_bytes(answer.path.as_bytes());
        self.trace.fold(u64::from(answer.result.is_ok()));
        match answer.owner {
            FileOwner::Task(execution) => {
                let has_task =
                    |executor: &&mut Rc<TaskExecutor>| executor.tasks().iter().any(|task| task.is(execution));
                if let Some(executor) = self.executors.iter_mut().find(has_task) {
                    own_seldom(executor).on_file(execution, &answer, self.tick);
                }
            }
            FileOwner::JobMaster => self.job_master_file(&answer),
            FileOwner::Container(_) | FileOwner::Client => self.on_yarn_file(&answer),
            FileOwner::Outside => {}
        }
        Some(Actor::FileSystem)
    }

    fn timer_turn(&mut self) -> Option<Actor> {
        let now = self.tick;
        for executor in self.executors.iter_mut().filter(|executor| executor.process().acts_at(now)) {
            if executor.shuffle().next_timer().is_some_and(|at| at <= self.tick) {
                let executor = own_seldom(executor);
                executor.shuffle_mut().run_timers(self.tick);
                return Some(Actor::Network { task_manager: executor.id() });
            }
        }
        while let Some(next) = self.cursor.left.first().copied() {
            self.cursor.left.remove(0);
            let (task, place) = self.places[next as usize];
            if !self.executors[place.executor as usize].process().acts_at(now) {
                continue;
            }
            let flushed = self.with_task_if(
                place,
                |task, shuffle, now| task.next_timer(shuffle, now).is_some_and(|tick| tick <= now),
                StreamTask::run_timers,
            );
            if flushed == Some(true) {
                self.trace.fold(u64::from(task.0) << 8 | 1);
                self.send_reports(place);
                return Some(Actor::Timer { task });
            }
        }
        None
    }

    fn task_turns(&mut self, turns_max: u32) -> Option<(Actor, u32)> {
        while !self.cursor.left.is_empty() {
            let (chosen, mails) = if let Some(current) = self.cursor.current {
                current
            } else {
                let n = self.cursor.left.len() as u32;
                (self.choices.choose(n, Choice::TaskOrder), 0)
            };
            let (task, place) = self.places[self.cursor.left[chosen as usize] as usize];
            let burst = self.run_task(task, place, turns_max, MAILS_PER_TICK_MAX - mails);
            if burst.turns == 0 {
                self.cursor.left.remove(chosen as usize);
                self.cursor.current = None;
                continue;
            }
            self.cursor.current = Some((chosen, mails + burst.mails));
            let operator = self.executors[place.executor as usize].tasks()[place.place as usize]
                .chain()
                .map_or(0, OperatorChain::last_operator);
            return Some((Actor::Task { task, operator, took_record: burst.took_record }, burst.turns));
        }
        None
    }

    /// Runs turns of a task until it can do nothing, or says something that others must hear of.
    fn run_task(&mut self, id: TaskId, place: TaskPlace, turns_max: u32, mails_max: u32) -> Burst {
        let mut burst = Burst::default();
        let Self { executors, choices, tick, effects, trace, .. } = self;
        let executor = &mut executors[place.executor as usize];
        if !executor.process().acts_at(*tick) {
            return burst;
        }
        // Asking first spares an idle task the copy that touching it after a snapshot would cost.
        let work_at = executor.tasks()[place.place as usize].next_work_at(executor.shuffle(), *tick);
        if work_at.is_none_or(|at| at > *tick) || mails_max == 0 {
            return burst;
        }
        let (task, shuffle) = own_seldom(executor).task_and_shuffle(place.place);
        let mut env = TaskEnvironment { now: *tick, shuffle, choices, effects };
        while burst.turns < turns_max && burst.mails < mails_max {
            let work = if burst.took_record { task.turn_after_record(&mut env) } else { task.turn(&mut env) };
            if work == Work::Nothing {
                break;
            }
            trace.fold_turn(u64::from(id.0) << 8 | work as u64);
            burst.turns += 1;
            burst.mails += u32::from(work != Work::Record);
            burst.took_record = work == Work::Record;
            if !env.effects.is_empty() || task.has_reports() {
                break;
            }
        }
        self.take_effects();
        self.send_reports(place);
        burst
    }

    /// Sends what a task has to say to the JobMaster.
    fn send_reports(&mut self, place: TaskPlace) {
        let executor = &mut self.executors[place.executor as usize];
        if executor.has_reports(place.place) {
            let mut outbox = Outbox::default();
            let executor = own_seldom(executor);
            let address = Address::TaskExecutor(executor.id());
            executor.report(place.place, &mut outbox);
            self.post(address, &mut outbox);
        }
    }

    pub(super) fn with_task<R>(
        &mut self,
        place: TaskPlace,
        step: impl FnOnce(&mut StreamTask, &mut TaskEnvironment<'_>) -> R,
    ) -> R {
        self.with_task_if(place, |_, _, _| true, step).expect("the condition always holds")
    }

    /// Runs `step` on a task if `condition` holds.
    fn with_task_if<R>(
        &mut self,
        place: TaskPlace,
        condition: impl FnOnce(&StreamTask, &ShuffleEnvironment, u64) -> bool,
        step: impl FnOnce(&mut StreamTask, &mut TaskEnvironment<'_>) -> R,
    ) -> Option<R> {
        let Self { executors, choices, tick, effects, .. } = self;
        let executor = &mut executors[place.executor as usize];
        if !condition(&executor.tasks()[place.place as usize], executor.shuffle(), *tick) {
            return None;
        }
        let (task, shuffle) = own_seldom(executor).task_and_shuffle(place.place);
        let answer = step(task, &mut TaskEnvironment { now: *tick, shuffle, choices, effects });
        Some(answer)
    }

    fn take_effects(&mut self) {
        for (task, effect) in self.effects.drain(..) {
            let (trace, output, tick) = (&mut self.trace, &mut self.output, self.tick);
            let mut put = |stream: Rc<str>, text: String| {
                trace.fold_bytes(text.as_bytes());
                output.push(OutputLine { stream, text: text.into(), tick, task });
            };
            match effect {
                Effect::Print { to_stderr: false, line } => put("stdout".into(), line),
                Effect::Print { to_stderr: true, line } => put("stderr".into(), line),
                Effect::Collect { table, value } => put(table, value.to_string()),
                Effect::Commit { table, transaction, checkpoint, rows } => {
                    if self.transactions.commit(&table, transaction, checkpoint) {
                        rows.iter().for_each(|row| put(Rc::clone(&table), row.to_string()));
                    }
                }
            }
        }
    }

    fn log_message(
        &mut self,
        from: TaskManagerId,
        to: TaskManagerId,
        sent_at: u64,
        message: &NetworkMessage,
    ) {
        message_log::fold(message, &mut self.trace);
        self.messages.push(Crossing::new((from, to), (sent_at, self.tick), message));
    }
}
