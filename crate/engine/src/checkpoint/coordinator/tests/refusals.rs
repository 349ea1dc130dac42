//! What is refused, what counts as a failure, who is asked first, and what stays when the job is over.

use super::{ALL, Bench, COMPLETE_1, RUNNING, in_file, with_files};
use crate::base::ids::OperatorId;
use crate::checkpoint::coordinator::CoordinatorAction;
use crate::checkpoint::coordinator::completed::JobEnd;
use crate::checkpoint::coordinator::request::TriggerRequest;
use crate::checkpoint::coordinator::topology::TaskActivity;
use crate::checkpoint::failure_reason::CheckpointFailureReason as Reason;
use crate::graph::checkpoint_settings::ExternalizedCheckpointRetention as Retention;
use crate::network::barrier::SnapshotType;
use crate::record::Value;

#[test]
fn the_timer_s_request_waits_for_a_savepoint() {
    let mut bench = Bench::new(|settings| settings.timeout_ms = 1000);
    bench.start();
    bench.now = 90;
    assert_eq!(bench.ask(SnapshotType::Savepoint), "trigger1@0 trigger1@1");
    assert_eq!(bench.run_to(120), "100: ", "one at a time");
    assert_eq!(bench.coordinator.queued(), 1);
    let said = bench.acknowledge(1, &ALL);
    assert!(said.ends_with("answer:1 trigger2@0 trigger2@1"), "{said}");
}

#[test]
fn several_at_a_time_are_as_many_as_is_allowed() {
    let mut bench = Bench::new(|settings| (settings.concurrent_max, settings.timeout_ms) = (2, 1000));
    for id in 1..=2 {
        assert_eq!(bench.ask(SnapshotType::Checkpoint), format!("trigger{id}@0 trigger{id}@1"));
    }
    assert_eq!(bench.ask(SnapshotType::Checkpoint), "", "the third waits");
    assert_eq!(bench.ask(SnapshotType::Savepoint), "trigger3@0 trigger3@1", "a savepoint does not");
    assert_eq!(bench.acknowledge(1, &ALL), COMPLETE_1.replace("complete1 ", "answer:1 complete1 "));
    assert_eq!(bench.coordinator.pending().len(), 2, "that is still too many");
    assert!(bench.acknowledge(3, &ALL).ends_with("trigger4@0 trigger4@1"));
}

#[test]
fn with_finished_tasks_nothing_starts_where_that_is_not_allowed() {
    let mut bench = Bench::new(|settings| settings.after_tasks_finish = false);
    bench.activity[0] = TaskActivity::Finished;
    assert_eq!(bench.ask(SnapshotType::Checkpoint), "answer:NOT_ALL_REQUIRED_TASKS_RUNNING");
}

#[test]
fn a_pause_does_not_hold_up_whoever_asks_by_hand() {
    let mut bench = Bench::new(|settings| (settings.pause_min_ms, settings.timeout_ms) = (60, 1000));
    bench.ask(SnapshotType::Checkpoint);
    bench.acknowledge(1, &ALL);
    assert_eq!(bench.ask(SnapshotType::Checkpoint), "trigger2@0 trigger2@1");
}

#[test]
fn only_what_is_a_checkpoint_s_own_fault_counts() {
    let counted = Reason::ALL.iter().filter(|reason| reason.counts_as_failure());
    let names: Vec<&str> = counted.map(|reason| reason.name()).collect();
    // Flink: `CheckpointFailureManager#checkFailureAgainstCounter`.
    let flinks = [
        "IO_EXCEPTION",
        "CHECKPOINT_ASYNC_EXCEPTION",
        "CHECKPOINT_EXPIRED",
        "CHECKPOINT_DECLINED",
        "FINALIZE_CHECKPOINT_FAILURE",
    ];
    assert_eq!(names, flinks);
    for &reason in &Reason::ALL {
        let mut bench = Bench::new(|settings| settings.failures_tolerated = 0);
        bench.ask(SnapshotType::Checkpoint);
        bench.coordinator.decline(1, reason, None, 3);
        let fails = bench.said().ends_with(&format!("fail:{}", reason.name()));
        assert_eq!(fails, flinks.contains(&reason.name()), "{}", reason.name());
    }
}

#[test]
fn a_success_forgets_the_failures_before() {
    let mut bench = Bench::new(|settings| settings.failures_tolerated = 1);
    for (id, is_complete) in [(1, false), (2, true), (3, false), (4, false)] {
        bench.ask(SnapshotType::Checkpoint);
        if is_complete {
            bench.acknowledge(id, &ALL);
        } else {
            bench.coordinator.decline(id, Reason::Declined, None, 3);
            assert_eq!(bench.said().contains("fail:"), id == 4, "after checkpoint {id}");
        }
    }
}

#[test]
fn the_sources_coordinators_are_asked_before_their_tasks() {
    let mut bench = Bench::new(|_| {});
    bench.start();
    let mut asked = Vec::new();
    let now = bench.now;
    let mut coordinators = |id| {
        asked.push(id);
        vec![(OperatorId([1; 16]), Value::Long(7))]
    };
    bench.coordinator.begin(TriggerRequest::periodic(now), now, &RUNNING, &mut coordinators);
    // Nothing has been said to a task yet when they are asked: that is done with what is said now.
    assert_eq!(asked, [1]);
    let first = bench.coordinator.take_actions().into_iter().next();
    assert!(matches!(first, Some(CoordinatorAction::Trigger { .. })), "{first:?}");
    bench.acknowledge(1, &ALL);
    let source = OperatorId([1; 16]);
    assert_eq!(bench.coordinator.restored_coordinator_state(source), Some((1, &Value::Long(7))));
    bench.activity[4] = TaskActivity::NotRunning;
    let mut nobody = |_| unreachable!("what does not begin asks nobody");
    bench.coordinator.begin(TriggerRequest::periodic(now), now, &bench.activity, &mut nobody);
}

#[test]
fn files_stay_after_the_job_as_the_retention_says() {
    let ends = [JobEnd::Finished, JobEnd::Canceled, JobEnd::Failed];
    for (retention, stays) in [
        (Retention::NoExternalizedCheckpoints, [false, false, false]),
        (Retention::DeleteOnCancellation, [false, false, true]),
        (Retention::RetainOnCancellation, [false, true, true]),
    ] {
        for (end, stays) in ends.into_iter().zip(stays) {
            let mut bench = with_files_and(retention);
            bench.ask(SnapshotType::Checkpoint);
            bench.acknowledge_with(1, &[0], in_file("d/chk-1/a"));
            bench.acknowledge(1, &ALL[1..]);
            bench.coordinator.metadata_written("d/chk-1/_metadata", None, 3);
            bench.said();
            bench.coordinator.shutdown(9, end);
            assert_eq!(!bench.said().contains("delete d/chk-1/"), stays, "{end:?} with {retention:?}");
        }
    }
}

fn with_files_and(retention: Retention) -> Bench {
    let mut bench = with_files();
    bench.coordinator.settings = std::rc::Rc::new(crate::graph::checkpoint_settings::CheckpointSettings {
        retention,
        ..bench.coordinator.settings.as_ref().clone()
    });
    bench
}

#[test]
fn a_savepoint_that_no_task_refuses_fails_nothing() {
    let mut bench = Bench::new(|settings| settings.failures_tolerated = 0);
    for snapshot in [SnapshotType::Savepoint, SnapshotType::SavepointSuspend] {
        bench.ask(snapshot);
        let said = bench.run_to(bench.now + 60);
        assert!(said.contains("abort") && !said.contains("fail:"), "{said}");
    }
    bench.ask(SnapshotType::SavepointSuspend);
    bench.coordinator.decline(3, Reason::DeclinedTaskNotReady, None, bench.now);
    assert!(bench.said().ends_with("fail:CHECKPOINT_DECLINED_TASK_NOT_READY"), "the job was to stop with it");
    bench.ask(SnapshotType::Savepoint);
    bench.coordinator.decline(4, Reason::AsyncException, None, bench.now);
    assert!(bench.said().ends_with("fail:CHECKPOINT_ASYNC_EXCEPTION"), "what a task could not counts");
}
