//! Each operator that keeps something, taken in the middle of its input and restored: it goes on as the first one.

use std::rc::Rc;

use super::*;
use crate::graph::operator_spec::{AggregationKind, AsyncOutputMode, AsyncWaitSpec, Field, IntervalJoinSpec};
use crate::graph::operator_spec::{KeySelector, OperatorSpec};
use crate::graph::windowing::{SessionGap, TimeDomain, WindowAssigner, WindowFunction, WindowSpec};
use crate::operator::function::Method;
use crate::operator::harness::Harness;
use crate::operator::native::NativeFunctions;
use crate::record::Value;
use crate::state::handle::OperatorStateMode;
use crate::state::key_groups::{assign_to_key_group, operator_index};
use crate::state::namespace::Namespace;
use crate::state::{StateKind, StateValue};

const LAYOUTS: [SnapshotLayout; 2] = [SnapshotLayout::Native, SnapshotLayout::Canonical];

/// A step of an operator's input: a record of an input with its time, a watermark, or a moment of the clock.
#[derive(Clone, Copy)]
enum Step {
    Record(u8, i64, &'static str, i64),
    Watermark(i64),
    Clock(i64),
}

use Step::{Clock, Record, Watermark};

fn feed(harness: &mut Harness, steps: &[Step]) -> Vec<String> {
    for step in steps {
        take_step(harness, *step);
    }
    harness.outputs()
}

/// The same for all subtasks of an operator that is keyed by the first field.
fn feed_all(harnesses: &mut [Harness], steps: &[Step]) -> Vec<String> {
    let parallelism = harnesses.len() as u32;
    for step in steps {
        if let Record(.., key, _) = *step {
            let subtask = operator_index(assign_to_key_group(&key.into(), 128), 128, parallelism);
            take_step(&mut harnesses[subtask as usize], *step);
        } else {
            for harness in &mut *harnesses {
                take_step(harness, *step);
            }
        }
    }
    harnesses.iter_mut().flat_map(Harness::outputs).collect()
}

fn take_step(harness: &mut Harness, step: Step) {
    match step {
        Record(input, timestamp, key, value) => {
            harness.context.timestamp = Some(timestamp);
            harness.try_send(input, (key, value)).unwrap();
        }
        Watermark(watermark) => harness.watermark(watermark),
        Clock(now) => harness.clock(now),
    }
}

/// Whatever the parallelism before and after and the layout, what comes out after the checkpoint is the same.
fn check(spec: &OperatorSpec, functions: &NativeFunctions, first: &[Step], rest: &[Step]) {
    let key = KeySelector::Field(0);
    let mut original = Harness::keyed(spec, &key, functions.clone());
    feed(&mut original, first);
    let expected = sorted(feed(&mut original.snapshot(), rest));
    assert!(!expected.is_empty());
    for layout in LAYOUTS {
        let mut first_handles: Vec<KeyedStateHandle> = vec![];
        first_handles.extend(original.checkpoint(layout).inline().0);
        let watermark = original.context.watermark;
        for old in 1..=6 {
            // Restored once, so that it runs in that parallelism, and taken again.
            let mut olds = restore_all(&original, spec, old, &first_handles, watermark);
            let again: Vec<_> = olds.iter_mut().filter_map(|old| old.checkpoint(layout).inline().0).collect();
            for new in 1..=6 {
                let mut news = restore_all(&original, spec, new, &again, watermark);
                assert_eq!(sorted(feed_all(&mut news, rest)), expected, "{layout:?}, {old} to {new}");
            }
        }
    }
}

fn restore_all(
    original: &Harness,
    spec: &OperatorSpec,
    parallelism: u32,
    handles: &[KeyedStateHandle],
    watermark: i64,
) -> Vec<Harness> {
    let restore = |subtask_idx| {
        let mut restored = original.restored(spec, subtask_idx, parallelism, handles, &[]);
        // Watermarks are no state: the first one after a restart brings it back.
        restored.context.watermark = watermark;
        restored
    };
    (0..parallelism).map(restore).collect()
}

fn sorted(mut outputs: Vec<String>) -> Vec<String> {
    outputs.retain(|output| !output.starts_with('W'));
    outputs.sort();
    outputs
}

#[test]
fn rolling_values() {
    let sum = OperatorSpec::Aggregate { kind: AggregationKind::Sum, field: Field::Position(1) };
    let first = [Record(0, 0, "a", 1), Record(0, 0, "b", 2), Record(0, 0, "a", 3)];
    let rest = [Record(0, 0, "a", 10), Record(0, 0, "b", 10), Record(0, 0, "c", 10)];
    check(&sum, &NativeFunctions::default(), &first, &rest);
}

#[test]
fn windows_with_their_timers() {
    let spec = |assigner: WindowAssigner, function| {
        OperatorSpec::Window(Rc::new(WindowSpec {
            trigger: assigner.default_trigger(),
            assigner,
            evictor: None,
            allowed_lateness_ms: 0,
            late_tag: None,
            function,
        }))
    };
    let first = [
        Record(0, 1, "a", 1),
        Record(0, 12, "b", 2),
        Record(0, 3, "c", 3),
        Record(0, 30, "c", 4),
        Watermark(5),
        Clock(4),
        Record(0, 8, "a", 5),
    ];
    let rest = [Record(0, 9, "a", 6), Record(0, 20, "c", 7), Watermark(19), Clock(500), Watermark(99)];
    let sum = WindowFunction::Rolling { kind: AggregationKind::Sum, field: Field::Position(1) };
    for domain in [TimeDomain::EventTime, TimeDomain::ProcessingTime] {
        let tumbling = WindowAssigner::tumbling(domain, 10, 0).unwrap();
        check(&spec(tumbling, sum.clone()), &NativeFunctions::default(), &first, &rest);
        let session = WindowAssigner::session(domain, SessionGap::Fixed(10)).unwrap();
        let mut functions = NativeFunctions::default();
        let list = functions.apply(|arguments, context| {
            let [key, window, elements] = arguments else { panic!("three arguments") };
            context.collect(Value::from(&*format!("{key} {window}: {elements}")));
            Ok(Value::Null)
        });
        check(&spec(session, WindowFunction::Apply(list)), &functions, &first, &rest);
    }
}

/// With the same uid, a function on a keyed stream becomes a window, or a window another one.
#[test]
fn timers_of_windows_of_another_type_are_refused_and_those_of_functions_left() {
    let window = |assigner: WindowAssigner| {
        OperatorSpec::Window(Rc::new(WindowSpec {
            trigger: assigner.default_trigger(),
            assigner,
            evictor: None,
            allowed_lateness_ms: 0,
            late_tag: None,
            function: WindowFunction::Rolling { kind: AggregationKind::Sum, field: Field::Position(1) },
        }))
    };
    let mut functions = NativeFunctions::default();
    let function = functions.process(|method, _, context| match method {
        Method::ProcessElement => context.register_timer(TimeDomain::EventTime, Namespace::Void, 7),
        Method::OnTimer => {
            context.collect(Value::from("fired"));
            Ok(())
        }
        _ => Ok(()),
    });
    let (key, tumbling) =
        (KeySelector::Field(0), window(WindowAssigner::tumbling(TimeDomain::EventTime, 10, 0).unwrap()));
    let function = OperatorSpec::KeyedProcess(function);
    let mut windows = Harness::keyed(&tumbling, &key, functions.clone());
    let mut timers = Harness::keyed(&function, &key, functions);
    for harness in [&mut windows, &mut timers] {
        feed(harness, &[Record(0, 1, "a", 1)]);
    }
    for layout in LAYOUTS {
        let of_windows: Vec<_> = windows.checkpoint(layout).inline().0.into_iter().collect();
        let refused = windows.try_restored(&window(WindowAssigner::Global), (0, 1), &of_windows, &[]);
        assert_eq!(
            refused.err().map(UserError::into_message).as_deref(),
            Some(
                "StateMigrationException: The new priority queue serializer must not be incompatible: it was \
                 TimeWindow.Serializer, and is GlobalWindow.Serializer."
            )
        );
        let of_timers: Vec<_> = timers.checkpoint(layout).inline().0.into_iter().collect();
        let mut both = [
            windows.restored(&tumbling, 0, 1, &of_timers, &[]),
            timers.restored(&function, 0, 1, &of_windows, &[]),
            timers.restored(&function, 0, 1, &of_timers, &[]),
        ];
        let fired = both.each_mut().map(|harness| feed(harness, &[Watermark(50)]).len());
        assert_eq!(fired, [1, 1, 2], "of what is left there is a watermark alone");
    }
}

#[test]
fn both_sides_of_an_interval_join() {
    let mut functions = NativeFunctions::default();
    let function = functions.apply(|arguments, context| {
        let [left, right, ..] = arguments else { panic!("two records") };
        context.collect(Value::from(&*format!("{left}+{right}")));
        Ok(Value::Null)
    });
    let spec = OperatorSpec::IntervalJoin(Rc::new(IntervalJoinSpec {
        lower_ms: -5,
        lower_inclusive: true,
        upper_ms: 5,
        upper_inclusive: true,
        late_tags: [None, None],
        function,
    }));
    let first = [Record(0, 1, "a", 1), Record(1, 9, "b", 2), Record(0, 3, "a", 3), Watermark(2)];
    let rest = [Record(1, 4, "a", 4), Record(0, 8, "b", 5), Watermark(50), Record(1, 51, "a", 6)];
    check(&spec, &functions, &first, &rest);
}

#[test]
fn every_kind_of_keyed_state_and_timers_of_both_clocks() {
    let mut functions = NativeFunctions::default();
    let function = functions.process(|method, value, context| {
        let register =
            |context: &mut OperatorContext, name: &str, kind| context.get_state(&name.into(), kind);
        let list = register(context, "list", StateKind::List)?;
        let map = register(context, "map", StateKind::Map)?;
        match method {
            Method::ProcessElement => {
                let Value::Tuple(fields) = value else { panic!("a pair") };
                let Value::Long(number) = fields[1] else { panic!("a number") };
                context.state.list_add(list, fields[1].clone())?;
                context.state.map_put(map, Value::Long(number % 3), fields[1].clone())?;
                for domain in [TimeDomain::EventTime, TimeDomain::ProcessingTime] {
                    context.register_timer(domain, Namespace::Void, 10 * number)?;
                }
            }
            Method::OnTimer => {
                let held = StateValue::Map(context.state.map(map)?).to_string();
                let text =
                    format!("{} {value} {:?} {held}", context.current_key(), context.state.list(list)?);
                context.collect(Value::from(&*text));
            }
            _ => {}
        }
        Ok(())
    });
    let first: Vec<Step> =
        (1..30).map(|n| Record(0, 0, ["a", "b", "c", "d"][n as usize % 4], n % 7)).collect();
    let rest = [Record(0, 0, "a", 9), Watermark(35), Clock(45), Watermark(200), Clock(300)];
    check(&OperatorSpec::KeyedProcess(function), &functions, &first, &rest);
}

#[test]
fn broadcast_state_is_the_same_in_each_subtask() {
    let mut functions = NativeFunctions::default();
    let function = functions.process(|method, value, context| {
        let Some(states) = context.broadcast.as_deref_mut() else { return Ok(()) };
        let rules = states.find("rules", StateKind::Map).unwrap();
        match method {
            Method::Second => states.map_put(rules, value.clone(), 1.into())?,
            Method::First => {
                let text = StateValue::Map(states.map(rules)?).to_string();
                context.collect(Value::from(&*text));
            }
            _ => {}
        }
        Ok(())
    });
    let spec = OperatorSpec::BroadcastProcess { function, states: ["rules".into()].into() };
    let mut original = Harness::with_functions(&spec, functions);
    feed(&mut original, &[Record(1, 0, "x", 1), Record(1, 0, "y", 2)]);
    let (_, operator) = original.checkpoint(SnapshotLayout::Native).inline();
    let mut restored = original.restored(&spec, 1, 3, &[], &operator.into_iter().collect::<Vec<_>>());
    let rest = [Record(1, 0, "z", 1), Record(0, 0, "a", 1)];
    assert_eq!(feed(&mut restored, &rest), ["{(x,1)=1, (y,2)=1, (z,1)=1}"]);
    assert_eq!(feed(&mut original, &rest), ["{(x,1)=1, (y,2)=1, (z,1)=1}"]);
}

#[test]
fn what_waits_for_an_answer_is_asked_about_again() {
    let mut functions = NativeFunctions::default();
    let function = functions.add_with_method(|method, arguments, _| {
        Ok(match method {
            Method::Timeout => Value::tuple([Value::tuple([arguments[0].clone()])]),
            _ => Value::Null,
        })
    });
    let spec =
        AsyncWaitSpec { function, mode: AsyncOutputMode::Ordered, timeout_ms: 100, capacity: 9, retry: None };
    let spec = OperatorSpec::AsyncWait(spec);
    let mut original = Harness::with_functions(&spec, functions);
    feed(&mut original, &[Record(0, 5, "a", 1), Watermark(3), Record(0, 6, "b", 2)]);
    let (_, operator) = original.checkpoint(SnapshotLayout::Native).inline();
    let mut restored = original.restored(&spec, 0, 1, &[], &operator.into_iter().collect::<Vec<_>>());
    assert_eq!(restored.context.elements_waiting, 3);
    assert_eq!(feed(&mut restored, &[Clock(101)]), ["(a,1)", "W3", "(b,2)"]);
}

#[test]
fn lists_of_a_function() {
    let mut functions = NativeFunctions::default();
    let function = functions.checkpointed(|method, value, context| {
        let list = context.operator_state.list_state("buffer", OperatorStateMode::SplitDistribute)?;
        match method {
            Method::InitializeState => {
                let held = context.operator_state.entries(list).len();
                let text = format!("{:?} {held}", context.restored_checkpoint_id);
                context.collect(Value::from(&*text));
            }
            Method::Apply => context.operator_state.add(list, value.clone()),
            Method::SnapshotState => {
                let text = format!("{:?}", context.operator_state.entries(list));
                context.collect(Value::from(&*text));
            }
            _ => {}
        }
        Ok(())
    });
    let spec = OperatorSpec::FlatMap(function);
    let mut original = Harness::with_functions(&spec, functions);
    assert_eq!(feed(&mut original, &[Record(0, 0, "a", 1), Record(0, 0, "b", 2)]), ["None 0"]);
    let (keyed, operator) = original.checkpoint(SnapshotLayout::Native).inline();
    assert!(keyed.is_none());
    let mut restored = original.restored(&spec, 0, 1, &[], &operator.into_iter().collect::<Vec<_>>());
    assert_eq!(restored.outputs(), ["Some(1) 2"]);
}

#[test]
fn a_state_of_another_kind_is_refused_in_flinks_words() {
    let sum = OperatorSpec::Aggregate { kind: AggregationKind::Sum, field: Field::Position(1) };
    let mut original = Harness::keyed(&sum, &KeySelector::Field(0), NativeFunctions::default());
    feed(&mut original, &[Record(0, 0, "a", 1)]);
    let (keyed, _) = original.checkpoint(SnapshotLayout::Canonical).inline();
    let mut functions = NativeFunctions::default();
    let function = functions.process(|method, _, context| {
        if method == Method::ProcessElement {
            context.get_state(&"_op_state".into(), StateKind::List)?;
        }
        Ok(())
    });
    let other = OperatorSpec::KeyedProcess(function);
    let key = KeySelector::Field(0);
    let other_harness = Harness::keyed(&other, &key, functions);
    let mut restored = other_harness.restored(&other, 0, 1, &keyed.into_iter().collect::<Vec<_>>(), &[]);
    let error = restored.try_send(0, ("a", 1)).unwrap_err().into_message();
    assert_eq!(
        error,
        "For state \"_op_state\": Incompatible key/value state types. Was [VALUE], registered with [LIST]."
    );
}

#[test]
fn broadcast_state_of_another_type_is_refused_in_flinks_words() -> Result<(), UserError> {
    let mut context = OperatorContext::default();
    let id = context.broadcast_state(&"rules".into())?;
    context.broadcast.as_mut().expect("it was made just now").map_put(id, "a".into(), Value::Long(1))?;
    let types = |key: &str, value: &str| Value::tuple([key.into(), value.into()]);
    let mut said =
        |key, value| context.declare_broadcast(id, &types(key, value)).map_err(|it| it.to_string());
    assert_eq!(
        said("Long", "Long").unwrap_err(),
        "StateMigrationException: The new key serializer for broadcast state must not be incompatible: it was \
         StringSerializer, and is LongSerializer."
    );
    assert!(said("String", "String").unwrap_err().contains("new value serializer for broadcast state"));
    assert_eq!(said("String", "Long"), Ok(()));
    Ok(())
}

#[test]
fn broadcast_state_of_nothing_keeps_its_type() -> Result<(), UserError> {
    let mut old = OperatorContext::default();
    let id = old.broadcast_state(&"rules".into())?;
    old.declare_broadcast(id, &("String", "Long").into())?;
    old.save_broadcast()?;
    let mut context = OperatorContext { operator_state: old.operator_state, ..OperatorContext::default() };
    let id = context.broadcast_state(&"rules".into())?;
    let refused = context.declare_broadcast(id, &("String", "String").into()).unwrap_err().to_string();
    assert!(refused.ends_with("must not be incompatible: it was LongSerializer, and is StringSerializer."));
    Ok(context.declare_broadcast(id, &Value::Null)?)
}
