//! Worlds that are broken on purpose: the checker of time says so, each time in other words.

use std::rc::Rc;

use super::Times;
use crate::base::ids::TaskId;
use crate::graph::api::StreamExecutionEnvironment;
use crate::graph::compiled::compile;
use crate::graph::operator_spec::{Field, KeySelector};
use crate::graph::windowing::{TimeDomain, WindowAssigner};
use crate::operator::context::OperatorContext;
use crate::operator::native::NativeFunctions;
use crate::scenario::Scenario;
use crate::sim::world::{Fixed, World};
use crate::task::chain::OperatorChain;
use crate::time::event_log::TimeFact;
use crate::time::timers::InternalTimerService;

/// `numbers → keyBy(itself) → windows of 20 ms of the clock → sum → print`.
fn world() -> World {
    let env = StreamExecutionEnvironment::get_execution_environment();
    let windows = WindowAssigner::tumbling(TimeDomain::ProcessingTime, 20, 0).expect("20 ms are fine");
    let numbers = env.from_sequence(1, 200).expect("a sequence");
    numbers.key_by(KeySelector::Identity).window(windows).sum(Field::Position(0)).print(None);
    let job = compile(&env.job().expect("a job")).expect("it compiles");
    let functions = Rc::new(NativeFunctions::default());
    World::new(Fixed::of(&job, functions, Scenario::small(3)).expect("it can run"))
}

/// Runs to the end and breaks the operator with windows at the start of each tick. Answers what the checker says.
fn run(harm: impl Fn(&mut OperatorContext)) -> Result<(), String> {
    run_chain(|chain| harm(chain.context_mut(0)))
}

/// The same with the chain of the operator.
fn run_chain(mut harm: impl FnMut(&mut OperatorChain)) -> Result<(), String> {
    let (mut world, mut checker) = (world(), Times::default());
    while let Some(next) = world.next_event_at() {
        assert!(world.tick() < 100_000, "it does not end");
        if next > world.tick() {
            world.jump(next);
        }
        if let Some(place) = world.place_of(TaskId(1)) {
            world.with_task(place, |task, _| task.chain_mut().map(&mut harm));
        }
        checker.check(&world)?;
        world.finish_tick();
    }
    Ok(())
}

#[test]
fn windows_that_nobody_breaks_hold() {
    run(|_| ()).expect("nothing is broken");
}

#[test]
fn watermarks_on_an_output_must_rise() {
    let mut told = 0;
    let fault = run_chain(|chain| {
        told -= 1;
        chain.pretend_told(told);
    });
    assert!(fault.expect_err("it falls").contains("the watermark fell from -1 (Active) to -2 (Active)"));
}

#[test]
fn a_window_must_not_fire_again() {
    let fault = run(|context| {
        let fired = context.time_log.last(usize::MAX).filter_map(|event| match &event.fact {
            fact @ TimeFact::Fired { .. } => Some(fact.clone()),
            _ => None,
        });
        if let Some(fact) = fired.last() {
            context.log_time(fact.clone());
            context.log_time(fact);
        }
    });
    assert!(fault.expect_err("it fires again").contains("fires again, and nothing was added to it"));
}

#[test]
fn a_window_of_the_clock_that_is_over_must_be_gone() {
    let fault = run(|context| context.timers = InternalTimerService::default()).expect_err("no clean-up");
    assert!(fault.contains(" is over at ") && fault.contains("has window-contents"), "{fault}");
}
