//! Calls on their way from process to process: who takes them when, what becomes of them.

#[cfg(debug_assertions)]
use super::checkers::StaleCall;
use std::rc::Rc;

use super::cursor::Actor;
use super::world::World;
use crate::cluster::deployment::Application;
use crate::cluster::phase;
use crate::cluster::rpc::{Address, Call, Envelope, Outbox, unknown_call};
use crate::task::message::TaskFailure;
use crate::task::state::ExecutionState;
use crate::trace::{Fate, TraceEvent, TraceKind};

impl World {
    /// The client says something to the Dispatcher.
    pub(super) fn client_says(&mut self, call: Call) {
        let mut outbox = Outbox::default();
        outbox.send(Address::Dispatcher, call);
        self.post(Address::Client, &mut outbox);
    }

    /// A call is taken.
    pub(super) fn rpc_turn(&mut self) -> Option<Actor> {
        let Self { rpc, executors, job_managers, choices, tick, .. } = self;
        let takes = |it: &Envelope| Self::takes_call_at(executors, job_managers, it, *tick) == Some(*tick);
        let envelope = rpc.deliver(*tick, &takes, choices)?;
        #[cfg(debug_assertions)]
        let stale = StaleCall::find(self, &envelope);
        self.receive(&envelope);
        #[cfg(debug_assertions)]
        if let Some(Err(fault)) = stale.map(|stale| stale.check(self)) {
            panic!("seed {}, tick {}: {fault}", self.scenario().seed, self.tick);
        }
        Some(Actor::Rpc)
    }

    /// A call arrives.
    pub(super) fn receive(&mut self, envelope: &Rc<Envelope>) {
        if let Some(why) = self.reason_to_ignore(envelope) {
            self.log_call(Fate::Stale, envelope, why);
            return self.refuse(envelope);
        }
        let is_late = envelope.answers.is_some_and(|number| !self.rpc.close_in_time(number, self.tick));
        if is_late || self.rpc.is_outdated(envelope) {
            return self.log_call(Fate::Late, envelope, self.describe(envelope));
        }
        if self.process_of(envelope).is_some_and(|process| !process.is_alive()) {
            self.log_call(Fate::Lost, envelope, self.describe(envelope));
            return self.refuse(envelope);
        }
        let is_unknown = self.is_unknown(envelope);
        let fate = if is_unknown { Fate::Unknown } else { Fate::Taken };
        self.log_call(fate, envelope, self.describe(envelope));
        match (envelope.to, &envelope.call) {
            (_, Call::Acknowledge(_)) => {}
            (to, Call::Yarn(call)) => self.receive_on_yarn(envelope.from, to, call),
            (_, Call::DeregisterApplication(status)) => self.deregister(*status),
            (Address::Client | Address::Application | Address::TaskExecutor(_), _) => {
                self.take_call(envelope, is_unknown);
            }
            _ => self.as_job_manager(envelope.leader.job_manager, &mut |world| {
                world.take_call(envelope, is_unknown);
            }),
        }
    }

    /// A call could not be taken: its process is gone, or it is of a session that is over. Who made it hears of it, or
    /// finds out by its time.
    fn refuse(&mut self, envelope: &Envelope) {
        self.rpc.refuse(envelope.number, self.tick);
        if matches!(envelope.call, Call::SubmitJob) {
            self.rpc.close(envelope.number);
            return self.submit_later();
        }
        if let (Address::TaskExecutor(id), from) = (envelope.to, envelope.from)
            && !self.is_alive(id)
        {
            let mut outbox = Outbox::default();
            Self::bounce(from, id, &envelope.call, &mut outbox);
            self.answer(envelope.to, Some(envelope), &mut outbox);
        }
    }

    /// Who a call is for does what it does, and answers.
    fn take_call(&mut self, envelope: &Rc<Envelope>, is_unknown: bool) {
        let Envelope { from, to, call, .. } = envelope.as_ref();
        let is_duplicate = matches!(call, Call::SubmitJob) && self.knows_job();
        if matches!(call, Call::SubmitJob) && !is_duplicate && !self.accept_job() {
            return self.refuse(envelope);
        }
        let mut outbox = Outbox::default();
        match to {
            Address::Client => self.client.receive(*from, call),
            Address::Dispatcher if is_duplicate => outbox.send(*from, Call::DuplicateJobSubmission),
            Address::Dispatcher => {
                self.dispatcher.receive(*from, call, self.deployment().submitter(), &mut outbox);
                if matches!(call, Call::ApplicationDeregistered) {
                    self.leave();
                }
            }
            Address::Application => Application.receive(*from, call, &mut outbox),
            Address::ResourceManager => self.resource_manager.receive(*from, call, self.tick, &mut outbox),
            Address::JobMaster => {
                if let Call::TaskManagerLost { task_manager, .. } = call {
                    self.stop_watching(Address::JobMaster, *task_manager);
                }
                self.with_job_master(&mut outbox, &mut |job_master, turn| {
                    job_master.receive(*from, call, turn);
                });
            }
            Address::TaskExecutor(_) if is_unknown && matches!(call, Call::SubmitTask(_)) => {}
            Address::TaskExecutor(id) => self.executor_receive(id.0, *from, call, &mut outbox),
            Address::YarnResourceManager | Address::NodeManager(_) => unknown_call("YARN", call, *from),
        }
        match call {
            Call::UpdateTaskExecutionState { execution, state, .. } if is_unknown && !state.is_terminal() => {
                outbox.send(*from, Call::UnknownExecution(*execution));
            }
            Call::SubmitTask(task) if is_unknown => {
                let text = "TaskSubmissionException: No task slot allocated for the job.".to_owned();
                let (execution, failure) = (task.execution(), Some(TaskFailure::of_text(text)));
                let state = ExecutionState::Failed;
                outbox.send(*from, Call::UpdateTaskExecutionState { execution, state, failure });
            }
            _ => {}
        }
        let is_answered = !is_unknown && call.has_spoken_answer() || outbox.answers(envelope);
        self.answer(*to, Some(envelope), &mut outbox);
        if !is_answered
            && call.ask_timeout(0).is_some()
            && let Some(lost) = self.rpc.acknowledge(envelope, self.tick)
        {
            self.log_lost(&lost);
        }
    }

    /// A call arrived, and this became of it.
    pub(super) fn log_call(&mut self, fate: Fate, envelope: &Envelope, text: String) {
        let has_effect = matches!(fate, Fate::Taken | Fate::Lost);
        self.trace.log(TraceEvent {
            tick: self.tick,
            kind: if has_effect { TraceKind::Rpc } else { TraceKind::Ignored },
            from: envelope.from.to_string().into(),
            to: envelope.to.to_string().into(),
            text: text.into(),
            sent_at: envelope.sent_at,
            phase: self.phase(phase::of_call(&envelope.call, self.job_status())),
            fate,
        });
    }
}
