//! What the clock does to a task: flushers, callbacks, debloating, and the account of how its time is spent.

use super::{Mail, Stage, StreamTask};
use crate::network::shuffle::ShuffleEnvironment;
use crate::task::debloat::Debloat;
use crate::task::environment::TaskEnvironment;
use crate::task::pace::Speed;
use crate::task::state::ExecutionState;
use crate::task::time_shares::Spent;
use crate::time::clock::{processing_time, tick_at};

impl StreamTask {
    /// Runs the flushers whose time has come, and puts what the clock calls back for into the mailbox. Answers
    /// whether there was anything.
    pub fn run_timers(&mut self, env: &mut TaskEnvironment<'_>) -> bool {
        let Some(chain) = self.chain.as_mut().filter(|_| self.stage != Stage::Over) else { return false };
        let mut has_run = false;
        for writer in chain.outputs_mut().writers_mut() {
            has_run |= writer.run_flusher(env);
        }
        for (operator, timer) in chain.take_due_callbacks(processing_time(env.now)) {
            self.mailbox.push_back(Mail::Callback { operator, timer });
            has_run = true;
        }
        if let Some(debloat) = &mut self.debloat {
            has_run |= debloat.run(env.shuffle, env.now);
        }
        has_run |= self.run_checkpoint_timers(env);
        has_run
    }

    /// The tick at which a flusher has something to make visible, or the clock calls an operator back.
    pub fn next_timer(&self, shuffle: &ShuffleEnvironment, now: u64) -> Option<u64> {
        let chain = self.chain.as_ref().filter(|_| self.stage != Stage::Over)?;
        let callback = chain.next_callback().map(tick_at);
        let debloat = self.debloat.as_ref().map(Debloat::next_at);
        let flushes = chain.writers().iter().filter_map(|writer| writer.next_flush(shuffle, now));
        let checkpoint = self.next_checkpoint_timer(shuffle, now);
        flushes.chain(callback).chain(debloat).chain(checkpoint).min()
    }

    /// From now on the task works at another speed.
    pub const fn set_speed(&mut self, speed: Speed) {
        self.pace.set_speed(speed);
    }

    /// What it does while it does no work: it waits, for those that read what it writes or for what to read.
    pub fn waits_as(&self, shuffle: &ShuffleEnvironment) -> Spent {
        match (self.is_blocked(), self.can_write(shuffle)) {
            (true, _) => Spent::HardBackPressured,
            (false, false) => Spent::SoftBackPressured,
            (false, true) => Spent::Idle,
        }
    }

    /// Counts how tick `now` was spent.
    pub fn count_tick(&mut self, shuffle: &ShuffleEnvironment, now: u64) {
        if self.state == ExecutionState::Running {
            let otherwise = self.waits_as(shuffle);
            let is_paused = otherwise.is_back_pressured() || self.waits_for_alignment();
            self.blocked_ticks += u64::from(is_paused);
            self.time.count_tick(now, self.pace.busy_parts(now), otherwise);
            if let Some(debloat) = &mut self.debloat {
                debloat.count(shuffle, 1);
            }
        }
    }

    /// Counts the ticks from `now` to `until` that the clock jumps over. A slow task is busy meanwhile, a
    /// blocked one blocked.
    pub fn count_jump(&mut self, shuffle: &ShuffleEnvironment, now: u64, until: u64) {
        if self.state == ExecutionState::Running {
            if self.pace.busy_parts(now) > 0 {
                self.time.count_jump(self.pace.free_at().min(until), Spent::Busy);
            }
            let rest = self.waits_as(shuffle);
            let is_paused = rest.is_back_pressured() || self.waits_for_alignment();
            self.blocked_ticks += if is_paused { until - now } else { 0 };
            self.time.count_jump(until, rest);
            if let Some(debloat) = &mut self.debloat {
                debloat.count(shuffle, until - now);
            }
        }
    }
}
