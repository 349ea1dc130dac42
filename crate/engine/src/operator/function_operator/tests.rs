//! The operators with user functions, one and two inputs, keyed state of every kind.

use super::*;
use crate::graph::operator_spec::{KeySelector, OperatorSpec};
use crate::operator::context::Emission;
use crate::operator::harness::Harness;
use crate::operator::native::NativeFunctions;
use crate::state::StateKind;
use crate::time::event_log::TimeFact;

fn check_map(
    function: impl Fn(&Value) -> Value + 'static,
    spec: fn(FunctionId) -> OperatorSpec,
    expected: &str,
) {
    let mut functions = NativeFunctions::default();
    let id = functions.map(function);
    let mut harness = Harness::with_functions(&spec(id), functions);
    harness.context.timestamp = Some(7);
    for value in 1..=4 {
        harness.send(value);
    }
    let all_at_7 = |emission: &Emission| matches!(emission, Emission::Record { timestamp: Some(7), .. });
    assert!(harness.context.emitted.iter().all(all_at_7));
    assert_eq!(harness.outputs().join(" "), expected);
}

fn long(value: &Value) -> i64 {
    match value {
        Value::Long(long) => *long,
        other => panic!("no Long: {other}"),
    }
}

#[test]
fn map_and_filter() {
    check_map(|n| Value::Long(long(n) * long(n)), OperatorSpec::Map, "1 4 9 16");
    check_map(|n| Value::Bool(long(n) > 2), OperatorSpec::Filter, "3 4");
    // As an `if` of JavaScript would take them.
    check_map(|n| Value::Long(long(n) % 2), OperatorSpec::Filter, "1 3");
    check_map(|n| if long(n) == 3 { Value::Null } else { "x".into() }, OperatorSpec::Filter, "1 2 4");
}

#[test]
fn flat_map_emits_any_number() {
    let mut functions = NativeFunctions::default();
    let id = functions.process(|method, line, out| {
        if let (Method::Apply, Value::String(line)) = (method, line) {
            line.split(' ').for_each(|word| out.collect((word, 1).into()));
        }
        Ok(())
    });
    let mut harness = Harness::with_functions(&OperatorSpec::FlatMap(id), functions);
    harness.send("to be or");
    harness.send("not");
    assert_eq!(harness.outputs(), ["(to,1)", "(be,1)", "(or,1)", "(not,1)"]);
}

#[test]
fn process_has_side_outputs_and_a_life_cycle() {
    let mut functions = NativeFunctions::default();
    let id = functions.process(|method, value, context| {
        match method {
            Method::ProcessElement if long(value) % 2 == 1 => context.output("odd".into(), value.clone()),
            Method::ProcessElement => context.collect(value.clone()),
            other => context.collect(format!("{other:?}").as_str().into()),
        }
        Ok(())
    });
    let mut harness = Harness::with_functions(&OperatorSpec::Process(id), functions);
    harness.send(1);
    harness.send(2);
    harness.close();
    assert_eq!(harness.outputs(), ["Open", "odd: 1", "2", "Close"]);
}

#[test]
fn co_functions_know_their_input() {
    let both = |spec: fn(FunctionId) -> OperatorSpec, method: fn(Method, &Value) -> Value| {
        let mut functions = NativeFunctions::default();
        let id = match spec(FunctionId(0)) {
            OperatorSpec::CoMap(_) => functions.add(std::rc::Rc::new(CoMap(method))),
            _ => functions.process(move |input, value, context| {
                if matches!(input, Method::First | Method::Second) {
                    context.collect(method(input, value));
                }
                Ok(())
            }),
        };
        let mut harness = Harness::with_functions(&spec(id), functions);
        harness.try_send(0, 1).unwrap();
        harness.try_send(1, "x").unwrap();
        harness.outputs().join(" ")
    };
    let named = |method: Method, value: &Value| format!("{method:?}:{value}").as_str().into();
    assert_eq!(both(OperatorSpec::CoMap, named), "First:1 Second:x");
    assert_eq!(both(OperatorSpec::CoFlatMap, named), "First:1 Second:x");
    assert_eq!(both(OperatorSpec::CoProcess, named), "First:1 Second:x");
}

struct CoMap(fn(Method, &Value) -> Value);

impl crate::operator::function::UserFunction for CoMap {
    fn call(&self, method: Method, args: &[Value], _: &mut OperatorContext) -> Result<Value, UserError> {
        Ok(args.first().map_or(Value::Null, |value| (self.0)(method, value)))
    }
}

#[test]
fn errors_name_the_function() {
    let mut functions = NativeFunctions::default();
    functions.map(Clone::clone);
    let id = functions.process(|method, _, _| match method {
        Method::ProcessElement => Err(UserError::new("Error: boom")),
        _ => Ok(()),
    });
    let mut harness = Harness::with_functions(&OperatorSpec::Process(id), functions);
    let error = harness.try_send(0, 1).unwrap_err();
    assert_eq!(error, UserError::new("Error: boom").of(FunctionId(1)));
}

#[test]
fn reduce_emits_each_running_value() {
    let mut functions = NativeFunctions::default();
    let id = functions.reduce(|a, b| Value::Long(long(a) + long(b)));
    let odd = KeySelector::Function(functions.map(|n| Value::Long(long(n) % 2)));
    let mut harness = Harness::keyed(&OperatorSpec::Reduce(id), &odd, functions);
    for value in 1..=4 {
        harness.send(value);
    }
    assert_eq!(harness.outputs(), ["1", "2", "4", "6"]);
}

/// One state of each kind, as the oracle's case `keyed_state_kinds` has them.
fn all_kinds(method: Method, record: &Value, context: &mut OperatorContext) -> Result<(), UserError> {
    use StateKind::{Aggregating, List, Map, Reducing, Value as One};
    let newest = context.get_state(&"v".into(), One)?;
    let list = context.get_state(&"l".into(), List)?;
    let seen = context.get_state(&"m".into(), Map)?;
    let reduced = context.get_state(&"r".into(), Reducing)?;
    let total = context.get_state(&"a".into(), Aggregating)?;
    let (Method::ProcessElement, Value::Tuple(fields)) = (method, record) else { return Ok(()) };
    let element = &fields[1];
    let plus = |old: &Value| match old {
        Value::Null => element.clone(),
        old => Value::Long(long(old) + long(element)),
    };
    let state = &mut context.state;
    state.update(newest, element.clone())?;
    state.list_add(list, element.clone())?;
    let times = if state.map_contains(seen, element)? { long(&state.map_get(seen, element)?) } else { 0 };
    state.map_put(seen, element.clone(), Value::Long(times + 1))?;
    let sum = plus(&state.value(reduced)?);
    state.update(reduced, sum)?;
    let sum = plus(&state.value(total)?);
    state.update(total, sum)?;
    let (listed, mapped) = (state.list(list)?.len(), state.map(seen)?.len());
    let (newest, reduced, total) = (state.value(newest)?, state.value(reduced)?, long(&state.value(total)?));
    let line = format!("{}:{newest}:{listed}:{mapped}", context.current_key());
    context.collect((line.as_str(), reduced, total * 100).into());
    Ok(())
}

#[test]
fn keyed_state_kinds() {
    let mut functions = NativeFunctions::default();
    let id = functions.process(all_kinds);
    let mut harness = Harness::keyed(&OperatorSpec::KeyedProcess(id), &KeySelector::Field(0), functions);
    for (key, value) in [("a", 1), ("a", 2), ("b", 7), ("a", 2), ("b", 7)] {
        harness.send((key, value));
    }
    assert_eq!(
        harness.outputs(),
        ["(a:1:1:1,1,100)", "(a:2:2:2,3,300)", "(b:7:1:1,7,700)", "(a:2:3:2,5,500)", "(b:7:2:1,14,1400)"]
    );
}

#[test]
fn keyed_state_needs_a_key() {
    let mut functions = NativeFunctions::default();
    let id = functions.process(|method, _, context| match method {
        Method::ProcessElement => context.get_state(&"s".into(), StateKind::Value).map(drop),
        _ => Ok(()),
    });
    let mut harness = Harness::with_functions(&OperatorSpec::Process(id), functions);
    let error = harness.try_send(0, 1).unwrap_err().into_message();
    assert!(error.starts_with("Keyed state can only be used on a 'keyed stream'"), "{error}");
}

#[test]
fn timers_of_both_clocks_are_noted() {
    use crate::graph::windowing::TimeDomain::{EventTime, ProcessingTime};
    use crate::state::namespace::Namespace;
    let mut functions = NativeFunctions::default();
    let id = functions.process(|method, _, context| {
        if method == Method::ProcessElement {
            context.register_timer(ProcessingTime, Namespace::Void, 30)?;
            context.register_timer(EventTime, Namespace::Void, 30)?;
            context.register_timer(ProcessingTime, Namespace::Void, 40)?;
            context.delete_timer(ProcessingTime, Namespace::Void, 40)?;
        }
        Ok(())
    });
    let mut harness = Harness::keyed(&OperatorSpec::KeyedProcess(id), &KeySelector::Field(0), functions);
    harness.send(("a", 1));
    harness.clock(31);
    let noted = harness.context.time_log.last(usize::MAX).filter_map(|event| match &event.fact {
        TimeFact::Timer { domain, timestamp, what, .. } => Some((*domain, *timestamp, *what)),
        _ => None,
    });
    assert_eq!(
        noted.collect::<Vec<_>>(),
        [
            (ProcessingTime, 30, TimerChange::Set),
            (EventTime, 30, TimerChange::Set),
            (ProcessingTime, 40, TimerChange::Set),
            (ProcessingTime, 40, TimerChange::Deleted),
            (ProcessingTime, 30, TimerChange::Fired),
        ]
    );
}
