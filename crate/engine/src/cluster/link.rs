//! The connection from one TaskManager to another: messages that take their time.
//!
//! Contract: first in, first out, whatever happens to the link; a message takes the latency, and the bandwidth
//! limits how many bytes set off in a tick. On a link that is cut nothing moves: what is on the wire stands where
//! it is, and what is sent waits at its beginning; restored, all of it goes on. A reset loses what is in flight.
//! Flink: a Netty channel of the `ConnectionManager`, shared by all channels between the two. (Flink opens one
//! TCP connection for each side that consumes; here both sides share one, a link each way.)

use std::collections::VecDeque;
use std::rc::Rc;

use crate::base::ids::TaskManagerId;
use crate::base::limits::LINK_LATENCY_TICKS_MAX;
use crate::network::message::NetworkMessage;

/// A message on its way.
#[derive(Clone, Debug)]
pub struct InFlight {
    pub sent_at: u64,
    pub arrives_at: u64,
    /// Since when it stands still, on a link that is cut.
    pub stopped_at: Option<u64>,
    pub message: Rc<NetworkMessage>,
}

/// How fast a link is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LinkSpeed {
    /// Ticks that a message takes.
    pub latency_ticks: u32,
    /// Bytes that set off in a tick.
    pub bytes_per_tick: u32,
}

impl LinkSpeed {
    /// What is wrong with it, in a sentence.
    pub fn check(self) -> Result<(), String> {
        if !(1..=LINK_LATENCY_TICKS_MAX).contains(&self.latency_ticks) {
            return Err(format!(
                "The latency of a link in ticks must be a number from 1 to {LINK_LATENCY_TICKS_MAX}, and is {}.",
                self.latency_ticks
            ));
        }
        if self.bytes_per_tick == 0 {
            return Err(format!(
                "The bandwidth of a link in bytes a tick must be a number from 1 to {}, and is 0.",
                u32::MAX
            ));
        }
        Ok(())
    }
}

/// How a link is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkState {
    /// As the scenario made it.
    Up,
    /// Nothing leaves, nothing arrives.
    Cut,
    /// At another speed than the scenario gave it.
    Slow,
}

/// See the module.
#[derive(Clone, Debug)]
pub struct Link {
    pub from: TaskManagerId,
    pub to: TaskManagerId,
    /// What a repair gives back.
    usual: LinkSpeed,
    speed: LinkSpeed,
    is_cut: bool,
    /// Since when, because of the cut, something that was sent has no answer.
    unanswered_since: Option<u64>,
    /// Whether a message has arrived since the connection was made.
    has_delivered: bool,
    /// Bytes that set off in the tick `budget_tick`.
    sent_bytes: u32,
    budget_tick: u64,
    in_flight: VecDeque<InFlight>,
}

impl Link {
    /// An idle link.
    pub const fn new(from: TaskManagerId, to: TaskManagerId, usual: LinkSpeed) -> Self {
        Self {
            from,
            to,
            usual,
            speed: usual,
            is_cut: false,
            unanswered_since: None,
            has_delivered: false,
            sent_bytes: 0,
            budget_tick: 0,
            in_flight: VecDeque::new(),
        }
    }

    /// Messages on their way, oldest first.
    pub fn in_flight(&self) -> impl Iterator<Item = &InFlight> {
        self.in_flight.iter()
    }

    /// How it is.
    pub fn state(&self) -> LinkState {
        if self.is_cut {
            LinkState::Cut
        } else if self.speed == self.usual {
            LinkState::Up
        } else {
            LinkState::Slow
        }
    }

    /// How fast it is now.
    pub const fn speed(&self) -> LinkSpeed {
        self.speed
    }

    /// Whether nothing leaves and nothing arrives.
    pub const fn is_cut(&self) -> bool {
        self.is_cut
    }

    /// Since when, because it is cut, something that was sent over it or back has no answer.
    pub const fn unanswered_since(&self) -> Option<u64> {
        self.unanswered_since
    }

    /// Whether a message has arrived since the connection was made: before, it is still being made.
    pub const fn has_delivered(&self) -> bool {
        self.has_delivered
    }

    /// When a buffer may set off, from tick `now` on; `None` on a link that is cut. The last one may exceed the
    /// bandwidth, and what it exceeds it by is taken from the next ticks.
    pub fn next_departure(&self, now: u64) -> Option<u64> {
        let paid_back = self.budget_tick + u64::from(self.sent_bytes / self.speed.bytes_per_tick);
        (!self.is_cut).then(|| paid_back.max(now))
    }

    /// Sends a message.
    pub fn send(&mut self, message: NetworkMessage, now: u64) {
        let regained = (now - self.budget_tick) * u64::from(self.speed.bytes_per_tick);
        self.sent_bytes = u64::from(self.sent_bytes).saturating_sub(regained) as u32;
        self.budget_tick = now;
        self.sent_bytes = self.sent_bytes.saturating_add(message.wire_bytes());
        // On a link that was slow and is not any more, nothing overtakes what set off before.
        let arrives_at = self.after_the_last(now + u64::from(self.speed.latency_ticks));
        let stopped_at = self.is_cut.then_some(now);
        self.in_flight.push_back(InFlight {
            sent_at: now,
            arrives_at,
            stopped_at,
            message: Rc::new(message),
        });
    }

    /// When the next message arrives.
    pub fn next_arrival(&self) -> Option<u64> {
        self.in_flight.front().filter(|_| !self.is_cut).map(|message| message.arrives_at)
    }

    /// Takes a message that has arrived by `now`.
    pub fn deliver(&mut self, now: u64) -> Option<Rc<NetworkMessage>> {
        if self.next_arrival()? > now {
            return None;
        }
        self.has_delivered = true;
        self.in_flight.pop_front().map(|message| message.message)
    }

    /// From tick `now` on nothing moves.
    pub fn cut(&mut self, now: u64) {
        if !self.is_cut {
            self.is_cut = true;
            for in_flight in &mut self.in_flight {
                in_flight.stopped_at = Some(now);
            }
        }
    }

    /// From now on it has another speed. What is on its way keeps its own.
    pub const fn set_speed(&mut self, speed: LinkSpeed) {
        self.speed = speed;
    }

    /// From tick `now` on it is as the scenario made it, and what stood still goes on.
    pub fn restore(&mut self, now: u64) {
        self.is_cut = false;
        self.unanswered_since = None;
        self.speed = self.usual;
        let mut last_arrival = 0;
        for in_flight in &mut self.in_flight {
            if let Some(stopped_at) = in_flight.stopped_at.take() {
                in_flight.sent_at += now - stopped_at;
                in_flight.arrives_at += now - stopped_at;
            }
            in_flight.arrives_at = in_flight.arrives_at.max(last_arrival);
            last_arrival = in_flight.arrives_at;
        }
    }

    /// What was sent over it or back will have no answer while it is cut.
    pub fn note_unanswered(&mut self, now: u64) {
        assert!(self.is_cut, "on a link that is well everything is answered");
        self.unanswered_since.get_or_insert(now);
    }

    /// The connection is gone, and with it all that is in flight; the next message makes another one.
    pub fn reset(&mut self) {
        self.in_flight.clear();
        self.unanswered_since = None;
        self.has_delivered = false;
    }

    /// What a broken network would do, and TCP does not.
    #[cfg(test)]
    pub const fn in_flight_mut(&mut self) -> &mut VecDeque<InFlight> {
        &mut self.in_flight
    }

    fn after_the_last(&self, arrives_at: u64) -> u64 {
        self.in_flight.back().map_or(arrives_at, |last| arrives_at.max(last.arrives_at))
    }
}

impl InFlight {
    /// How much of its way it has behind it at tick `now`, in per mille.
    pub fn progress(&self, now: u64) -> u32 {
        let gone = self.stopped_at.unwrap_or(now).min(self.arrives_at) - self.sent_at;
        let all = self.arrives_at - self.sent_at;
        (gone * 1000 / all.max(1)) as u32
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::ids::ChannelId;

    const SPEED: LinkSpeed = LinkSpeed { latency_ticks: 3, bytes_per_tick: 20 };

    fn link() -> Link {
        Link::new(TaskManagerId(0), TaskManagerId(1), SPEED)
    }

    fn message(credit: u32) -> NetworkMessage {
        NetworkMessage::AddCredit { receiver: ChannelId(1), credit }
    }

    /// What arrives in each tick from `ticks`, told apart by its credit.
    fn arrivals(link: &mut Link, ticks: std::ops::Range<u64>) -> Vec<(u64, u32)> {
        let mut arrived = Vec::new();
        for tick in ticks {
            while let Some(message) = link.deliver(tick) {
                let NetworkMessage::AddCredit { credit, .. } = *message else {
                    panic!("only credits are sent")
                };
                arrived.push((tick, credit));
            }
        }
        arrived
    }

    #[test]
    fn bandwidth_is_paid_back_over_time() {
        let mut link = link();
        assert_eq!(message(1).wire_bytes(), 29);
        assert_eq!(link.next_departure(10), Some(10));
        link.send(message(1), 10);
        assert_eq!(link.next_departure(10), Some(11));
        link.send(message(2), 11);
        assert_eq!(link.next_departure(11), Some(12), "9 bytes of the first and 29 of the second are 38");
        assert_eq!(arrivals(&mut link, 0..20), [(13, 1), (14, 2)]);
    }

    #[test]
    fn on_a_cut_link_everything_waits_and_then_goes_on() {
        let mut link = link();
        link.send(message(1), 10);
        link.cut(12);
        link.send(message(2), 15);
        assert_eq!((link.next_departure(15), link.next_arrival()), (None, None));
        assert_eq!(arrivals(&mut link, 0..100), []);
        let progress: Vec<u32> = link.in_flight().map(|in_flight| in_flight.progress(90)).collect();
        assert_eq!(progress, [666, 0]);
        link.restore(100);
        assert_eq!(arrivals(&mut link, 100..200), [(101, 1), (103, 2)]);
    }

    #[test]
    fn nothing_overtakes_on_a_link_that_changes_its_speed() {
        let mut link = link();
        link.set_speed(LinkSpeed { latency_ticks: 50, bytes_per_tick: 1 });
        link.send(message(1), 0);
        assert_eq!((link.state(), link.next_departure(0)), (LinkState::Slow, Some(29)));
        link.restore(10);
        link.send(message(2), 10);
        link.cut(20);
        link.send(message(3), 30);
        link.restore(40);
        assert_eq!(arrivals(&mut link, 0..200), [(70, 1), (70, 2), (70, 3)]);
    }

    #[test]
    fn a_reset_loses_what_is_in_flight() {
        let mut link = link();
        link.send(message(1), 0);
        assert_eq!(arrivals(&mut link, 0..4), [(3, 1)]);
        link.send(message(2), 4);
        link.cut(5);
        link.note_unanswered(6);
        link.note_unanswered(9);
        assert_eq!((link.unanswered_since(), link.has_delivered()), (Some(6), true));
        link.reset();
        assert_eq!((link.unanswered_since(), link.has_delivered(), link.is_cut()), (None, false, true));
        link.restore(10);
        link.send(message(3), 10);
        assert_eq!(arrivals(&mut link, 0..50), [(13, 3)]);
    }
}
