//! What the clock calls the operators of a chain back for, and what they put into the mailbox themselves.
//!
//! Contract: of callbacks that are due at once, earlier ones come first, then those of earlier operators. Flink:
//! `ProcessingTimeService`, `MailboxExecutor`.

use super::{ChainError, OperatorChain};
use crate::base::sort::sort_few_by_key;
use crate::operator::timers;
use crate::task::environment::TaskEnvironment;
use crate::time::processing_time::{Callback, ScheduledTimer};

impl OperatorChain {
    /// When the clock calls an operator of the chain back, in ms since 1970.
    pub fn next_callback(&self) -> Option<i64> {
        self.operators.iter().filter_map(|chained| chained.context.clock.next()).min()
    }

    /// Takes what operators put into the mailbox themselves, each with its operator's place.
    pub fn take_mails(&mut self, mut take: impl FnMut(u32, Callback)) {
        for (place, chained) in (0..).zip(&mut self.operators) {
            chained.context.mails.drain(..).for_each(|callback| take(place, callback));
        }
    }

    /// Whether an operator may put something into the mailbox itself.
    #[inline(always)]
    pub const fn may_post(&self) -> bool {
        self.may_be_full
    }

    /// Takes the callbacks that are due, each with its operator's place: earlier ones first.
    pub fn take_due_callbacks(&mut self, now: i64) -> Vec<(u32, ScheduledTimer)> {
        let mut due = Vec::new();
        for (place, chained) in (0..).zip(&mut self.operators) {
            while let Some(timer) = chained.context.clock.take_due(now) {
                due.push((place, timer));
            }
        }
        sort_few_by_key(&mut due, |(_, timer)| timer.fires_at);
        due
    }

    /// The clock calls an operator back. Its timers fire; anything else is its own business.
    pub fn on_callback(
        &mut self,
        place: u32,
        timer: ScheduledTimer,
        env: &mut TaskEnvironment<'_>,
    ) -> Result<(), ChainError> {
        self.last_operator = place;
        self.run(place, env, |operator, context| match timer.callback {
            Callback::Timers => timers::on_processing_time(operator, timer.timestamp, context),
            callback => operator.on_clock(callback, context),
        })
    }
}
