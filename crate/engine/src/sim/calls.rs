//! Calls on their way from process to process: who takes them when, what becomes of them.

#[cfg(debug_assertions)]
use super::checkers::StaleCall;
use super::cursor::Actor;
use super::world::World;
use crate::cluster::deployment::Application;
use crate::cluster::phase;
use crate::cluster::rpc::{Address, Call, Envelope, Outbox, unknown_call};
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
    pub(super) fn receive(&mut self, envelope: &Envelope) {
        if let Some(why) = self.reason_to_ignore(envelope) {
            self.log_call(Fate::Stale, envelope, why);
            return self.on_refused(envelope);
        }
        let Envelope { from, to, call, .. } = envelope;
        let is_gone = self.process_of(envelope).is_some_and(|process| !process.is_alive());
        self.log_call(if is_gone { Fate::Lost } else { Fate::Taken }, envelope, self.describe(envelope));
        let mut outbox = Outbox::default();
        match (to, call) {
            (Address::TaskExecutor(id), _) if is_gone => self.bounce(*from, *id, call),
            _ if is_gone => self.on_refused(envelope),
            (_, Call::Yarn(call)) => self.receive_on_yarn(*from, *to, call),
            (_, Call::TaskManagerLost { task_manager, .. }) => {
                self.stop_watching(Address::JobMaster, *task_manager);
                self.take_call(envelope, &mut outbox);
            }
            (_, Call::DeregisterApplication(status)) => self.deregister(*status),
            (Address::Client | Address::Application | Address::TaskExecutor(_), _) => {
                self.take_call(envelope, &mut outbox);
            }
            _ => {
                return self.as_job_manager(envelope.leader.job_manager, |world| {
                    world.take_call(envelope, &mut outbox);
                    world.post(*to, &mut outbox);
                });
            }
        }
        self.post(*to, &mut outbox);
    }

    /// A client that could not submit tries again.
    fn on_refused(&mut self, envelope: &Envelope) {
        if matches!(envelope.call, Call::SubmitJob) {
            self.submit_later();
        }
    }

    /// Who a call is for does what it does.
    fn take_call(&mut self, Envelope { from, to, call, .. }: &Envelope, outbox: &mut Outbox) {
        if matches!(call, Call::SubmitJob) && !self.accept_job() {
            return self.submit_later();
        }
        match to {
            Address::Client => self.client.receive(*from, call),
            Address::Dispatcher => {
                self.dispatcher.receive(*from, call, self.deployment().submitter(), outbox);
                if matches!(call, Call::ApplicationDeregistered) {
                    self.leave();
                }
            }
            Address::Application => Application.receive(*from, call, outbox),
            Address::ResourceManager => self.resource_manager.receive(*from, call, self.tick, outbox),
            Address::JobMaster => {
                self.with_job_master(outbox, |job_master, turn| job_master.receive(*from, call, turn));
            }
            Address::TaskExecutor(id) => self.executor_receive(id.0, *from, call, outbox),
            Address::YarnResourceManager | Address::NodeManager(_) => unknown_call("YARN", call, *from),
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
