//! A writer and its committer, with what each checkpoint makes of them.

use crate::graph::operator_spec::{CommitBy, DeliveryGuarantee, OperatorSpec, SinkSpec};
use crate::operator::context::Effect;
use crate::operator::harness::Harness;
use crate::record::Value;
use crate::state::handle::OperatorStateHandle;
use crate::state::keyed::snapshot::SnapshotLayout;

fn writer(guarantee: DeliveryGuarantee) -> Harness {
    Harness::new(&OperatorSpec::Sink(SinkSpec::Table { name: "t".into(), guarantee }))
}

fn committer_spec(is_checkpointing: bool) -> OperatorSpec {
    OperatorSpec::Committer { by: CommitBy::Table("t".into()), is_checkpointing }
}

/// The rows that stand in a table after these effects.
fn rows(effects: &[Effect], of: &str) -> Vec<String> {
    let row = |effect: &Effect| match effect {
        Effect::Collect { table, value } if **table == *of => vec![value.to_string()],
        Effect::Commit { table, rows, .. } if **table == *of => rows.iter().map(Value::to_string).collect(),
        _ => vec![],
    };
    effects.iter().flat_map(row).collect()
}

/// What the writer hands over, taken by the committer.
fn hand_over(writer: &mut Harness, committer: &mut Harness) {
    for committable in writer.take_collected() {
        committer.send(committable);
    }
}

#[test]
fn rows_are_committed_with_their_checkpoint_and_not_before() {
    let mut writer = writer(DeliveryGuarantee::ExactlyOnce);
    let mut committer = Harness::new(&committer_spec(true));
    writer.send(1);
    writer.pre_barrier(1);
    writer.send(2);
    hand_over(&mut writer, &mut committer);
    assert_eq!(rows(&writer.effects(), "t (all)"), ["1", "2"]);
    assert!(committer.effects().is_empty());
    writer.pre_barrier(2);
    hand_over(&mut writer, &mut committer);
    committer.complete(1);
    assert_eq!(rows(&committer.effects(), "t"), ["1"]);
    writer.send(3);
    writer.end_input(0);
    hand_over(&mut writer, &mut committer);
    committer.end_input(0);
    assert!(committer.effects().is_empty(), "the last checkpoint is still to come");
    committer.complete(3);
    let effects = committer.effects();
    assert_eq!(rows(&effects, "t"), ["2", "3"]);
    let transaction = |effect: &Effect| match effect {
        Effect::Commit { transaction, checkpoint, .. } => (transaction.to_string(), *checkpoint),
        other => unreachable!("{other:?}"),
    };
    let transactions: Vec<_> = effects.iter().map(transaction).collect();
    assert_eq!(transactions, [("00000000-0-2-0".to_string(), 2), ("00000000-0-3-0".to_string(), 3)]);
}

#[test]
fn a_restart_commits_again_what_the_checkpoint_holds() {
    let mut writer = writer(DeliveryGuarantee::ExactlyOnce);
    let spec = committer_spec(true);
    let mut committer = Harness::new(&spec);
    writer.send(1);
    writer.pre_barrier(1);
    hand_over(&mut writer, &mut committer);
    let written = committer.checkpoint(SnapshotLayout::Native).inline().1;
    let handles: Vec<OperatorStateHandle> = written.into_iter().collect();
    committer.complete(1);
    let first = committer.effects();
    let mut restored = committer.restored(&spec, 0, 1, &[], &handles);
    assert_eq!(restored.effects(), first, "under the same name, which is committed once");
    restored.complete(1);
    assert!(restored.effects().is_empty());
}

#[test]
fn without_checkpoints_the_end_commits() {
    let mut writer = writer(DeliveryGuarantee::ExactlyOnce);
    let mut committer = Harness::new(&committer_spec(false));
    writer.send("a");
    writer.end_input(0);
    hand_over(&mut writer, &mut committer);
    committer.end_input(0);
    assert_eq!(rows(&committer.effects(), "t"), ["a"]);
}

#[test]
fn at_least_once_rows_leave_in_batches_and_before_barriers() {
    let mut writer = writer(DeliveryGuarantee::AtLeastOnce);
    (1..=6).for_each(|n| writer.send(n));
    assert_eq!(rows(&writer.effects(), "t").len(), 5);
    writer.pre_barrier(1);
    assert_eq!(rows(&writer.effects(), "t"), ["6"]);
    writer.send(7);
    writer.end_input(0);
    assert_eq!(rows(&writer.effects(), "t"), ["7"]);
    assert_eq!(writer.take_collected(), Vec::<Value>::new());
}
