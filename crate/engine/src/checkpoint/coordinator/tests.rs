//! The coordinator by hand: what it says after each thing that it is told.

mod refusals;

use std::rc::Rc;

use super::completed::{CompletedCheckpoint, JobEnd, SnapshotOwner};
use super::request::{SavepointFormat, TriggerRequest};
use super::statistics::CheckpointStatus;
use super::topology::{
    CheckpointOperator, CheckpointTask, CheckpointTopology, CheckpointVertex, TaskActivity,
};
use super::{CheckpointCoordinator, CoordinatorAction};
use crate::base::choice::{Choices, Driver};
use crate::base::ids::{OperatorId, TaskId, VertexIdx};
use crate::base::ordered::map_of;
use crate::checkpoint::failure_reason::CheckpointFailureReason as Reason;
use crate::checkpoint::handles::{
    OperatorStateEntries, OperatorStateHandle, OperatorStateMode, OperatorSubtaskState, StreamStateHandle,
    TaskStateSnapshot,
};
use crate::checkpoint::metrics::CheckpointMetrics;
use crate::checkpoint::operator_state::OperatorState;
use crate::checkpoint::restore::settings::{RecoveryClaimMode, RestoreSettings};
use crate::checkpoint::storage::{CheckpointPlace, CheckpointStorage};
use crate::graph::checkpoint_settings::{CheckpointSettings, ExternalizedCheckpointRetention};
use crate::network::barrier::SnapshotType;
use crate::record::Value;

/// Two sources, two maps one to one behind them, one sink behind both.
pub fn topology() -> CheckpointTopology {
    let vertex = |number: u8, first: u32, parallelism: u32| CheckpointVertex {
        id: OperatorId([number; 16]),
        name: "v".into(),
        parallelism,
        max_parallelism: 128,
        is_max_parallelism_derived: false,
        first_task: TaskId(first),
        is_any_output_blocking: false,
        operators: vec![CheckpointOperator {
            id: OperatorId([number; 16]),
            user_defined_id: None,
            name: "o".into(),
        }],
    };
    let task = |vertex, subtask_idx, producers: &[u32]| CheckpointTask {
        vertex: VertexIdx(vertex),
        subtask_idx,
        producers: producers.iter().copied().map(TaskId).collect(),
    };
    CheckpointTopology {
        vertices: vec![vertex(1, 0, 2), vertex(2, 2, 2), vertex(3, 4, 1)],
        tasks: vec![
            task(0, 0, &[]),
            task(0, 1, &[]),
            task(1, 0, &[0]),
            task(1, 1, &[1]),
            task(2, 0, &[2, 3]),
        ],
        edges: vec![],
    }
}

/// What a source's subtask hands in, with its state in a file.
fn in_file(path: &str) -> TaskStateSnapshot {
    let data = StreamStateHandle::File { path: path.into(), size: 9 };
    let mode = OperatorStateMode::SplitDistribute;
    let entries = OperatorStateEntries { name: "splits".into(), mode, offsets: [0].into() };
    let list = OperatorStateHandle { states: [entries].into(), data };
    let mut snapshot = TaskStateSnapshot::default();
    let state = OperatorSubtaskState { operator: vec![list], ..OperatorSubtaskState::default() };
    snapshot.put(OperatorId([1; 16]), state);
    snapshot
}

const RUNNING: [TaskActivity; 5] = [TaskActivity::Running; 5];

/// A coordinator and what it said.
struct Bench {
    coordinator: CheckpointCoordinator,
    activity: [TaskActivity; 5],
    now: u64,
    /// Whether files are written when they are to be; `None`: nothing is heard of that.
    writes: Option<bool>,
}

impl Bench {
    fn new(change: impl FnOnce(&mut CheckpointSettings)) -> Self {
        let mut settings =
            CheckpointSettings { interval_ms: Some(100), timeout_ms: 50, ..CheckpointSettings::default() };
        change(&mut settings);
        let coordinator = CheckpointCoordinator::new(
            Rc::new(settings),
            Rc::new(topology()),
            CheckpointStorage::job_manager(),
        );
        Self { coordinator, activity: RUNNING, now: 0, writes: Some(true) }
    }

    /// What it does now, in short.
    fn said(&mut self) -> String {
        while let Some(request) = self.coordinator.next_request(self.now) {
            let mut enumerators = |id| vec![(OperatorId([1; 16]), Value::Long(id as i64))];
            self.coordinator.begin(request, self.now, &self.activity, &mut enumerators);
        }
        let mut said: Vec<String> = Vec::new();
        for action in self.coordinator.take_actions() {
            said.push(short(&action));
            if let (CoordinatorAction::WriteMetadata(file), Some(is_written)) = (&action, self.writes) {
                self.coordinator.metadata_written(
                    &file.path,
                    (!is_written).then(|| "no space left".into()),
                    self.now,
                );
                said.push(self.said());
            }
        }
        said.retain(|said| !said.is_empty());
        said.join(" ")
    }

    /// Lets time pass, timer after timer.
    fn run_to(&mut self, end: u64) -> String {
        let mut said = Vec::new();
        while let Some(at) = self.coordinator.next_timer().filter(|&at| at <= end) {
            self.now = at;
            self.coordinator.run_timers(at);
            said.push(format!("{at}: {}", self.said()));
        }
        self.now = end;
        said.join("\n")
    }

    fn ask(&mut self, snapshot: SnapshotType) -> String {
        self.coordinator.request((snapshot, SavepointFormat::Canonical, None), self.now, 7);
        self.said()
    }

    fn acknowledge(&mut self, checkpoint: u64, tasks: &[u32]) -> String {
        self.acknowledge_with(checkpoint, tasks, TaskStateSnapshot::default())
    }

    fn acknowledge_with(&mut self, checkpoint: u64, tasks: &[u32], snapshot: TaskStateSnapshot) -> String {
        let snapshot = Rc::new(snapshot);
        for &task in tasks {
            let metrics = CheckpointMetrics { bytes_persisted: 10, ..CheckpointMetrics::default() };
            self.coordinator.acknowledge(TaskId(task), checkpoint, metrics, &snapshot, self.now);
        }
        self.said()
    }

    fn start(&mut self) {
        let last = 100 - self.coordinator.settings().pause_min_ms as u32;
        let mut choices = Choices::new(Driver::Recorded(vec![last]), 0);
        self.coordinator.start_periodic(self.now, &mut choices);
    }

    fn status(&self, id: u64) -> CheckpointStatus {
        let mut history = self.coordinator.statistics().history().iter();
        history.find(|stats| stats.id == id).expect("it is remembered").status
    }
}

fn short(action: &CoordinatorAction) -> String {
    match action {
        CoordinatorAction::Trigger { task, barrier } => format!("trigger{}@{task}", barrier.id),
        CoordinatorAction::NotifyComplete { task, checkpoint } => format!("complete{checkpoint}@{task}"),
        CoordinatorAction::NotifyAborted { task, checkpoint } => format!("abort{checkpoint}@{task}"),
        CoordinatorAction::CoordinatorsComplete { checkpoint } => format!("complete{checkpoint}"),
        CoordinatorAction::Answer { result: Ok(completed), .. } => format!("answer:{}", completed.id),
        CoordinatorAction::Answer { result: Err(reason), .. } => format!("answer:{}", reason.name()),
        CoordinatorAction::WriteMetadata(file) => format!("write {}", file.path),
        CoordinatorAction::DeleteDirectory(path) => format!("delete {path}/"),
        CoordinatorAction::DeleteFiles(files) => format!("delete {}", files.join(" ")),
        CoordinatorAction::FailJob { reason, .. } => format!("fail:{}", reason.name()),
    }
}

const ALL: [u32; 5] = [0, 1, 2, 3, 4];
const COMPLETE_1: &str = "complete1 complete1@0 complete1@1 complete1@2 complete1@3 complete1@4";
const ABORT_1: &str = "abort1@0 abort1@1 abort1@2 abort1@3 abort1@4";

#[test]
fn sources_are_triggered_on_a_grid_and_all_hear_of_the_end() {
    let mut bench = Bench::new(|settings| settings.timeout_ms = 1000);
    bench.start();
    assert_eq!(bench.run_to(100), "100: trigger1@0 trigger1@1");
    assert_eq!(bench.acknowledge(1, &ALL[..4]), "");
    bench.now = 130;
    assert_eq!(bench.acknowledge(1, &[3, 4]), COMPLETE_1);
    assert_eq!(bench.run_to(299), "200: trigger2@0 trigger2@1");
    let kept = bench.coordinator.store().latest().expect("one is complete");
    let source = &kept.operators[&OperatorId([1; 16])];
    assert_eq!((kept.timestamp, kept.completed_at, source.subtasks.len()), (100, 130, 2));
    assert_eq!(source.coordinator, Some(Value::Long(1)));
    assert!(bench.acknowledge(2, &ALL).starts_with("complete2 "), "there are no files of checkpoint 1");
    let counts = bench.coordinator.statistics().counts();
    assert_eq!((counts.total, counts.completed, counts.failed, counts.in_progress), (2, 2, 0, 0));
    let stats = &bench.coordinator.statistics().history()[0];
    assert_eq!((stats.duration(), stats.checkpointed_size(), stats.is_discarded), (Some(30), 60, true));
}

#[test]
fn the_first_trigger_is_drawn_between_the_pause_and_the_interval() {
    for (drawn, at) in [(0, 30), (70, 100), (5, 35)] {
        let mut bench = Bench::new(|settings| settings.pause_min_ms = 30);
        bench.coordinator.start_periodic(0, &mut Choices::new(Driver::Recorded(vec![drawn]), 0));
        assert_eq!(bench.coordinator.next_timer(), Some(at));
        bench.coordinator.stop_periodic(10);
        assert_eq!(bench.coordinator.next_timer(), None);
        bench.coordinator.start_periodic(10, &mut Choices::new(Driver::Recorded(vec![drawn]), 0));
        assert_eq!(bench.coordinator.next_timer(), Some(40), "later starts wait for the pause only");
    }
    let mut bench = Bench::new(|settings| settings.interval_ms = None);
    bench.start();
    assert_eq!(bench.coordinator.next_timer(), None);
}

#[test]
fn one_at_a_time_and_what_waits_follows_at_once() {
    let mut bench = Bench::new(|settings| settings.timeout_ms = 1000);
    bench.start();
    assert_eq!(bench.run_to(250), "100: trigger1@0 trigger1@1\n200: ");
    assert_eq!(bench.coordinator.queued(), 1);
    assert_eq!(bench.acknowledge(1, &ALL), format!("{COMPLETE_1} trigger2@0 trigger2@1"));
}

#[test]
fn a_newer_checkpoint_takes_the_place_of_older_ones() {
    let mut bench = Bench::new(|settings| (settings.concurrent_max, settings.timeout_ms) = (2, 1000));
    bench.start();
    bench.run_to(200);
    let said = bench.acknowledge(2, &ALL);
    assert!(said.starts_with(&format!("{ABORT_1} complete2 ")), "{said}");
    assert_eq!(bench.status(1), CheckpointStatus::Failed(Reason::Subsumed));
    assert_eq!(bench.acknowledge_with(1, &[0], in_file("f")), "delete f", "an answer that comes late");
}

#[test]
fn the_pause_moves_the_timer() {
    let mut bench = Bench::new(|settings| (settings.pause_min_ms, settings.timeout_ms) = (60, 1000));
    bench.start();
    bench.run_to(170);
    bench.acknowledge(1, &ALL);
    assert_eq!(bench.run_to(231), "200: \n230: trigger2@0 trigger2@1");
    let refused = bench.coordinator.statistics().refused();
    assert_eq!(refused, Some((200, Reason::MinimumTimeBetweenCheckpoints)));
    assert_eq!(bench.coordinator.next_timer(), Some(330));
}

#[test]
fn nothing_starts_while_a_task_does_not_run() {
    let mut bench = Bench::new(|_| {});
    bench.activity[2] = TaskActivity::NotRunning;
    assert_eq!(bench.ask(SnapshotType::Savepoint), "answer:NOT_ALL_REQUIRED_TASKS_RUNNING");
    assert_eq!(bench.coordinator.statistics().counts().failed, 1);
    bench.activity[2] = TaskActivity::Running;
    assert_eq!(bench.ask(SnapshotType::Checkpoint), "trigger1@0 trigger1@1", "no id was used up");
}

#[test]
fn a_periodic_request_comes_to_nothing_when_the_timer_has_stopped() {
    let mut bench = Bench::new(|_| {});
    bench.coordinator.begin(TriggerRequest::periodic(0), 0, &RUNNING, &mut |_| vec![]);
    let refused = bench.coordinator.statistics().refused();
    assert_eq!(refused, Some((0, Reason::PeriodicSchedulerShutdown)));
    assert!(bench.coordinator.pending().is_empty());
}

#[test]
fn a_checkpoint_that_takes_too_long_is_given_up_and_may_fail_the_job() {
    let mut bench = Bench::new(|settings| settings.failures_tolerated = 1);
    assert_eq!(bench.ask(SnapshotType::Checkpoint), "trigger1@0 trigger1@1");
    assert_eq!(bench.run_to(60), format!("50: {ABORT_1} answer:CHECKPOINT_EXPIRED"));
    bench.ask(SnapshotType::Checkpoint);
    let said = bench.run_to(200);
    assert!(said.ends_with("answer:CHECKPOINT_EXPIRED fail:CHECKPOINT_EXPIRED"), "{said}");
}

#[test]
fn what_is_declined_is_given_up() {
    let mut bench = Bench::new(|_| {});
    bench.ask(SnapshotType::Checkpoint);
    bench.coordinator.decline(1, Reason::Declined, None, 3);
    assert_eq!(bench.said(), format!("{ABORT_1} answer:CHECKPOINT_DECLINED fail:CHECKPOINT_DECLINED"));
    bench.ask(SnapshotType::Checkpoint);
    bench.coordinator.decline(2, Reason::DeclinedTaskNotReady, None, 3);
    assert!(bench.said().ends_with("answer:CHECKPOINT_DECLINED_TASK_NOT_READY"), "it does not count");
    bench.coordinator.decline(1, Reason::Declined, None, 4);
    assert_eq!(bench.said(), "", "it was over already");
}

#[test]
fn a_savepoint_is_not_kept_and_nobody_commits_with_it() {
    let mut bench = Bench::new(|settings| settings.timeout_ms = 1000);
    bench.start();
    bench.run_to(100);
    assert_eq!(bench.ask(SnapshotType::Savepoint), "trigger2@0 trigger2@1", "it does not wait");
    assert_eq!(bench.acknowledge(2, &ALL), "write savepoints/savepoint-000000000002/_metadata answer:2");
    assert!(bench.coordinator.store().latest().is_none());
    assert_eq!(bench.coordinator.pending().len(), 1, "the older checkpoint goes on");
    assert_eq!(bench.ask(SnapshotType::SavepointTerminate), "trigger3@0 trigger3@1");
    let said = bench.acknowledge(3, &ALL);
    let metadata = "write savepoints/savepoint-000000000003/_metadata";
    assert!(said.starts_with(&format!("{metadata} answer:3 {ABORT_1} complete3 complete3@0")), "{said}");
    assert_eq!(bench.coordinator.store().latest().map(|latest| latest.id), Some(3));
}

#[test]
fn a_savepoint_waits_where_checkpoints_are_unaligned() {
    let mut bench = Bench::new(|settings| settings.unaligned = true);
    bench.ask(SnapshotType::Checkpoint);
    assert_eq!(bench.ask(SnapshotType::Savepoint), "");
    assert!(bench.acknowledge(1, &ALL).ends_with("trigger2@0 trigger2@1"));
}

#[test]
fn a_savepoint_to_stop_with_that_fails_fails_the_job() {
    let mut bench = Bench::new(|settings| settings.failures_tolerated = 9);
    bench.ask(SnapshotType::SavepointSuspend);
    bench.coordinator.decline(1, Reason::DeclinedOnCancellationBarrier, None, 1);
    assert!(bench.said().ends_with("fail:CHECKPOINT_DECLINED_ON_CANCELLATION_BARRIER"));
    bench.ask(SnapshotType::SavepointSuspend);
    bench.coordinator.abort_pending(2, Reason::JobFailoverRegion);
    assert!(bench.said().ends_with("answer:JOB_FAILOVER_REGION"));
}

#[test]
fn a_job_that_stops_running_gives_up_what_is_under_way_and_what_waits() {
    let mut bench = Bench::new(|settings| settings.unaligned = true);
    bench.start();
    bench.ask(SnapshotType::Checkpoint);
    bench.ask(SnapshotType::Savepoint);
    bench.coordinator.stop_periodic(5);
    let said = bench.said();
    let suspended = "answer:CHECKPOINT_COORDINATOR_SUSPEND";
    assert_eq!(said, format!("{suspended} {ABORT_1} {suspended}"));
    bench.coordinator.shutdown(6, JobEnd::Finished);
    assert_eq!(bench.ask(SnapshotType::Checkpoint), "answer:CHECKPOINT_COORDINATOR_SHUTDOWN");
}

#[test]
fn the_end_of_the_job_deletes_what_is_not_retained() {
    let mut bench = Bench::new(|_| {});
    bench.ask(SnapshotType::Checkpoint);
    bench.acknowledge(1, &ALL);
    bench.coordinator.shutdown(9, JobEnd::Canceled);
    assert_eq!(bench.said(), "");
}

/// One whose checkpoints are files in `d`.
fn with_files() -> Bench {
    let mut bench = Bench::new(|_| {});
    let place = CheckpointPlace::FileSystem { directory: "d".into(), inline_max: 0 };
    bench.coordinator.storage =
        CheckpointStorage { place, savepoints: Some("s".into()), ..CheckpointStorage::job_manager() };
    bench
}

#[test]
fn a_checkpoint_is_complete_when_its_metadata_is_written() {
    let mut bench = with_files();
    bench.writes = None;
    bench.ask(SnapshotType::Checkpoint);
    assert_eq!(bench.acknowledge(1, &ALL), "write d/chk-1/_metadata");
    assert!(bench.coordinator.store().latest().is_none());
    assert_eq!(bench.coordinator.next_timer(), None, "it does not expire any more");
    bench.coordinator.metadata_written("d/chk-1/_metadata", None, 3);
    assert_eq!(bench.said(), format!("answer:1 {COMPLETE_1}"));
    assert_eq!(
        bench.coordinator.store().latest().map(|latest| latest.pointer.to_string()),
        Some("d/chk-1".into())
    );
    bench.writes = Some(true);
    bench.ask(SnapshotType::Checkpoint);
    let said = bench.acknowledge(2, &ALL);
    assert!(said.starts_with("write d/chk-2/_metadata delete d/chk-1/ "), "{said}");
    bench.coordinator.shutdown(9, JobEnd::Finished);
    assert_eq!(bench.said(), "delete d/chk-2/");
}

#[test]
fn what_comes_to_nothing_leaves_no_files() {
    let mut bench = with_files();
    bench.writes = Some(false);
    bench.ask(SnapshotType::Checkpoint);
    let said = bench.acknowledge(1, &ALL);
    assert!(said.starts_with("write d/chk-1/_metadata delete d/chk-1/ abort1@0 "), "{said}");
    assert_eq!(bench.status(1), CheckpointStatus::Failed(Reason::FinalizeCheckpointFailure));
    assert!(said.ends_with("fail:FINALIZE_CHECKPOINT_FAILURE"), "it counts: {said}");
    bench.writes = None;
    bench.ask(SnapshotType::Savepoint);
    bench.acknowledge(2, &ALL);
    bench.coordinator.abort_pending(5, Reason::JobFailoverRegion);
    assert!(
        bench.said().starts_with("delete s/savepoint-000000000002/ "),
        "whoever writes it finds no place"
    );
    bench.coordinator.metadata_written("s/savepoint-000000000002/_metadata", None, 6);
    assert_eq!((bench.said(), bench.coordinator.pending().len()), (String::new(), 0));
}

#[test]
fn finished_tasks_are_remembered_as_finished() {
    let mut bench = Bench::new(|_| {});
    bench.activity = [TaskActivity::Finished, TaskActivity::Finished, RUNNING[0], RUNNING[0], RUNNING[0]];
    assert_eq!(bench.ask(SnapshotType::Checkpoint), "trigger1@2 trigger1@3");
    bench.acknowledge(1, &[2, 3, 4]);
    let kept = bench.coordinator.store().latest().expect("it is complete");
    assert!(kept.operators[&OperatorId([1; 16])].is_fully_finished());
    assert!(kept.operators[&OperatorId([2; 16])].finished.is_empty());
}

#[test]
fn a_vertex_that_is_finished_in_part_may_have_no_union_state() {
    let states =
        OperatorStateEntries { name: "all".into(), mode: OperatorStateMode::Union, offsets: [0].into() };
    let union = OperatorStateHandle { states: [states].into(), data: StreamStateHandle::Bytes([1].into()) };
    let mut snapshot = TaskStateSnapshot::default();
    let state = OperatorSubtaskState { operator: vec![union], ..OperatorSubtaskState::default() };
    snapshot.put(OperatorId([1; 16]), state);
    let mut bench = Bench::new(|_| {});
    bench.activity[0] = TaskActivity::Finished;
    bench.ask(SnapshotType::Checkpoint);
    bench.acknowledge_with(1, &[1], snapshot.clone());
    assert!(bench.acknowledge(1, &ALL).ends_with("answer:CHECKPOINT_DECLINED_TASK_CLOSING"));
    bench.activity[0] = TaskActivity::Running;
    bench.ask(SnapshotType::Checkpoint);
    let mut ended = snapshot.clone();
    ended.is_task_finished = true;
    bench.acknowledge_with(2, &[0], ended.clone());
    bench.acknowledge_with(2, &[1], snapshot);
    assert!(bench.acknowledge(2, &[2, 3, 4]).ends_with("answer:CHECKPOINT_DECLINED_TASK_CLOSING"));
    bench.ask(SnapshotType::Checkpoint);
    bench.acknowledge_with(3, &[0, 1], ended);
    assert!(bench.acknowledge(3, &[2, 3, 4]).contains("answer:3"), "all of them have ended");
}

/// Tasks, and whether they begin with state.
fn restored(bench: &mut Bench, tasks: &[u32]) -> Vec<(u32, u64)> {
    let tasks: Vec<TaskId> = tasks.iter().copied().map(TaskId).collect();
    let restored = bench.coordinator.restore_for(&tasks, bench.now);
    restored.iter().map(|(task, restore)| (task.0, restore.checkpoint_id)).collect()
}

#[test]
fn a_restart_takes_the_newest_checkpoint_and_gives_up_what_is_under_way() {
    let mut bench = Bench::new(|_| {});
    assert_eq!(restored(&mut bench, &ALL), []);
    bench.ask(SnapshotType::Checkpoint);
    bench.acknowledge_with(1, &[0], in_file("a"));
    bench.acknowledge_with(1, &[1], in_file("b"));
    bench.acknowledge(1, &ALL[2..]);
    bench.ask(SnapshotType::Checkpoint);
    assert_eq!(restored(&mut bench, &[0, 3]), [(0, 1)], "a map has nothing to begin with");
    assert_eq!(bench.status(2), CheckpointStatus::Failed(Reason::JobFailoverRegion));
    assert!(bench.said().ends_with("answer:JOB_FAILOVER_REGION"));
    assert_eq!(restored(&mut bench, &ALL), [(0, 1), (1, 1)]);
    let source = bench.coordinator.restored_coordinator_state(OperatorId([1; 16]));
    assert_eq!(source, Some((1, &Value::Long(1))));
    assert_eq!(bench.coordinator.statistics().counts().restored, 2);
    bench.ask(SnapshotType::Checkpoint);
    assert!(bench.acknowledge(3, &ALL).starts_with("delete a b "), "ids went on");
}

#[test]
fn a_job_starts_from_a_savepoint_which_stays_the_users_unless_it_is_claimed() {
    for (claim_mode, said) in [
        (RecoveryClaimMode::NoClaim, COMPLETE_8.to_string()),
        (RecoveryClaimMode::Claim, format!("delete a delete there/ {COMPLETE_8}")),
    ] {
        let mut bench = Bench::new(|_| {});
        let settings = RestoreSettings { claim_mode, allow_non_restored_state: false };
        assert_eq!(bench.coordinator.restore_savepoint(savepoint(7), "sp-7", settings), Ok(()));
        assert_eq!(
            restored(&mut bench, &ALL),
            [(0, 7), (1, 7)],
            "one without state knows the checkpoint too"
        );
        bench.coordinator.request((SnapshotType::Checkpoint, SavepointFormat::Canonical, None), 0, 0);
        let request = bench.coordinator.next_request(0).expect("nothing is in the way");
        bench.coordinator.begin(request, 0, &RUNNING, &mut |_| vec![]);
        let CoordinatorAction::Trigger { barrier, .. } = bench.coordinator.take_actions()[0] else {
            unreachable!("sources are triggered first")
        };
        let is_full = barrier.options.snapshot == SnapshotType::FullCheckpoint;
        assert_eq!((barrier.id, is_full), (8, claim_mode == RecoveryClaimMode::NoClaim));
        assert_eq!(bench.acknowledge(8, &ALL), said);
    }
}

#[test]
fn what_was_claimed_goes_with_the_job_as_its_own_checkpoints_do() {
    for (claim_mode, end, said) in [
        (RecoveryClaimMode::Claim, JobEnd::Finished, "delete a delete there/"),
        (RecoveryClaimMode::Claim, JobEnd::Canceled, ""),
        (RecoveryClaimMode::NoClaim, JobEnd::Finished, ""),
    ] {
        let mut bench =
            Bench::new(|settings| settings.retention = ExternalizedCheckpointRetention::RetainOnCancellation);
        let settings = RestoreSettings { claim_mode, allow_non_restored_state: false };
        assert_eq!(bench.coordinator.restore_savepoint(savepoint(7), "sp-7", settings), Ok(()));
        bench.coordinator.shutdown(9, end);
        assert_eq!(bench.said(), said, "{claim_mode:?}, {end:?}");
    }
}

#[test]
fn a_savepoint_that_does_not_fit_changes_nothing() {
    let mut bench = Bench::new(|_| {});
    let mut foreign = savepoint(7);
    let state = foreign.operators.remove(&OperatorId([1; 16])).expect("it is there");
    let id = OperatorId([8; 16]);
    foreign.operators.insert(id, OperatorState { id, ..state });
    let settings = RestoreSettings::default();
    let refused = bench.coordinator.restore_savepoint(foreign.clone(), "sp-7", settings);
    assert!(refused.is_err_and(|why| why.starts_with("Failed to rollback to checkpoint/savepoint sp-7.")));
    assert!(bench.coordinator.store().latest().is_none());
    let settings = RestoreSettings { allow_non_restored_state: true, ..settings };
    assert_eq!(bench.coordinator.restore_savepoint(foreign, "sp-7", settings), Ok(()));
    assert_eq!(restored(&mut bench, &ALL), []);
}

const COMPLETE_8: &str = "complete8 complete8@0 complete8@1 complete8@2 complete8@3 complete8@4";

/// A savepoint of the job, with state of its first task.
fn savepoint(id: u64) -> CompletedCheckpoint {
    let source = OperatorId([1; 16]);
    let mut state = OperatorState::new(source, &"o".into(), 2, 128);
    state.subtasks.insert(0, in_file("a").get(source).cloned().unwrap_or_default());
    CompletedCheckpoint {
        id,
        timestamp: 0,
        completed_at: 0,
        snapshot: SnapshotType::Savepoint,
        format: SavepointFormat::Canonical,
        owner: SnapshotOwner::User,
        pointer: "there".into(),
        master_states: Rc::new([]),
        operators: map_of([(source, state)]),
    }
}
