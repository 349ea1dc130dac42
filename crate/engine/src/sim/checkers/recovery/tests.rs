//! Jobs that never come back because something was forgotten: the checker says so, and not before its time.

use std::rc::Rc;

use super::{Recovery, bound};
use crate::base::ids::TaskId;
use crate::cluster::job_status::JobStatus;
use crate::cluster::process_fault::ProcessFault;
use crate::graph::api::StreamExecutionEnvironment;
use crate::graph::compiled::compile;
use crate::operator::native::NativeFunctions;
use crate::scenario::Scenario;
use crate::sim::command::Command;
use crate::sim::world::{Fixed, World};

/// A job that runs and restarts so many ms after a failure.
fn running(delay: &str) -> (World, Recovery) {
    let env = StreamExecutionEnvironment::get_execution_environment();
    env.configure([
        ("restart-strategy.type", "fixed-delay"),
        ("restart-strategy.fixed-delay.attempts", "3"),
        ("restart-strategy.fixed-delay.delay", delay),
    ])
    .expect("a strategy");
    env.from_sequence(1, 200).expect("a sequence").print(None);
    let job = compile(&env.job().expect("a job")).expect("it compiles");
    let fixed = Fixed::of(&job, Rc::new(NativeFunctions::default()), Scenario::small(1));
    let (mut world, mut recovery) = (World::new(fixed.expect("it can run")), Recovery::default());
    while world.tick() < 40 {
        world.finish_tick();
        recovery.check(&world).expect("nothing is broken");
    }
    assert_eq!(world.job_status(), JobStatus::Running);
    (world, recovery)
}

fn fail(world: &mut World, recovery: &mut Recovery) {
    world.command(Command::Process(ProcessFault::FailTask(TaskId(0))));
    while world.job_status() != JobStatus::Restarting || world.job_master().still_to_end().next().is_some() {
        world.finish_tick();
        recovery.check(world).expect("nothing is broken");
    }
}

#[test]
fn a_restart_that_is_forgotten_is_missed_after_the_time_of_the_configuration() {
    for delay in ["100 ms", "900 s"] {
        let (mut world, mut recovery) = running(delay);
        fail(&mut world, &mut recovery);
        while recovery.since + 3 > world.tick() {
            world.finish_tick();
            recovery.check(&world).expect("it waits");
        }
        world.job_master_mut().forget_restarts();
        let last = recovery.since + bound(&world);
        world.jump(last);
        recovery.check(&world).expect("it may be down so long");
        world.jump(last + 1);
        let fault = recovery.check(&world).expect_err("and no longer");
        assert!(fault.starts_with("the job is RESTARTING for"), "{fault}");
        assert!((delay == "900 s") == (bound(&world) > 900_000), "the delay of the strategy counts");
    }
}

#[test]
fn what_comes_back_in_time_is_not_missed() {
    let (mut world, mut recovery) = running("900 s");
    fail(&mut world, &mut recovery);
    while let Some(next) = world.next_event_at() {
        world.jump(next);
        recovery.check(&world).expect("it waits, and runs again");
        world.finish_tick();
        recovery.check(&world).expect("it waits, and runs again");
    }
    assert_eq!(world.job_status(), JobStatus::Finished);
    assert!(world.tick() > 900_000);
}

#[test]
fn a_job_says_of_what_it_failed() {
    let (mut world, mut recovery) = running("1 ms");
    for _ in 0..4 {
        fail_again(&mut world);
    }
    while world.job_status() != JobStatus::Failed {
        world.finish_tick();
    }
    recovery.check(&world).expect("it says so");
    world.job_master_mut().forget_failure();
    assert_eq!(recovery.check(&world), Err("the job failed, and nobody says of what".to_owned()));
}

fn fail_again(world: &mut World) {
    while world.task(TaskId(0)).is_none_or(|(task, _)| task.state().is_terminal()) {
        world.finish_tick();
    }
    world.command(Command::Process(ProcessFault::FailTask(TaskId(0))));
    for _ in 0..3 {
        world.finish_tick();
    }
}
