//! The way from process to process: calls that are on it, and who waits for an answer.
//!
//! Contract: a call arrives a fixed number of ticks after it was sent, unless it is one that the scenario loses or
//! delays; which of two that arrive in a tick comes first is a choice, but for those of one process to another, which
//! stay in order. Flink: `RpcService`, `pekko.remote`.

use std::rc::Rc;

use super::ask::{Ask, RpcFault};
use super::fencing::Leader;
use super::rpc::{Address, Call, Envelope};
use crate::base::choice::{Choice, Choices};
use crate::base::ordered::SortedMap;

/// See the module.
#[derive(Clone, Debug)]
pub struct RpcNetwork {
    latency_ticks: u64,
    sent: u64,
    /// By arrival and by the order of sending.
    on_the_way: SortedMap<(u64, u64), Rc<Envelope>>,
    asks: Vec<Ask>,
    faults: Rc<Vec<RpcFault>>,
    /// Calls and answers that a fault could have met.
    counted: u64,
    /// The last requirements that were taken, by the number of their call.
    declared: u64,
    /// When something was lost, late or unanswered for the last time.
    disturbed_at: Option<u64>,
}

impl RpcNetwork {
    /// A network in which every call takes `latency_ticks`, and in which this goes wrong.
    pub fn new(latency_ticks: u32, faults: &[RpcFault]) -> Self {
        Self {
            latency_ticks: u64::from(latency_ticks),
            sent: 0,
            on_the_way: SortedMap::new(),
            asks: Vec::new(),
            faults: Rc::new(faults.to_vec()),
            counted: 0,
            declared: 0,
            disturbed_at: None,
        }
    }

    /// Sends a call, after so many tries, as a process in this one of its lives. Answers it if it is lost.
    pub fn send(&mut self, envelope: Envelope, life: u32, tries: u32) -> Option<Rc<Envelope>> {
        let envelope = Rc::new(Envelope { number: self.sent, ..envelope });
        self.sent += 1;
        if let Some(timeout) = envelope.call.ask_timeout(tries) {
            let deadline = envelope.sent_at + timeout;
            self.asks.push(Ask { envelope: Rc::clone(&envelope), life, next_try: tries + 1, deadline });
        }
        let arrival = envelope.sent_at + self.latency_ticks;
        let arrival = match self.next_fault(&envelope.call, envelope.sent_at) {
            Some(RpcFault { delay_ticks: None, .. }) => return Some(envelope),
            Some(RpcFault { delay_ticks: Some(more), .. }) => arrival + more,
            None => arrival,
        };
        self.on_the_way.insert((arrival, envelope.number), envelope);
        None
    }

    /// What goes wrong with what is sent next.
    fn next_fault(&mut self, call: &Call, now: u64) -> Option<RpcFault> {
        if call.is_local() {
            return None;
        }
        self.counted += 1;
        let fault = self.faults.iter().find(|fault| fault.number == self.counted).copied()?;
        self.note_disturbed(now);
        Some(fault)
    }

    /// A call was taken that has no answer in words: who asked knows, unless something goes wrong with that. Answers
    /// what is lost.
    pub fn acknowledge(&mut self, asked: &Rc<Envelope>, now: u64) -> Option<Rc<Envelope>> {
        let Some(fault) = self.next_fault(&asked.call, now) else {
            self.close(asked.number);
            return None;
        };
        let call = Call::Acknowledge(Rc::clone(asked));
        let (from, to, number) = (asked.to, asked.from, self.sent);
        let answers = Some(asked.number);
        let answer =
            Rc::new(Envelope { from, to, leader: asked.leader, sent_at: now, number, answers, call });
        self.sent += 1;
        let Some(more) = fault.delay_ticks else { return Some(answer) };
        self.on_the_way.insert((now + self.latency_ticks + more, number), answer);
        None
    }

    /// Whether a call declares requirements that newer ones have replaced; else they are the newest from now on.
    pub fn is_outdated(&mut self, envelope: &Envelope) -> bool {
        let is_declared = matches!(envelope.call, Call::DeclareRequiredResources { .. });
        if is_declared && envelope.number >= self.declared {
            self.declared = envelope.number;
        }
        is_declared && envelope.number < self.declared
    }

    /// An ask is over. Answers whether it was open.
    pub fn close(&mut self, number: u64) -> bool {
        let place = self.asks.iter().position(|ask| ask.envelope.number == number);
        place.map(|place| self.asks.swap_remove(place)).is_some()
    }

    /// Only these asks are still anybody's.
    pub fn keep_asks(&mut self, is_kept: &dyn Fn(&Ask) -> bool) {
        self.asks.retain(is_kept);
    }

    /// A call was refused: where it is made again, that is after this pause. Answers whether it is.
    pub fn refuse(&mut self, number: u64, now: u64) {
        if let Some(ask) = self.asks.iter_mut().find(|ask| ask.envelope.number == number) {
            ask.refuse(now);
        }
    }

    /// An ask has its answer. Answers whether that is still waited for.
    pub fn close_in_time(&mut self, number: u64, now: u64) -> bool {
        let is_over = |ask: &Ask| ask.envelope.number == number && ask.deadline < now;
        !self.asks.iter().any(is_over) && self.close(number)
    }

    /// The asks that wait for an answer.
    pub fn asks(&self) -> &[Ask] {
        &self.asks
    }

    /// Since when the oldest event of a coordinator in this session has no answer.
    pub fn unconfirmed_since(&self, leader: Leader) -> Option<u64> {
        let is_event = |ask: &&Ask| {
            matches!(ask.envelope.call, Call::AddSplit { .. } | Call::NoMoreSplits(_))
                && ask.envelope.leader == leader
        };
        self.asks.iter().filter(is_event).map(|ask| ask.envelope.sent_at).min()
    }

    /// Something was lost, late or unanswered.
    pub const fn note_disturbed(&mut self, now: u64) {
        self.disturbed_at = Some(now);
    }

    /// When something was, for the last time.
    pub const fn disturbed_at(&self) -> Option<u64> {
        self.disturbed_at
    }

    /// Calls and answers so far that a fault could have met.
    pub const fn counted(&self) -> u64 {
        self.counted
    }

    /// Whether anything is between the two: on its way, or without its answer.
    pub fn is_between(&self, a: Address, b: Address) -> bool {
        let is = |envelope: &Envelope| {
            (envelope.from, envelope.to) == (a, b) || (envelope.from, envelope.to) == (b, a)
        };
        self.on_the_way().any(is) || self.asks.iter().any(|ask| is(&ask.envelope))
    }

    /// When the next call is taken from tick `now` on; `takes_at`: when a process takes one that is there at a tick.
    pub fn next_arrival(&self, now: u64, takes_at: &dyn Fn(&Envelope, u64) -> Option<u64>) -> Option<u64> {
        let mut next = None;
        for (&(tick, _), envelope) in &self.on_the_way {
            if next.is_some_and(|next| next <= tick) {
                break;
            }
            let then = takes_at(envelope, tick.max(now));
            next = next.into_iter().chain(then).min();
        }
        next
    }

    /// Takes these calls off their way. Answers them.
    pub fn lose(&mut self, is_lost: &dyn Fn(&Envelope) -> bool) -> Vec<Rc<Envelope>> {
        let lost: Vec<Rc<Envelope>> = self.on_the_way.values().filter(|it| is_lost(it)).cloned().collect();
        self.on_the_way.retain(|_, it| !is_lost(it));
        lost
    }

    /// The calls on their way, those that arrive first first.
    pub fn on_the_way(&self) -> impl Iterator<Item = &Envelope> {
        self.on_the_way.values().map(Rc::as_ref)
    }

    /// The same, to change what they say.
    #[cfg(test)]
    pub fn on_the_way_mut(&mut self) -> impl Iterator<Item = &mut Envelope> {
        self.on_the_way.values_mut().map(Rc::make_mut)
    }

    /// How many calls are on their way.
    pub fn len(&self) -> usize {
        self.on_the_way.len()
    }

    /// Whether no call is on its way.
    pub fn is_empty(&self) -> bool {
        self.on_the_way.is_empty()
    }

    /// Takes a call that has arrived by `now` at a process that takes any.
    pub fn deliver(
        &mut self,
        now: u64,
        takes: &dyn Fn(&Envelope) -> bool,
        choices: &mut Choices,
    ) -> Option<Rc<Envelope>> {
        // The first call of each pair of processes is a candidate.
        let mut candidates: Vec<((u64, u64), Address, Address)> = Vec::new();
        for (&key, envelope) in self.on_the_way.range(..=(now, u64::MAX)) {
            let is_first =
                !candidates.iter().any(|&(_, from, to)| from == envelope.from && to == envelope.to);
            if is_first && takes(envelope) {
                candidates.push((key, envelope.from, envelope.to));
            }
        }
        if candidates.is_empty() {
            return None;
        }
        let chosen = choices.choose(candidates.len() as u32, Choice::RpcOrder);
        self.on_the_way.remove(&candidates[chosen as usize].0)
    }
}
