//! What must hold at the start of every tick, whatever the job, the cluster and the order of turns.
//!
//! Contract: a world that does not hold stops the engine, which says the seed, the tick and what is wrong. Each
//! check is a function of the world alone, but for what must follow from the tick before. All of it is there in
//! builds with debug assertions only: in every test and in the soak.

mod channels;
mod checkpoints;
mod fencing;
mod owners;
mod queues;
mod recovery;
mod segments;
mod states;
mod time;

use std::rc::Rc;

pub(super) use fencing::StaleCall;

use channels::Flights;
use checkpoints::Checkpoints;
use recovery::Recovery;
use segments::Holdings;
use states::States;
use time::Times;

use super::world::World;
use crate::scheduler::plan::JobPlan;

/// What is wrong, in a sentence.
type Fault = String;

/// See the module. Keeps its memory from tick to tick.
#[derive(Clone, Default)]
pub(super) struct Checkers {
    checkpoints: Checkpoints,
    flights: Flights,
    holdings: Holdings,
    states: Option<States>,
    /// The execution graph that was checked last.
    plan: Option<Rc<JobPlan>>,
    recovery: Recovery,
    times: Times,
}

impl Checkers {
    /// A tick begins.
    pub fn check(&mut self, world: &World) {
        if let Err(fault) = self.find_fault(world) {
            panic!("seed {}, tick {}: {fault}", world.scenario().seed, world.tick());
        }
    }

    fn find_fault(&mut self, world: &World) -> Result<(), Fault> {
        // Of another execution graph nothing follows from the tick before.
        let plan = world.job_master().plan();
        if self.plan.as_ref().is_some_and(|before| !Rc::ptr_eq(before, plan)) {
            let mut checkpoints = std::mem::take(&mut self.checkpoints);
            checkpoints.forget_channels();
            *self = Self { checkpoints, recovery: self.recovery.clone(), ..Self::default() };
        }
        self.plan = Some(Rc::clone(plan));
        let states = States::of(world);
        if let Some(before) = self.states.as_ref().filter(|before| before.tick() <= world.tick()) {
            states.check_after(before, world)?;
        }
        self.states = Some(states);
        owners::check(world)?;
        self.recovery.check(world)?;
        self.times.check(world)?;
        self.flights.read(world);
        channels::check(world, &self.flights)?;
        queues::check(world)?;
        self.holdings.check(world)?;
        self.checkpoints.check(world)
    }
}
