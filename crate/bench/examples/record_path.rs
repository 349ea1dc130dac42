//! How long a record takes on its way through serialisation, key selection and keyed state, step by step.
//!
//! `cargo run --release -p weir-bench --example record_path`

use std::hint::black_box;
use std::rc::Rc;
use std::time::Instant;

use weir_engine::base::ids::FunctionId;
use weir_engine::graph::job_graph::JobType;
use weir_engine::graph::operator_spec::{AggregationKind, Field, KeySelector, OperatorSpec, SinkSpec};
use weir_engine::operator::Operator;
use weir_engine::operator::context::{Emission, OperatorContext};
use weir_engine::operator::function::UserFunctions;
use weir_engine::operator::key::KeyExtractor;
use weir_engine::operator::native::NativeFunctions;
use weir_engine::record::{StreamElement, Value, deserialize, java_hash, serialize, serialize_record};
use weir_engine::state::key_groups::{assign_hash_to_key_group, operator_index};
use weir_engine::state::keyed::KeyedState;

const RECORDS: i64 = 4_000_000;

fn measure(name: &str, mut step: impl FnMut(i64)) {
    let start = Instant::now();
    for number in 0..RECORDS {
        step(number);
    }
    let nanos = start.elapsed().as_nanos() as f64 / RECORDS as f64;
    println!("{name:32} {nanos:7.1} ns a record {:7.1} M records/s", 1000.0 / nanos);
}

fn round_trip(name: &str, value: &Value) {
    let element = StreamElement::record(value.clone());
    let mut bytes = vec![];
    measure(&format!("serialize {name}"), |_| {
        bytes.clear();
        serialize(black_box(&element), &mut bytes);
        black_box(&bytes);
    });
    measure(&format!("deserialize {name}"), |_| {
        drop(black_box(deserialize(black_box(&bytes))));
    });
}

/// Both sides of the exchange without its buffers: map, selector, bytes, key, sum, discard.
fn whole_path(make: impl Fn(&Value) -> Value + 'static, key: &KeySelector, field: u32, name: &str) {
    let mut functions = NativeFunctions::default();
    let map = functions.map(make);
    let functions: Rc<dyn UserFunctions> = Rc::new(functions);
    let key = KeyExtractor::new(key, functions.as_ref()).expect("the function is there");
    let context = || OperatorContext { functions: Some(Rc::clone(&functions)), ..OperatorContext::default() };
    let open = |spec: OperatorSpec, mut context: OperatorContext| {
        let mut operator = weir_engine::operator::build(&spec, JobType::Streaming).expect("it can run");
        operator.open(&mut context).expect("it opens");
        (operator, context)
    };
    let aggregate = OperatorSpec::Aggregate { kind: AggregationKind::Sum, field: Field::Position(field) };
    let keyed = OperatorContext { state: KeyedState::for_subtask(128, 1, 0), ..context() };
    let (mut map, mut map_context) = open(OperatorSpec::Map(map), context());
    let (mut sum, mut sum_context) = open(aggregate, keyed);
    let (mut sink, mut sink_context) = open(OperatorSpec::Sink(SinkSpec::Discard), context());
    let mut bytes = vec![];
    measure(name, |number| {
        run(&mut map, &mut map_context, Value::Long(number));
        for emission in map_context.emitted.drain(..) {
            let Emission::Record { value, timestamp, .. } = emission else { panic!("a record") };
            let hash = java_hash(&key.extract(&value, &mut sum_context).expect("a key"));
            black_box(operator_index(assign_hash_to_key_group(hash, 128), 128, 4));
            bytes.clear();
            serialize_record(&value, timestamp, &mut bytes);
        }
        let Ok(StreamElement::Record { value, .. }) = deserialize(black_box(&bytes)) else {
            panic!("a record");
        };
        let key = key.extract(&value, &mut sum_context).expect("a key");
        sum_context.set_current_key(key).expect("all keys are here");
        run(&mut sum, &mut sum_context, value);
        for emission in sum_context.emitted.drain(..) {
            let Emission::Record { value, .. } = emission else { panic!("a record") };
            run(&mut sink, &mut sink_context, value);
        }
    });
    println!("{:32} {} keys", "", sum_context.state.entry_count());
}

fn run(operator: &mut Box<dyn Operator>, context: &mut OperatorContext, value: Value) {
    operator.on_record(0, value, context).expect("it works");
}

fn main() {
    round_trip("a Long", &7.into());
    round_trip("a String", &"question".into());
    round_trip("a word count", &("question", 1).into());
    let first = KeySelector::Function(FunctionId(0));
    whole_path(Clone::clone, &KeySelector::Identity, 0, "all keys differ");
    whole_path(
        |n| match n {
            Value::Long(n) => Value::Long(n % 1000),
            _ => Value::Null,
        },
        &first,
        0,
        "path of a Long, 1000 keys",
    );
    let words: Vec<Value> = (0..1000).map(|n| Value::from(format!("word{n}").as_str())).collect();
    whole_path(
        move |n| match n {
            Value::Long(n) => Value::tuple([words[*n as usize % 1000].clone(), Value::Long(1)]),
            _ => Value::Null,
        },
        &KeySelector::Field(0),
        1,
        "path of a word count, 1000 keys",
    );
}
