//! A network that does what TCP does not: messages are lost and doubled, and the readers notice.

use std::collections::VecDeque;

use super::*;
use crate::cluster::job_master::JobFailure;
use crate::cluster::job_status::JobStatus;
use crate::cluster::link::InFlight;
use crate::graph::api::StreamExecutionEnvironment;
use crate::graph::compiled::compile;
use crate::graph::error::ApiError;
use crate::network::message::NetworkMessage;
use crate::operator::native::NativeFunctions;
use crate::scenario::Scenario;
use crate::sim::world::Fixed;

/// `fromSequence → map → rebalance → print`, p = 2 on two TaskManagers of one slot, in buffers of 64 bytes.
fn world() -> Result<World, ApiError> {
    let mut functions = NativeFunctions::default();
    let same = functions.map(Clone::clone);
    let env = StreamExecutionEnvironment::get_execution_environment();
    env.set_parallelism(2)?;
    env.set_buffer_timeout(2)?;
    env.from_sequence(1, 400)?.rebalance()?.map(same).print(None);
    let scenario =
        Scenario { task_managers: 2, slots_per_task_manager: 1, segment_bytes: 64, ..Scenario::small(3) };
    let fixed = Fixed::of(&compile(&env.job()?)?, Rc::new(functions), scenario);
    Ok(World::new(fixed.expect("the job can run")))
}

/// Runs until a second buffer is on a link, breaks it there, and runs on. Answers why the job failed.
fn broken(break_it: impl Fn(&mut VecDeque<InFlight>, usize)) -> Result<String, ApiError> {
    let mut world = world()?;
    let is_buffer = |in_flight: &InFlight| {
        matches!(*in_flight.message, NetworkMessage::BufferResponse { sequence_number: 2.., .. })
    };
    let mut is_broken = false;
    for _ in 0..1000 {
        let buffer = |link: &Rc<Link>| link.in_flight().position(is_buffer);
        let found = world.links.iter().enumerate().find_map(|(link, it)| Some((link, buffer(it)?)));
        if let (false, Some((link, message))) = (is_broken, found) {
            break_it(Rc::make_mut(&mut world.links[link]).in_flight_mut(), message);
            is_broken = true;
        }
        world.finish_tick();
    }
    assert!(is_broken, "a buffer crossed a link");
    assert_eq!(world.job_status(), JobStatus::Failed);
    match world.job_master().failure() {
        Some(JobFailure::Task { failure, .. }) => Ok(failure.error.message.clone()),
        other => panic!("a task fails, not {other:?}"),
    }
}

#[test]
fn a_buffer_that_is_lost_fails_the_task_that_reads() -> Result<(), ApiError> {
    let message = broken(|in_flight, place| {
        in_flight.remove(place);
    })?;
    assert_eq!(
        message,
        "BufferReorderingException: Buffer re-ordering: expected buffer with sequence number 2, but received 3."
    );
    Ok(())
}

#[test]
fn a_buffer_that_comes_twice_fails_the_task_that_reads() -> Result<(), ApiError> {
    let message = broken(|in_flight, place| {
        let twin = in_flight[place].clone();
        in_flight.insert(place, twin);
    })?;
    assert_eq!(
        message,
        "BufferReorderingException: Buffer re-ordering: expected buffer with sequence number 3, but received 2."
    );
    Ok(())
}
