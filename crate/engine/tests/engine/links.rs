//! Jobs whose links fail: what heals changes no result.

use std::rc::Rc;

use weir_engine::base::ids::TaskManagerId;
use weir_engine::cluster::job_master::JobFailure;
use weir_engine::cluster::job_status::JobStatus;
use weir_engine::cluster::link::{LinkSpeed, LinkState};
use weir_engine::cluster::link_fault::{LinkFault, Links};
use weir_engine::graph::api::StreamExecutionEnvironment;
use weir_engine::graph::compiled::compile;
use weir_engine::graph::error::ApiError;
use weir_engine::graph::operator_spec::{Field, KeySelector};
use weir_engine::operator::native::NativeFunctions;
use weir_engine::record::Value;
use weir_engine::scenario::{Scenario, ScheduledFault};
use weir_engine::sim::Sim;
use weir_engine::sim::command::Command;
use weir_engine::sim::history::StepUnit;
use weir_engine::sim::submission::SubmissionError;

/// Enough for any of these jobs.
const TICKS_MAX: u64 = 1_000_000;

/// `fromSequence(1, n) → map(x mod 7) → keyBy → sum → print`, p = 2 on two TaskManagers of one slot.
fn sums(n: i64, scenario: Scenario) -> Result<Result<Sim, SubmissionError>, ApiError> {
    let mut functions = NativeFunctions::default();
    let pair = functions.map(|value| match value {
        Value::Long(n) => Value::tuple([Value::Long(n % 7), Value::Long(*n)]),
        other => panic!("the sequence gives Longs, not {other}"),
    });
    let env = StreamExecutionEnvironment::get_execution_environment();
    env.set_parallelism(2)?;
    env.set_buffer_timeout(5)?;
    env.from_sequence(1, n)?.map(pair).key_by(KeySelector::Field(0)).sum(Field::Position(1)).print(None);
    Ok(Sim::submit(&compile(&env.job()?)?, Rc::new(functions), scenario))
}

fn scenario(faults: &[(u64, LinkFault)]) -> Scenario {
    let link_faults = faults.iter().map(|&(at_tick, fault)| ScheduledFault { at_tick, fault }).collect();
    Scenario { task_managers: 2, slots_per_task_manager: 1, link_faults, ..Scenario::small(7) }
}

fn run(n: i64, faults: &[(u64, LinkFault)]) -> Result<Sim, ApiError> {
    Ok(sums(n, scenario(faults))?.expect("the job can run"))
}

fn links(from: u32, to: u32, both_ways: bool) -> Links {
    Links { from: TaskManagerId(from), to: TaskManagerId(to), both_ways }
}

/// The greatest sum of each key, which is its last: the order in between is the network's.
fn last_sums(sim: &Sim) -> Vec<(String, i64)> {
    let mut sums = std::collections::BTreeMap::new();
    for line in sim.world().output().iter_from(0) {
        let pair = line.text.split_once("> ").map_or(&*line.text, |(_, pair)| pair);
        let (key, sum) = pair.trim_matches(['(', ')']).split_once(',').expect("a pair is printed");
        let sum: i64 = sum.parse().expect("a sum is a number");
        let greatest: &mut i64 = sums.entry(key.to_string()).or_default();
        *greatest = sum.max(*greatest);
    }
    sums.into_iter().collect()
}

#[test]
fn a_job_under_cuts_that_heal_gives_what_it_gives_without() -> Result<(), ApiError> {
    let mut without = run(300, &[])?;
    assert!(without.run_to_end(TICKS_MAX));
    assert_eq!(without.world().job_status(), JobStatus::Finished);
    for first_cut in [15, 40, 77, 120] {
        let faults = [
            (first_cut, LinkFault::Cut(links(0, 1, false))),
            (first_cut + 30, LinkFault::Restore(links(0, 1, false))),
            (first_cut + 40, LinkFault::Cut(links(1, 0, true))),
            (
                first_cut + 41,
                LinkFault::Slow(links(1, 0, true), LinkSpeed { latency_ticks: 9, bytes_per_tick: 50 }),
            ),
            (first_cut + 99, LinkFault::Restore(links(0, 1, true))),
        ];
        let mut with = run(300, &faults)?;
        assert!(with.run_to_end(TICKS_MAX));
        assert_eq!(with.world().job_status(), JobStatus::Finished, "cut at {first_cut}");
        assert_eq!(with.world().output().len(), 300);
        assert_eq!(last_sums(&with), last_sums(&without), "cut at {first_cut}");
        assert_ne!(with.world().trace().hash(), without.world().trace().hash(), "the cut was there");
    }
    Ok(())
}

#[test]
fn nothing_moves_on_a_link_that_is_cut() -> Result<(), ApiError> {
    let mut sim = run(2000, &[])?;
    sim.advance(60);
    sim.command(Command::Link(LinkFault::Cut(links(0, 1, false))));
    sim.advance(1);
    let on_the_wire = |sim: &Sim, from, to| {
        let link = sim.world().link(TaskManagerId(from), TaskManagerId(to)).expect("there are two");
        let places: Vec<u32> =
            link.in_flight().map(|in_flight| in_flight.progress(sim.world().tick())).collect();
        (link.state(), places)
    };
    let (state, places) = on_the_wire(&sim, 0, 1);
    assert_eq!(state, LinkState::Cut);
    assert!(!places.is_empty(), "the cut caught something");
    sim.advance(500);
    let (_, later) = on_the_wire(&sim, 0, 1);
    assert_eq!(later[..places.len()], places[..]);
    assert_eq!(on_the_wire(&sim, 1, 0).0, LinkState::Up);

    let printed = sim.world().output().len();
    sim.command(Command::Link(LinkFault::Restore(links(0, 1, false))));
    sim.advance(50);
    assert!(sim.world().output().len() > printed, "it goes on");
    assert_eq!(on_the_wire(&sim, 0, 1).0, LinkState::Up);
    Ok(())
}

#[test]
fn a_step_back_over_a_fault_takes_it_back() -> Result<(), ApiError> {
    let fault = (70, LinkFault::Cut(links(0, 1, true)));
    let mut sim = run(2000, &[fault, (130, LinkFault::Restore(links(1, 0, true)))])?;
    let is_cut = |sim: &Sim| sim.world().links().iter().filter(|link| link.is_cut()).count();
    let mut hashes = Vec::new();
    for _ in 0..200 {
        hashes.push((sim.world().trace().hash(), is_cut(&sim)));
        sim.advance(1);
    }
    assert_eq!((hashes[70].1, hashes[71].1, hashes[130].1, hashes[131].1), (0, 2, 2, 0));
    while sim.world().tick() > 0 {
        assert!(sim.step_back(StepUnit::Tick));
        let tick = sim.world().tick() as usize;
        assert_eq!((sim.world().trace().hash(), is_cut(&sim)), hashes[tick], "at tick {tick}");
    }
    sim.seek(131, 0);
    assert_eq!((sim.world().trace().hash(), is_cut(&sim)), hashes[131]);

    // The first turn of the tick is the fault: back before it, nothing is cut.
    sim.seek(70, 1);
    assert_eq!(is_cut(&sim), 2);
    assert!(sim.step_back(StepUnit::Turn));
    assert_eq!(is_cut(&sim), 0);
    Ok(())
}

#[test]
fn a_fault_between_task_managers_that_are_not_there_is_refused() -> Result<(), ApiError> {
    let refused = sums(1, scenario(&[(1, LinkFault::Cut(links(0, 2, false)))]))?;
    let Err(SubmissionError::Scenario(message)) = refused else { panic!("the cluster has two TaskManagers") };
    assert_eq!(message, "There is no TaskManager 3: the cluster has 2, counted from 1.");
    Ok(())
}

#[test]
fn a_scheduled_fault_is_a_command() -> Result<(), ApiError> {
    let faults = [(20, LinkFault::Cut(links(0, 1, true))), (28, LinkFault::Restore(links(0, 1, true)))];
    let mut scheduled = run(40, &faults)?;
    let mut commanded = run(40, &[])?;
    for (tick, fault) in faults {
        commanded.seek(tick, 0);
        commanded.command(Command::Link(fault));
    }
    let mut repeated = run(40, &[])?;
    for (tick, fault) in faults {
        repeated.command_at(tick, Command::Link(fault));
    }
    for sim in [&mut scheduled, &mut commanded, &mut repeated] {
        assert!(sim.run_to_end(TICKS_MAX));
    }
    assert_eq!(scheduled.world().trace().hash(), commanded.world().trace().hash());
    assert_eq!(scheduled.world().trace().hash(), repeated.world().trace().hash());
    Ok(())
}

fn reset() -> LinkFault {
    LinkFault::Reset { a: TaskManagerId(0), b: TaskManagerId(1) }
}

/// Why the job failed; which of the two sides is first to notice is open.
fn failure(sim: &Sim) -> String {
    match sim.world().job_master().failure() {
        Some(JobFailure::Task { failure, .. }) => {
            failure.error.message.replace("TaskManager 1", "TaskManager 2")
        }
        other => panic!("a task fails, not {other:?}"),
    }
}

/// A job that failed has ended, and nothing of it is left.
fn check_failed(sim: &Sim) {
    let world = sim.world();
    assert_eq!(world.job_status(), JobStatus::Failed);
    assert!(world.job_master().executions().iter().all(|execution| execution.state.is_terminal()));
    for executor in world.executors() {
        let pool = executor.shuffle().network_pool();
        assert_eq!(pool.free(), pool.total(), "all segments of {} are back", executor.id());
    }
}

#[test]
fn a_connection_that_is_reset_fails_the_job() -> Result<(), ApiError> {
    for tick in (2..170).step_by(7) {
        let mut sim = run(300, &[(tick, reset())])?;
        assert!(sim.run_to_end(TICKS_MAX));
        if tick < 9 {
            assert_eq!(
                sim.world().job_status(),
                JobStatus::Finished,
                "nobody used the connection at tick {tick}"
            );
            continue;
        }
        check_failed(&sim);
        assert_eq!(
            failure(&sim),
            "RemoteTransportException: Lost connection to task manager 'TaskManager 2'. This indicates that the \
             remote task manager was lost.",
            "reset at tick {tick}"
        );
        let mut again = run(300, &[(tick, reset())])?;
        assert!(again.run_to_end(TICKS_MAX));
        assert_eq!(again.world().trace().hash(), sim.world().trace().hash());
    }
    Ok(())
}

#[test]
fn a_reset_after_the_end_fails_nothing() -> Result<(), ApiError> {
    let mut sim = run(20, &[])?;
    assert!(sim.run_to_end(TICKS_MAX));
    let at = sim.command(Command::Link(reset()));
    sim.advance(100);
    assert_eq!(sim.world().job_status(), JobStatus::Finished);
    assert!(sim.world().tick() > at && sim.is_over());
    Ok(())
}

#[test]
fn a_cut_that_lasts_too_long_fails_the_connection() -> Result<(), ApiError> {
    for (cut, from, to) in [(40, 0, 1), (40, 1, 0), (90, 0, 1), (90, 1, 0)] {
        let faults = |restore: u64| {
            [(cut, LinkFault::Cut(links(from, to, false))), (restore, LinkFault::Restore(links(0, 1, true)))]
        };
        let timed =
            |faults: &[(u64, LinkFault)]| Scenario { connection_timeout_ticks: 200, ..scenario(faults) };
        let mut sim = sums(300, timed(&faults(cut + 400)))?.expect("the job can run");
        assert!(sim.run_to_end(TICKS_MAX));
        check_failed(&sim);
        let expected = "LocalTransportException: Connection timed out (connection to 'TaskManager 2').";
        assert_eq!(failure(&sim), expected, "cut at tick {cut}");
        let last = sim.world().tick();
        assert!((cut + 200..cut + 300).contains(&last), "cut at tick {cut}, over at tick {last}");

        let mut healed = sums(300, timed(&faults(cut + 190)))?.expect("the job can run");
        assert!(healed.run_to_end(TICKS_MAX));
        assert_eq!(healed.world().job_status(), JobStatus::Finished, "cut at tick {cut}");
    }
    Ok(())
}

#[test]
fn a_connection_over_a_cut_link_is_not_made() -> Result<(), ApiError> {
    let faults = [(1, LinkFault::Cut(links(0, 1, true)))];
    let mut sim =
        sums(300, Scenario { connection_timeout_ticks: 500, ..scenario(&faults) })?.expect("the job can run");
    assert!(sim.run_to_end(TICKS_MAX));
    check_failed(&sim);
    assert_eq!(
        failure(&sim),
        "PartitionConnectionException: Connection for partition 1 not reachable. Caused by: IOException: Could not \
         create Netty client. Caused by: RemoteTransportException: Connecting to remote task manager 'TaskManager 2' \
         has failed. This might indicate that the remote task manager has been lost."
    );
    Ok(())
}

#[test]
fn a_step_back_over_a_reset_takes_it_back() -> Result<(), ApiError> {
    let mut sim = run(300, &[(75, reset())])?;
    sim.seek(75, 0);
    let before = sim.world().trace().hash();
    assert!(sim.run_to_end(TICKS_MAX));
    check_failed(&sim);
    let end = (sim.world().tick(), sim.world().trace().hash());
    sim.seek(75, 1);
    assert!(sim.step_back(StepUnit::Turn));
    assert_eq!((sim.world().tick(), sim.world().trace().hash()), (75, before));
    assert!(
        sim.world().links().iter().any(|link| link.in_flight().next().is_some()),
        "it is on the wire again"
    );
    assert!(sim.run_to_end(TICKS_MAX));
    assert_eq!((sim.world().tick(), sim.world().trace().hash()), end);
    Ok(())
}
