//! Checkpoints in files: what stands in the file system is what a checkpoint that is kept needs, and nothing else; what is
//! missing or damaged there is found when it is needed.

use std::collections::BTreeSet;
use std::rc::Rc;

use crate::jobs::{sums_in_tables, two_machines};

use weir_engine::checkpoint::coordinator::completed::CompletedCheckpoint;
use weir_engine::checkpoint::coordinator::statistics::CheckpointStatus;
use weir_engine::checkpoint::failure_reason::CheckpointFailureReason;
use weir_engine::checkpoint::metadata;
use weir_engine::checkpoint::storage::file_system::{FileSystemFault, FileSystemOptions};
use weir_engine::checkpoint::storage::store::pieces;
use weir_engine::cluster::file_fault::FileFault;
use weir_engine::cluster::job_master::JobFailure;
use weir_engine::cluster::job_status::JobStatus;
use weir_engine::graph::api::StreamExecutionEnvironment;
use weir_engine::graph::checkpoint_settings::CheckpointingMode;
use weir_engine::graph::compiled::compile;
use weir_engine::graph::error::ApiError;
use weir_engine::graph::operator_spec::DeliveryGuarantee;
use weir_engine::operator::function::Method;
use weir_engine::operator::native::NativeFunctions;
use weir_engine::scenario::Scenario;
use weir_engine::sim::Sim;
use weir_engine::sim::command::Command;
use weir_engine::state::handle::{OperatorStateMode, StreamStateHandle};

const RECORDS: i64 = 60;
const TICKS_MAX: u64 = 100_000;

/// Sums of seven keys, all checkpoints in files.
fn submit(
    throws_at: Option<u64>,
    options: &[(&'static str, &'static str)],
    file_system: FileSystemOptions,
) -> Result<Sim, ApiError> {
    let (job, functions) =
        sums_in_tables(RECORDS, 7, throws_at, &[("once", DeliveryGuarantee::ExactlyOnce)], |env| {
            env.configure([
                ("execution.checkpointing.dir", "hdfs:///checkpoints"),
                ("execution.checkpointing.data-inline-threshold", "0"),
            ])?;
            env.configure(options.iter().copied()).map(drop)
        })?;
    let scenario = Scenario { file_system, ..two_machines() };
    Ok(Sim::submit(&job, Rc::new(functions), scenario).expect("the job can run"))
}

const INCREMENTAL: [(&str, &str); 3] = [
    ("state.backend.type", "rocksdb"),
    ("execution.checkpointing.incremental", "true"),
    ("state.backend.rocksdb.writebuffer.size", "1"),
];

fn paths(sim: &Sim) -> BTreeSet<String> {
    sim.world().file_system().files().map(|(path, _)| path.to_string()).collect()
}

fn files_of(checkpoint: &CompletedCheckpoint) -> BTreeSet<String> {
    let states = checkpoint.operators.values().flat_map(|operator| operator.subtasks.values());
    let files = states.flat_map(pieces).filter_map(|(piece, _)| match piece {
        StreamStateHandle::File { path, .. } => Some(path.to_string()),
        StreamStateHandle::Bytes(_) => None,
    });
    files.chain([format!("{}/_metadata", checkpoint.pointer)]).collect()
}

fn kept(sim: &Sim) -> &[Rc<CompletedCheckpoint>] {
    let checkpoints = sim.world().job_master().checkpoints().expect("a streaming job has checkpoints");
    checkpoints.coordinator().store().checkpoints()
}

fn committed(sim: &Sim) -> usize {
    sim.world().output().iter_from(0).filter(|line| &*line.stream == "once").count()
}

/// Checks at each tick that all files of what is kept are there and whole; answers which directories there were.
fn run_checked(mut sim: Sim) -> (Sim, BTreeSet<String>) {
    let mut directories = BTreeSet::new();
    while !sim.is_over() {
        sim.advance(1);
        assert!(sim.world().tick() < TICKS_MAX, "it ends");
        let there = paths(&sim);
        for checkpoint in kept(&sim) {
            let needed = files_of(checkpoint);
            assert!(needed.is_subset(&there), "tick {}: {needed:?} of {there:?}", sim.world().tick());
            let path = format!("{}/_metadata", checkpoint.pointer);
            let file = sim.world().file_system().file(&path).expect("it is there");
            let read = metadata::read(&file.bytes, &checkpoint.pointer).expect("it is whole");
            assert_eq!((read.id, &read.operators), (checkpoint.id, &checkpoint.operators));
        }
        directories.extend(there.iter().filter_map(|path| path.split('/').nth(2)).map(str::to_owned));
    }
    (sim, directories)
}

#[test]
fn checkpoints_are_files_and_go_when_nobody_needs_them() -> Result<(), ApiError> {
    for options in [&[][..], &INCREMENTAL] {
        let (sim, directories) = run_checked(submit(None, options, FileSystemOptions::default())?);
        assert_eq!(sim.world().job_status(), JobStatus::Finished);
        assert_eq!(committed(&sim), RECORDS as usize);
        assert!(directories.contains("chk-1") && directories.contains("chk-3"), "{directories:?}");
        assert_eq!(directories.contains("shared"), !options.is_empty(), "{directories:?}");
        assert_eq!(paths(&sim), BTreeSet::new(), "nothing is left of a job that finished");
    }
    Ok(())
}

#[test]
fn a_restart_reads_the_files_back() -> Result<(), ApiError> {
    for options in [&[][..], &INCREMENTAL] {
        let (sim, _) = run_checked(submit(Some(195), options, FileSystemOptions::default())?);
        assert_eq!(sim.world().job_status(), JobStatus::Finished, "{:?}", sim.world().job_master().failure());
        let checkpoints = sim.world().job_master().checkpoints().expect("there are");
        assert!(checkpoints.coordinator().statistics().restored().is_some());
        assert_eq!(committed(&sim), RECORDS as usize);
        assert_eq!(paths(&sim), BTreeSet::new());
    }
    Ok(())
}

#[test]
fn what_is_retained_stays_with_all_that_it_needs() -> Result<(), ApiError> {
    for options in [&[][..], &INCREMENTAL] {
        let mut sim = submit(
            None,
            &[
                options,
                &[("execution.checkpointing.externalized-checkpoint-retention", "RETAIN_ON_CANCELLATION")],
            ]
            .concat(),
            FileSystemOptions::default(),
        )?;
        sim.advance(230);
        sim.command(Command::CancelJob);
        let (sim, _) = run_checked(sim);
        assert_eq!(sim.world().job_status(), JobStatus::Canceled);
        assert_eq!(kept(&sim).len(), 1);
        assert_eq!(paths(&sim), files_of(&kept(&sim)[0]));
    }
    Ok(())
}

fn statuses(sim: &Sim) -> Vec<CheckpointStatus> {
    let checkpoints = sim.world().job_master().checkpoints().expect("there are");
    checkpoints.coordinator().statistics().history().iter().map(|stats| stats.status).collect()
}

fn failure_messages(sim: &Sim) -> Vec<String> {
    let checkpoints = sim.world().job_master().checkpoints().expect("there are");
    checkpoints.coordinator().statistics().history().iter().map(|stats| stats.failure_message()).collect()
}

#[test]
fn state_that_is_too_large_for_the_memory_of_the_job_manager_says_so() -> Result<(), ApiError> {
    let mut functions = NativeFunctions::default();
    let large = functions.checkpointed(|method, value, context| {
        match method {
            Method::SnapshotState => {
                let large = "x".repeat((5 << 20) + 1);
                context.operator_state.set(
                    "large",
                    OperatorStateMode::SplitDistribute,
                    vec![(&*large).into()],
                )?;
            }
            Method::Apply | Method::ProcessElement => context.collect(value.clone()),
            _ => {}
        }
        Ok(())
    });
    let env = StreamExecutionEnvironment::get_execution_environment();
    env.enable_checkpointing(50, CheckpointingMode::ExactlyOnce)?;
    env.configure([("restart-strategy.type", "none")])?;
    env.from_sequence(1, 1_000)?.process(large).print(None);
    let job = compile(&env.job()?)?;
    let mut sim = Sim::submit(&job, Rc::new(functions), Scenario::small(7)).expect("the job can run");
    while sim.world().job_status() != JobStatus::Failed {
        sim.advance(1);
        assert!(sim.world().tick() < TICKS_MAX, "no failure is tolerated");
    }
    let message = &failure_messages(&sim)[0];
    assert!(
        message
            .contains(": Size of the state is larger than the maximum permitted memory-backed state. Size=")
    );
    let failure = sim.world().job_master().failure().map(ToString::to_string).unwrap_or_default();
    assert!(
        failure.contains("The latest checkpoint failed due to Asynchronous task checkpoint failed."),
        "{failure}"
    );
    Ok(())
}

#[test]
fn a_file_system_that_is_full_or_down_fails_checkpoints_and_nothing_else() -> Result<(), ApiError> {
    for fault in [FileSystemFault::Full, FileSystemFault::Down] {
        let mut sim = submit(
            None,
            &[("execution.checkpointing.tolerable-failed-checkpoints", "99")],
            FileSystemOptions::default(),
        )?;
        sim.advance(60);
        sim.command(Command::File(FileFault::Fail(fault)));
        sim.advance(120);
        sim.command(Command::File(FileFault::Mend));
        let (sim, _) = run_checked(sim);
        assert_eq!(sim.world().job_status(), JobStatus::Finished);
        let failed = CheckpointStatus::Failed(CheckpointFailureReason::AsyncException);
        assert!(statuses(&sim).contains(&failed), "{:?}", statuses(&sim));
        let words = match fault {
            FileSystemFault::Full => ": no space left.",
            FileSystemFault::Down => ": The file system does not answer: ",
        };
        let begin = "Asynchronous task checkpoint failed. Could not materialize checkpoint ";
        let is_told = |message: &String| message.starts_with(begin) && message.contains(words);
        assert!(failure_messages(&sim).iter().any(is_told), "{:?}", failure_messages(&sim));
        let after = statuses(&sim).into_iter().skip_while(|status| *status != failed).collect::<Vec<_>>();
        assert!(after.contains(&CheckpointStatus::Completed), "{after:?}");
        assert_eq!((committed(&sim), paths(&sim)), (RECORDS as usize, BTreeSet::new()));
    }
    Ok(())
}

#[test]
fn a_slow_file_system_lets_checkpoints_expire() -> Result<(), ApiError> {
    let slow = FileSystemOptions { latency_ticks: 80, bytes_per_tick: 50_000 };
    let options = [
        ("execution.checkpointing.timeout", "60"),
        ("execution.checkpointing.tolerable-failed-checkpoints", "99"),
    ];
    let mut sim = submit(None, &options, slow)?;
    sim.advance(400);
    let expired = CheckpointStatus::Failed(CheckpointFailureReason::Expired);
    assert!(statuses(&sim).contains(&expired), "{:?}", statuses(&sim));
    assert!(!statuses(&sim).contains(&CheckpointStatus::Completed));
    sim.command(Command::CancelJob);
    let (sim, _) = run_checked(sim);
    assert_eq!(paths(&sim), BTreeSet::new(), "what expired is not there");
    Ok(())
}

#[test]
fn a_file_that_is_lost_or_damaged_fails_the_restore_by_name() -> Result<(), ApiError> {
    for (is_lost, why) in [(true, "does not exist."), (false, "its checksum is another.")] {
        let mut sim = submit(Some(195), &[], FileSystemOptions::default())?;
        sim.advance(194);
        let state = files_of(&kept(&sim)[0]).into_iter().find(|path| path.ends_with("keyed"));
        let path: Rc<str> = state.expect("the sums are in files").into();
        sim.command(Command::File(if is_lost {
            FileFault::Lose(Rc::clone(&path))
        } else {
            FileFault::Damage(Rc::clone(&path), 40)
        }));
        while sim.world().job_status() != JobStatus::Failed {
            sim.advance(1);
            assert!(sim.world().tick() < TICKS_MAX, "it is tried once more, and then it fails");
        }
        let Some(JobFailure::Task { failure, .. }) = sim.world().job_master().failure() else {
            panic!("a task failed")
        };
        let message = &failure.error.message;
        assert!(message.contains(&*path) && message.ends_with(why), "{message}");
    }
    Ok(())
}
