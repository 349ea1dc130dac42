//! What failed starts again, as much of it as must, when it may; and what it has to give comes out all the same.

use std::collections::BTreeSet;
use std::rc::Rc;

use weir_engine::base::ids::{TaskId, TaskManagerId};
use weir_engine::cluster::job_status::JobStatus;
use weir_engine::cluster::link_fault::LinkFault;
use weir_engine::cluster::process_fault::ProcessFault;
use weir_engine::graph::api::{SingleOutputStreamOperator, StreamExecutionEnvironment};
use weir_engine::graph::compiled::compile;
use weir_engine::graph::error::ApiError;
use weir_engine::graph::operator_spec::{Field, KeySelector};
use weir_engine::graph::transformation::RuntimeExecutionMode;
use weir_engine::inspect::sentence::sentence;
use weir_engine::operator::function::UserError;
use weir_engine::operator::native::NativeFunctions;
use weir_engine::record::Value;
use weir_engine::scenario::{Scenario, ScheduledFault};
use weir_engine::sim::Sim;
use weir_engine::sim::command::Command;
use weir_engine::task::state::ExecutionState;
use weir_engine::time::clock::processing_time;

/// Enough for any of these jobs.
const TICKS_MAX: u64 = 1_000_000;

/// When a function throws: in which attempts, from which tick on, for which numbers.
#[derive(Clone, Copy)]
struct Throws {
    attempts: u32,
    from_tick: u64,
    number: Option<i64>,
}

/// What goes wrong with links, and with processes.
type Faults = (Vec<ScheduledFault>, Vec<(u64, ProcessFault)>);

/// Options of a job: fixed delay of 20 ms, so many restarts.
fn fixed_delay(attempts: &str) -> Vec<(&'static str, &str)> {
    vec![
        ("restart-strategy.type", "fixed-delay"),
        ("restart-strategy.fixed-delay.attempts", attempts),
        ("restart-strategy.fixed-delay.delay", "20 ms"),
    ]
}

/// Runs `fromSequence(1, 12) → map(which may throw) → REST` with parallelism 2 on two TaskManagers of one slot.
fn job(
    mode: RuntimeExecutionMode,
    options: Vec<(&str, &str)>,
    throws: Throws,
    faults: Faults,
    rest: impl FnOnce(&SingleOutputStreamOperator),
) -> Result<Sim, ApiError> {
    let mut functions = NativeFunctions::default();
    let same = functions.add_with_method(move |_, args, context| {
        let attempt = context.subtask.as_ref().map_or(0, |subtask| subtask.attempt);
        let is_number = throws.number.is_none_or(|number| args.first() == Some(&Value::Long(number)));
        if is_number && attempt < throws.attempts && context.now >= processing_time(throws.from_tick) {
            return Err(UserError::new(format!("attempt {attempt} must fail")));
        }
        Ok(args.first().cloned().unwrap_or(Value::Null))
    });
    let env = StreamExecutionEnvironment::get_execution_environment();
    env.set_parallelism(2)?;
    env.set_runtime_mode(mode);
    env.configure(options)?;
    rest(&env.from_sequence(1, 12)?.map(same));
    let (link_faults, process_faults) = faults;
    let cluster = Scenario { task_managers: 2, slots_per_task_manager: 1, ..Scenario::small(7) };
    let scenario = Scenario { link_faults, process_faults, ..cluster };
    Ok(Sim::submit(&compile(&env.job()?)?, Rc::new(functions), scenario).expect("the job can run"))
}

/// `→ keyBy → sum → print`, each number a key of its own.
fn keyed(stream: &SingleOutputStreamOperator) {
    stream.key_by(KeySelector::Identity).sum(Field::Position(0)).print(None);
}

fn statuses(sim: &Sim) -> Vec<String> {
    let events = sim.world().trace().events();
    events
        .iter_from(0)
        .filter(|e| e.kind.name() == "job" && !e.text.contains(' '))
        .map(|e| e.text.to_string())
        .collect()
}

fn attempts(sim: &Sim) -> Vec<u32> {
    sim.world().job_master().executions().iter().map(|execution| execution.attempt).collect()
}

/// The numbers that were printed.
fn printed(sim: &Sim) -> Vec<i64> {
    let number = |text: &str| text.split("> ").last().and_then(|n| n.parse().ok()).expect("a number");
    let mut numbers: Vec<i64> = sim.world().output().iter_from(0).map(|line| number(&line.text)).collect();
    numbers.sort_unstable();
    numbers
}

const ONCE: Throws = Throws { attempts: 1, from_tick: 0, number: Some(5) };
const NEVER: Throws = Throws { attempts: 0, from_tick: 0, number: None };

#[test]
fn a_job_restarts_after_its_delay_and_finishes() -> Result<(), ApiError> {
    let mut sim = job(RuntimeExecutionMode::Streaming, fixed_delay("1"), ONCE, Faults::default(), keyed)?;
    assert!(sim.run_to_end(TICKS_MAX));
    assert_eq!(statuses(&sim), ["CREATED", "RUNNING", "RESTARTING", "RUNNING", "FINISHED"]);
    assert_eq!(attempts(&sim), [1, 1, 1, 1], "an exchange of all with all is one region");
    let events = sim.world().trace().events();
    let at = |text: &str| events.iter_from(0).find(|e| &*e.text == text).expect("it happened").tick;
    let restarted = events.iter_from(0).filter(|e| &*e.text == "RUNNING" && e.kind.name() == "job").last();
    assert_eq!(restarted.expect("it was restarted").tick, at("RESTARTING") + 20);
    let all: BTreeSet<i64> = printed(&sim).into_iter().collect();
    assert_eq!(all, (1..=12).collect::<BTreeSet<i64>>(), "from the beginning, nothing is lost");
    let history: Vec<_> = sim.world().job_master().history().entries().collect();
    assert_eq!(history.len(), 1);
    assert!(history[0].root.failure.to_string().contains("attempt 0 must fail"), "{history:?}");
    Ok(())
}

#[test]
fn the_job_fails_in_flink_s_words_when_restarts_are_used_up() -> Result<(), ApiError> {
    for (options, restarts, verdict) in [
        (Vec::new(), 0, "NoRestartBackoffTimeStrategy".to_owned()),
        (
            fixed_delay("2"),
            2,
            "FixedDelayRestartBackoffTimeStrategy(maxNumberRestartAttempts=2, backoffTimeMS=20)".to_owned(),
        ),
    ] {
        let throws = Throws { attempts: u32::MAX, ..ONCE };
        let mut sim = job(RuntimeExecutionMode::Streaming, options, throws, Faults::default(), keyed)?;
        assert!(sim.run_to_end(TICKS_MAX));
        let job_master = sim.world().job_master();
        assert_eq!(job_master.status(), JobStatus::Failed);
        assert_eq!(job_master.verdict(), Some(&*format!("Recovery is suppressed by {verdict}")));
        assert_eq!(job_master.failure_handler().restarts(), restarts);
        assert_eq!(job_master.history().entries().count() as u32, restarts + 1);
    }
    Ok(())
}

#[test]
fn only_the_region_restarts_unless_all_shall() -> Result<(), ApiError> {
    let slices = |stream: &SingleOutputStreamOperator| {
        // A chain each: two regions of one task.
        stream.print(None);
    };
    let mut region = job(RuntimeExecutionMode::Streaming, fixed_delay("1"), ONCE, Faults::default(), slices)?;
    assert!(region.run_to_end(TICKS_MAX));
    assert_eq!(attempts(&region), [1, 0]);
    let mut options = fixed_delay("1");
    options.push(("jobmanager.execution.failover-strategy", "full"));
    let mut full = job(RuntimeExecutionMode::Streaming, options, ONCE, Faults::default(), slices)?;
    assert!(full.run_to_end(TICKS_MAX));
    assert_eq!(attempts(&full), [1, 1]);
    assert_eq!(full.world().job_status(), JobStatus::Finished);
    Ok(())
}

#[test]
fn a_batch_job_gives_everything_once() -> Result<(), ApiError> {
    let mut sim = job(RuntimeExecutionMode::Batch, fixed_delay("3"), ONCE, Faults::default(), keyed)?;
    assert!(sim.run_to_end(TICKS_MAX));
    assert_eq!(
        printed(&sim),
        (1..=12).collect::<Vec<i64>>(),
        "exactly once: nothing is read before all is there"
    );
    Ok(())
}

#[test]
fn a_connection_that_is_reset_at_any_tick_costs_nothing() -> Result<(), ApiError> {
    for mode in [RuntimeExecutionMode::Streaming, RuntimeExecutionMode::Batch] {
        for at_tick in (1..70).step_by(5) {
            let (a, b) = (TaskManagerId(0), TaskManagerId(1));
            let fault = ScheduledFault { at_tick, fault: LinkFault::Reset { a, b } };
            let mut sim = job(mode, fixed_delay("9"), NEVER, (vec![fault], Vec::new()), keyed)?;
            assert!(sim.run_to_end(TICKS_MAX), "{mode:?} at {at_tick}");
            assert_eq!(sim.world().job_status(), JobStatus::Finished, "{mode:?} at {at_tick}");
            let all: BTreeSet<i64> = printed(&sim).into_iter().collect();
            assert_eq!(all, (1..=12).collect::<BTreeSet<i64>>(), "{mode:?} at {at_tick}");
            for executor in sim.world().executors() {
                assert_eq!(executor.shuffle().segments_in_use(), 0, "{mode:?} at {at_tick}");
            }
        }
    }
    Ok(())
}

#[test]
fn tasks_that_fail_at_any_tick_start_again() -> Result<(), ApiError> {
    for mode in [RuntimeExecutionMode::Streaming, RuntimeExecutionMode::Batch] {
        for from_tick in (1..60).step_by(2) {
            let throws = Throws { attempts: 2, from_tick, number: None };
            let mut sim = job(mode, fixed_delay("9"), throws, Faults::default(), keyed)?;
            assert!(sim.run_to_end(TICKS_MAX), "{mode:?} at {from_tick}");
            assert_eq!(sim.world().job_status(), JobStatus::Finished, "{mode:?} at {from_tick}");
            let all: BTreeSet<i64> = printed(&sim).into_iter().collect();
            assert_eq!(all, (1..=12).collect::<BTreeSet<i64>>(), "{mode:?} at {from_tick}");
            let executions = sim.world().job_master().executions();
            assert!(
                executions.iter().all(|e| e.state == ExecutionState::Finished),
                "{mode:?} at {from_tick}"
            );
        }
    }
    Ok(())
}

#[test]
fn a_run_with_restarts_goes_back_and_forth() -> Result<(), ApiError> {
    let run = || job(RuntimeExecutionMode::Streaming, fixed_delay("1"), ONCE, Faults::default(), keyed);
    let mut there = run()?;
    assert!(there.run_to_end(TICKS_MAX));
    let (end, hash) = (there.world().tick(), there.world().trace().hash());
    there.seek(end / 2, 0);
    assert_ne!(there.world().trace().hash(), hash);
    there.seek(end, 0);
    assert_eq!(there.world().trace().hash(), hash);
    Ok(())
}

/// The same, with these faults of processes: it finishes, and gives everything. Until the loss of a TaskManager is
/// noticed, tasks are submitted to it again and again.
fn check_faults(mode: RuntimeExecutionMode, faults: &[(u64, ProcessFault)]) -> Result<Sim, ApiError> {
    let mut options = fixed_delay("99");
    options.push(("restart-strategy.fixed-delay.delay", "2 s"));
    let mut sim = job(mode, options, NEVER, (Vec::new(), faults.to_vec()), keyed)?;
    assert!(sim.run_to_end(TICKS_MAX), "{mode:?}, {faults:?}");
    assert_eq!(sim.world().job_status(), JobStatus::Finished, "{mode:?}, {faults:?}");
    let all: BTreeSet<i64> = printed(&sim).into_iter().collect();
    assert_eq!(all, (1..=12).collect::<BTreeSet<i64>>(), "{mode:?}, {faults:?}");
    // One that is paused when the job ends has not heard of it.
    for executor in
        sim.world().executors().iter().filter(|executor| executor.process().paused_since().is_none())
    {
        assert_eq!(executor.shuffle().segments_in_use(), 0, "{mode:?}, {faults:?}");
    }
    Ok(sim)
}

#[test]
fn a_task_that_is_made_to_fail_at_any_tick_starts_again() -> Result<(), ApiError> {
    for mode in [RuntimeExecutionMode::Streaming, RuntimeExecutionMode::Batch] {
        for at in (0..60).step_by(7) {
            for task in (0..4).map(TaskId) {
                check_faults(mode, &[(at, ProcessFault::FailTask(task))])?;
            }
        }
    }
    Ok(())
}

#[test]
fn a_task_manager_that_is_killed_at_any_tick_is_replaced() -> Result<(), ApiError> {
    for mode in [RuntimeExecutionMode::Streaming, RuntimeExecutionMode::Batch] {
        for at in (0..70).step_by(3) {
            for lost in (0..2).map(TaskManagerId) {
                let faults =
                    [(at, ProcessFault::KillTaskManager(lost)), (at + 15, ProcessFault::StartTaskManager)];
                check_faults(mode, &faults)?;
            }
        }
    }
    Ok(())
}

/// The sources have written all, and those who sum read it, when the TaskManager of the second source goes with what it
/// wrote. Nothing tells of that but that there is no way to it: who cannot connect says which result it cannot read, and
/// its producer runs again. Would the reader alone run again, it would find the same until no restart is left, as the
/// JobMaster learns of the loss only after 20 s.
#[test]
fn who_cannot_reach_a_result_has_its_producer_run_again() -> Result<(), ApiError> {
    let lost = TaskManagerId(1);
    for at in 23..40 {
        let faults =
            vec![(at, ProcessFault::KillTaskManager(lost)), (at + 1, ProcessFault::StartTaskManager)];
        let mut options = fixed_delay("2");
        options.push(("restart-strategy.fixed-delay.delay", "2 s"));
        let mut sim = job(RuntimeExecutionMode::Batch, options, NEVER, (Vec::new(), faults), keyed)?;
        assert!(sim.run_to_end(TICKS_MAX), "killed at {at}");
        let told = weir_engine::inspect::topology::topology(sim.world()).exceptions;
        assert_eq!(sim.world().job_status(), JobStatus::Finished, "killed at {at}: {told:?}");
        let [second, first] = &told[..] else { panic!("killed at {at}: {told:?}") };
        assert!(first.failure.starts_with("RemoteTransportException: Connection unexpectedly closed"));
        let text = "PartitionConnectionException: Connection for partition 1 not reachable. Caused by: IOException: Could \
                    not create Netty client. Caused by: RemoteTransportException: Connecting to remote task manager \
                    'TaskManager 2' has failed.";
        assert!(second.failure.starts_with(text), "killed at {at}: {}", second.failure);
        assert_eq!(attempts(&sim), [0, 1, 2, 1], "killed at {at}: the second source runs once more");
        let all: BTreeSet<i64> = printed(&sim).into_iter().collect();
        assert_eq!(all, (1..=12).collect::<BTreeSet<i64>>(), "killed at {at}");
    }
    Ok(())
}

#[test]
fn a_task_manager_that_is_paused_at_any_tick_and_goes_on_loses_nothing() -> Result<(), ApiError> {
    // Calls are answered in time, if it does not take ten seconds.
    for mode in [RuntimeExecutionMode::Streaming, RuntimeExecutionMode::Batch] {
        for at in (0..70).step_by(3) {
            for paused in (0..2).map(TaskManagerId) {
                let pause = (at, ProcessFault::PauseTaskManager(paused));
                let sim =
                    check_faults(mode, &[pause, (at + 9_000, ProcessFault::ResumeTaskManager(paused))])?;
                assert_eq!(sim.world().job_master().history().entries().count(), 0, "{mode:?}, {at}");
                assert_eq!(printed(&sim).len(), 12, "{mode:?}, {at}");
            }
        }
    }
    Ok(())
}

#[test]
fn a_task_manager_that_answers_too_late_starts_anew() -> Result<(), ApiError> {
    for mode in [RuntimeExecutionMode::Streaming, RuntimeExecutionMode::Batch] {
        for at in (0..70).step_by(3) {
            for (paused, resumed_at) in [(0, 40_000), (1, 50_004), (0, 50_030), (1, 65_000)] {
                let paused = TaskManagerId(paused);
                let pause = (at, ProcessFault::PauseTaskManager(paused));
                check_faults(mode, &[pause, (at + resumed_at, ProcessFault::ResumeTaskManager(paused))])?;
            }
        }
    }
    Ok(())
}

#[test]
fn a_heartbeat_that_comes_late_costs_a_restart() -> Result<(), ApiError> {
    let paused = TaskManagerId(1);
    let pause = (20, ProcessFault::PauseTaskManager(paused));
    let faults = vec![pause, (60_000, ProcessFault::ResumeTaskManager(paused))];
    let mut sim = job(RuntimeExecutionMode::Streaming, fixed_delay("1"), NEVER, (Vec::new(), faults), keyed)?;
    sim.advance(30);
    let told = |sim: &Sim| sentence(sim.world()).to_string();
    assert!(told(&sim).starts_with("TaskManager 2 is paused since 10 ms."), "{}", told(&sim));
    assert!(told(&sim).contains("the JobMaster gives it up in 49973 ms"), "{}", told(&sim));
    assert!(sim.run_to_end(TICKS_MAX));
    assert_eq!(sim.world().job_status(), JobStatus::Finished);
    let events = sim.world().trace().events();
    let of = |text: &str| -> Vec<(u64, String)> {
        let is_meant = events.iter_from(0).filter(|event| event.text.starts_with(text));
        is_meant.map(|event| (event.tick, format!("{} to {}", event.from, event.to))).collect()
    };
    let late = "TimeoutException: The heartbeat of TaskManager with id TaskManager 2 timed out.";
    // The last heartbeats that were answered are the first ones. Who notices first tells the other.
    assert_eq!(of(late), [(50_002, "ResourceManager to TaskExecutor 2".to_owned())]);
    let told = "disconnectTaskManager TaskManager 2";
    assert_eq!(of(told), [(50_003, "ResourceManager to JobMaster".to_owned())]);
    assert_eq!(of("disconnectJobManager"), [(60_000, "JobMaster to TaskExecutor 2".to_owned())]);
    assert_eq!(of("disconnectResourceManager"), [(60_000, "ResourceManager to TaskExecutor 2".to_owned())]);
    let history: Vec<_> = sim.world().job_master().history().entries().collect();
    assert_eq!(history.len(), 1, "{history:?}");
    let root = history[0].root.failure.to_string();
    assert!(root.contains(late), "{root}");
    Ok(())
}

#[test]
fn the_job_waits_for_slots_as_long_as_flink_does() -> Result<(), ApiError> {
    let killed = (20, ProcessFault::KillTaskManager(TaskManagerId(1)));
    let run =
        |options| job(RuntimeExecutionMode::Streaming, options, NEVER, (Vec::new(), vec![killed]), keyed);
    let mut sim = run(fixed_delay("1"))?;
    assert!(sim.run_to_end(TICKS_MAX));
    assert_eq!(sim.world().job_status(), JobStatus::Failed);
    let failure = sim.world().job_master().failure().expect("it failed").to_string();
    assert!(
        failure.starts_with("NoResourceAvailableException: Slot request bulk is not fulfillable!"),
        "{failure}"
    );
    // The peer's connection tells at once, the heartbeats of the ResourceManager later, and only then a restart can come.
    let events = sim.world().trace().events();
    let lost = "ResourceManagerException: TaskManager with id TaskManager 2 is no longer reachable.";
    let noticed: Vec<(u64, String)> =
        events.iter_from(0).filter(|e| &*e.text == lost).map(|e| (e.tick, e.from.to_string())).collect();
    assert_eq!(noticed, [(20_000, "ResourceManager".to_owned())]);
    let history: Vec<_> = sim.world().job_master().history().entries().collect();
    assert_eq!(history.len(), 2, "{history:?}");
    let told = weir_engine::inspect::topology::topology(sim.world());
    assert!(told.verdict.is_some_and(|verdict| verdict.starts_with("Recovery is suppressed by FixedDelay")));
    let [_, first] = &told.exceptions[..] else { panic!("both failures: {:?}", told.exceptions) };
    assert_eq!((first.task_manager, first.is_concurrent), (Some(0), false));
    assert!(first.failure.starts_with("RemoteTransportException"), "{first:?}");
    assert!(history[0].root.failure.to_string().contains("Connection unexpectedly closed"), "{history:?}");
    assert_eq!(history[1].root.at, 20_001 + 300_000);
    Ok(())
}

#[test]
fn a_job_that_restarts_can_be_cancelled_at_any_tick() -> Result<(), ApiError> {
    for at in (10..80).step_by(6) {
        let mut sim = job(RuntimeExecutionMode::Streaming, fixed_delay("9"), ONCE, Faults::default(), keyed)?;
        sim.advance(at);
        sim.command(Command::CancelJob);
        assert!(sim.run_to_end(TICKS_MAX), "at {at}");
        let status = sim.world().job_status();
        assert!(matches!(status, JobStatus::Canceled | JobStatus::Finished), "{status} at {at}");
        for executor in sim.world().executors() {
            assert_eq!(executor.shuffle().segments_in_use(), 0, "at {at}");
        }
    }
    Ok(())
}

#[test]
fn a_cancellation_waits_for_the_loss_of_a_task_manager_to_be_noticed() -> Result<(), ApiError> {
    let killed = (20, ProcessFault::KillTaskManager(TaskManagerId(1)));
    let faults = (Vec::new(), vec![killed]);
    let mut sim = job(RuntimeExecutionMode::Streaming, fixed_delay("9"), NEVER, faults, keyed)?;
    sim.advance(22);
    sim.command(Command::CancelJob);
    assert!(sim.run_to_end(TICKS_MAX));
    assert_eq!((sim.world().job_status(), sim.world().tick() > 20_000), (JobStatus::Canceled, true));
    Ok(())
}
