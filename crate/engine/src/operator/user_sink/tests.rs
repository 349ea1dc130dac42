//! A sink of the job: what its writer remembers, what is prepared for which checkpoint, and what is tried again.

use super::*;
use crate::graph::operator_spec::{CommitBy, OperatorSpec, SinkSpec};
use crate::operator::function::UserFunction;
use crate::operator::harness::Harness;
use crate::operator::native::NativeFunctions;
use crate::state::keyed::snapshot::SnapshotLayout;

/// Remembers the sum of what was written, and prepares it; flushing says so.
struct Summing;

impl UserFunction for Summing {
    fn call(
        &self,
        method: Method,
        args: &[Value],
        context: &mut OperatorContext,
    ) -> Result<Value, UserError> {
        let long = |value: Option<&Value>| if let Some(Value::Long(long)) = value { *long } else { 0 };
        let sum = long(args.first());
        let list = |list: Vec<Value>, sum: i64| Value::tuple([Value::Long(sum), Value::Tuple(list.into())]);
        Ok(match method {
            Method::Open => match args.first() {
                Some(Value::Null) => args.get(1).map_or(Value::Null, |states| match states {
                    Value::Tuple(states) => Value::Long(states.iter().map(|state| long(Some(state))).sum()),
                    _ => Value::Null,
                }),
                _ => Value::Null,
            },
            Method::Write => Value::Long(sum + long(args.get(1))),
            Method::Flush => {
                let line = format!("flush {}", args[1]);
                context.effects.push(Effect::Print { to_stderr: false, line });
                Value::Long(sum)
            }
            Method::PrepareCommit if sum == 0 => list(vec![], 0),
            Method::PrepareCommit => list(vec![sum.into()], 0),
            Method::SnapshotState => list(vec![sum.into()], sum),
            _ => Value::Null,
        })
    }
}

fn writer() -> Harness {
    let mut functions = NativeFunctions::default();
    let sink = functions.add(Rc::new(Summing));
    let committer = Some(sink);
    Harness::with_functions(&OperatorSpec::Sink(SinkSpec::User { sink, committer }), functions)
}

#[test]
fn what_was_written_between_two_barriers_is_prepared_before_the_second() {
    let mut writer = writer();
    writer.send(1);
    writer.send(2);
    writer.pre_barrier(1);
    assert_eq!(writer.take_collected(), [(1, 3).into()]);
    assert_eq!(writer.effects(), [Effect::Print { to_stderr: false, line: "flush false".into() }]);
    writer.pre_barrier(2);
    assert_eq!(writer.take_collected(), [] as [Value; 0]);
    writer.send(4);
    assert!(writer.checkpoint(SnapshotLayout::Native).operator.is_some(), "what it remembers is state");
    writer.effects();
    writer.end_input(0);
    assert_eq!(writer.take_collected(), [(3, 4).into()], "it belongs to the next checkpoint");
    assert_eq!(writer.effects(), [Effect::Print { to_stderr: false, line: "flush true".into() }]);
    writer.pre_barrier(3);
    assert_eq!(
        (writer.take_collected().len(), writer.effects().len()),
        (0, 0),
        "nothing comes after the end"
    );
}

/// A committer that wants each committable to be tried so many times more.
fn committer(tries: i64) -> Harness {
    let mut functions = NativeFunctions::default();
    let function = functions.add_with_method(move |method, args, context| {
        let (Method::Commit, [open, Value::Long(retry)]) = (method, args) else { return Ok(Value::Null) };
        if *retry < tries {
            return Ok(open.clone());
        }
        let Value::Tuple(rows) = open else { return Ok(Value::Null) };
        let (table, transaction) = ("t".into(), "x".into());
        context.effects.push(Effect::Commit { table, transaction, checkpoint: 0, rows: Rc::clone(rows) });
        Ok(Value::Null)
    });
    let by = CommitBy::Function(function);
    Harness::with_functions(&OperatorSpec::Committer { by, is_checkpointing: true }, functions)
}

#[test]
fn a_committer_is_asked_when_the_checkpoint_is_complete_and_again_for_what_it_could_not_commit() {
    for tries in [0, 10] {
        let mut committer = committer(tries);
        committer.send((1, "a"));
        committer.send((2, "b"));
        committer.send((1, "c"));
        assert_eq!(committer.effects(), []);
        committer.complete(1);
        let rows = ["a".into(), "c".into()].into();
        let (table, transaction) = ("t".into(), "x".into());
        assert_eq!(committer.effects(), [Effect::Commit { table, transaction, checkpoint: 1, rows }]);
    }
}

#[test]
fn what_is_never_committed_fails_the_task() -> Result<(), UserError> {
    let mut functions = NativeFunctions::default();
    let function = functions.add_with_method(|_, args, _| Ok(args[0].clone()));
    let committer = FunctionSlot::instantiated(function, &functions)?;
    let refused = commit(&committer, 1, &[(1, "a").into()], &mut OperatorContext::default());
    let message = refused.err().map(UserError::into_message);
    assert_eq!(message.as_deref(), Some("Failed to commit 1 committables after 10 retries: (a)"));
    Ok(())
}
