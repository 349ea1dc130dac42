//! Running aggregates, as the real Flink printed them.

use super::*;
use crate::graph::operator_spec::{KeySelector, OperatorSpec};
use crate::operator::context::Emission;
use crate::operator::harness::Harness;
use crate::operator::native::NativeFunctions;

fn harness(kind: AggregationKind, field: Field) -> Harness {
    let spec = OperatorSpec::Aggregate { kind, field };
    Harness::keyed(&spec, &KeySelector::Field(0), NativeFunctions::default())
}

fn check(kind: AggregationKind, expected: &str) {
    let mut harness = harness(kind, Field::Position(1));
    for (value, place) in [(5, 1), (3, 2), (3, 3), (9, 4), (9, 5), (4, 6)] {
        harness.send(("a", value, place));
    }
    assert_eq!(harness.outputs().join(" "), expected, "{kind:?}");
}

#[test]
fn rolling_aggregates() {
    use AggregationKind::{Max, MaxBy, Min, MinBy, Sum};
    check(Sum, "(a,5,1) (a,8,1) (a,11,1) (a,20,1) (a,29,1) (a,33,1)");
    check(Min, "(a,5,1) (a,3,1) (a,3,1) (a,3,1) (a,3,1) (a,3,1)");
    check(Max, "(a,5,1) (a,5,1) (a,5,1) (a,9,1) (a,9,1) (a,9,1)");
    check(MinBy { first: true }, "(a,5,1) (a,3,2) (a,3,2) (a,3,2) (a,3,2) (a,3,2)");
    check(MinBy { first: false }, "(a,5,1) (a,3,2) (a,3,3) (a,3,3) (a,3,3) (a,3,3)");
    check(MaxBy { first: true }, "(a,5,1) (a,5,1) (a,5,1) (a,9,4) (a,9,4) (a,9,4)");
    check(MaxBy { first: false }, "(a,5,1) (a,5,1) (a,5,1) (a,9,4) (a,9,5) (a,9,5)");
}

#[test]
fn in_batch_each_key_has_one_result() {
    let kind = AggregationKind::Sum;
    let spec = OperatorSpec::Aggregate { kind, field: Field::Position(1) };
    let mut harness = Harness::sorted(&spec, &KeySelector::Field(0), NativeFunctions::default());
    for (key, counts) in [("a", [1, 2, 4]), ("b", [1, 1, 1])] {
        for count in counts {
            harness.send((key, count));
        }
        assert_eq!(harness.outputs(), [] as [&str; 0]);
        assert_eq!(harness.context.state.entry_count(), 1, "the state of the key before is gone");
        harness.end_key();
        assert_eq!(harness.outputs().len(), 1);
    }
}

#[test]
fn words_are_counted_by_key() {
    let mut harness = harness(AggregationKind::Sum, Field::Position(1));
    for word in ["to", "be", "or", "not", "to", "be"] {
        harness.send((word, 1));
    }
    assert_eq!(harness.outputs().join(" "), "(to,1) (be,1) (or,1) (not,1) (to,2) (be,2)");
    let state: Vec<_> = harness.context.state.entries().map(|entry| entry.value).collect();
    assert_eq!(state.len(), 4);
    assert!(state.contains(&"(to,2)".to_string()));
}

#[test]
fn what_was_emitted_does_not_change() {
    let mut harness = harness(AggregationKind::Sum, Field::Position(1));
    harness.send(("a", 1));
    let Emission::Record { value: first, .. } = harness.context.emitted[0].clone() else {
        panic!("a record");
    };
    let snapshot = harness.context.state.clone();
    harness.send(("a", 1));
    assert_eq!(first, ("a", 1).into());
    assert_eq!(snapshot.entries().next().unwrap().value, "(a,1)");
    assert_eq!(harness.outputs(), ["(a,1)", "(a,2)"]);
}

fn check_sum(a: impl Into<Value>, b: impl Into<Value>, expected: &str) {
    let mut harness = harness(AggregationKind::Sum, Field::Position(1));
    harness.send(("k", a.into()));
    let result = harness.try_send(0, ("k", b.into()));
    let text = result.map_or_else(UserError::into_message, |()| harness.outputs()[1].clone());
    assert_eq!(text, expected);
}

#[test]
fn sums_are_those_of_java() {
    check_sum(i64::MAX, 1, "(k,-9223372036854775808)");
    check_sum(1.5, 2.25, "(k,3.75)");
    check_sum(1.5, 2, "(k,3.5)");
    check_sum(1, 0.5, "(k,1.5)");
    check_sum("x", 1, "DataStream cannot be summed: x (String) and 1 (Long) are not both numbers.");
}

#[test]
fn extremes_of_any_comparable() {
    let mut harness = harness(AggregationKind::Max, Field::Position(1));
    for value in [Value::from(1), 1.5.into(), f64::NAN.into()] {
        harness.send(("number", value));
    }
    for value in ["b", "a", "c"] {
        harness.send(("string", value));
    }
    assert_eq!(
        harness.outputs().join(" "),
        "(number,1) (number,1.5) (number,NaN) (string,b) (string,b) (string,c)"
    );
    let error = harness.try_send(0, ("number", "x")).unwrap_err();
    assert_eq!(error.message, "x (String) and NaN (Double) cannot be compared.");
}

#[test]
fn fields_by_position_and_name() {
    let key = KeySelector::Identity;
    let spec = |field| OperatorSpec::Aggregate { kind: AggregationKind::Sum, field };
    let mut whole = Harness::keyed(&spec(Field::Position(0)), &key, NativeFunctions::default());
    whole.send(3);
    whole.send(3);
    assert_eq!(whole.outputs(), ["3", "6"]);
    let mut named = harness(AggregationKind::Sum, Field::Name("f1".into()));
    named.send(("a", 1));
    named.send(("a", 1));
    assert_eq!(named.outputs(), ["(a,1)", "(a,2)"]);
    let mut row = Harness::keyed(&spec(Field::Name("n".into())), &key, NativeFunctions::default());
    row.send(Value::row([("n", 2.into())]));
    row.send(Value::row([("n", 2.into())]));
    assert_eq!(row.outputs(), ["+I{n=2}", "+I{n=4}"]);
    let mut missing = harness(AggregationKind::Sum, Field::Position(7));
    let error = missing.try_send(0, ("a", 1)).unwrap_err();
    assert_eq!(error.message, "The aggregation is over field 7, and (a,1) (Tuple) has no such field.");
    assert_eq!(missing.context.state.entry_count(), 0);
}
