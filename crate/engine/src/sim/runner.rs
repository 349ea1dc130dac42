//! Drives a world forwards: turns, ticks, jumps of the clock, the run's commands at their ticks.

use std::rc::Rc;

use super::command::Command;
use super::cursor::Actor;
use super::world::World;

/// A world and the commands that belong to its run.
#[derive(Clone)]
pub(super) struct Runner {
    pub world: World,
    /// With the tick at whose start each is applied.
    pub commands: Vec<(u64, Command)>,
}

impl Runner {
    /// Runs up to the start of tick `target`, or until nothing can happen any more. Calls `at_tick` at each
    /// start of a tick that it comes by.
    pub fn run_to(&mut self, target: u64, mut at_tick: impl FnMut(&World)) {
        if self.world.turn_number() > 0 && self.world.tick() < target {
            self.finish_tick();
            at_tick(&self.world);
        }
        while self.world.tick() < target {
            match self.next_event_at() {
                None => break,
                Some(tick) if tick >= target => self.world.jump(target),
                Some(tick) => {
                    if tick > self.world.tick() {
                        self.world.jump(tick);
                        at_tick(&self.world);
                    }
                    self.finish_tick();
                }
            }
            at_tick(&self.world);
        }
    }

    /// One turn; the clock jumps to it where it must. `None`: nothing can happen any more.
    pub fn step_turn(&mut self, mut at_tick: impl FnMut(&World)) -> Option<Actor> {
        loop {
            if self.world.turn_number() == 0 {
                let next = self.next_event_at()?;
                if next > self.world.tick() {
                    self.world.jump(next);
                    at_tick(&self.world);
                }
            }
            if let Some(actor) = self.turn() {
                return Some(actor);
            }
            at_tick(&self.world);
        }
    }

    /// One turn of the tick at hand. `None`: it is over.
    pub fn turn(&mut self) -> Option<Actor> {
        self.hand_over_commands();
        self.world.turn()
    }

    /// Between two ticks: the first tick in which something can happen.
    pub fn next_event_at(&self) -> Option<u64> {
        let tick = self.world.tick();
        let command = self.all_commands().map(|&(at, _)| at).filter(|&at| at >= tick).min();
        self.world.next_event_at().into_iter().chain(command).min()
    }

    fn finish_tick(&mut self) {
        self.hand_over_commands();
        self.world.finish_tick();
    }

    /// At the start of a tick: gives the world the commands that are due.
    fn hand_over_commands(&mut self) {
        if self.world.turn_number() > 0 || self.world.has_commands() {
            return;
        }
        let tick = self.world.tick();
        let fixed = Rc::clone(&self.world.fixed);
        for (_, command) in fixed.schedule.iter().chain(&self.commands).filter(|&&(at, _)| at == tick) {
            self.world.command(command.clone());
        }
    }

    /// The scenario's commands, as long as they can change anything, and those that were given.
    fn all_commands(&self) -> impl Iterator<Item = &(u64, Command)> {
        let is_over = self.world.job_status().is_globally_terminal();
        self.world.fixed.schedule.iter().filter(move |_| !is_over).chain(&self.commands)
    }
}
