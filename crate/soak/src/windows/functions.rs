//! The functions of a random window job.

use std::rc::Rc;

use weir_engine::base::ids::FunctionId;
use weir_engine::operator::context::{OperatorContext, WatermarkUpdate};
use weir_engine::operator::function::{Method, UserError, UserFunction};
use weir_engine::operator::native::NativeFunctions;
use weir_engine::record::Value;

use super::input::Digest;

/// A generator that says a watermark with each record: the latest time minus a bound.
pub fn punctuated(functions: &mut NativeFunctions, bound: i64) -> FunctionId {
    functions.apply(move |arguments, context| {
        let [fields, _, Value::Long(timestamp)] = arguments else { return Ok(arguments[0].clone()) };
        let latest = if let Value::Long(before) = fields { *timestamp.max(before) } else { *timestamp };
        context.watermark_updates.push(WatermarkUpdate::Emit(latest - bound - 1));
        Ok(Value::Long(latest))
    })
}

/// A generator that says the watermark that a record bears, if it bears one.
pub fn marked(functions: &mut NativeFunctions) -> FunctionId {
    functions.apply(|arguments, context| {
        if let [_, record, _] = arguments
            && let [_, _, _, _, Value::Long(mark)] = fields_of(record)
        {
            context.watermark_updates.push(WatermarkUpdate::Emit(*mark));
        }
        Ok(Value::Null)
    })
}

/// Reduces two records to one that stands for both.
pub fn reduce(functions: &mut NativeFunctions, digest: Digest) -> FunctionId {
    functions.reduce(move |first, second| join(digest, first, second))
}

/// The same as an aggregate function.
pub fn aggregate(functions: &mut NativeFunctions, digest: Digest) -> FunctionId {
    functions.add(Rc::new(Aggregate(digest)))
}

struct Aggregate(Digest);

impl UserFunction for Aggregate {
    fn call(
        &self,
        method: Method,
        args: &[Value],
        _context: &mut OperatorContext,
    ) -> Result<Value, UserError> {
        Ok(match (method, args) {
            (Method::CreateAccumulator, _) => Value::tuple([0, 0, 0, 0].map(Value::Long)),
            (Method::Add, [value, accumulator]) => join(self.0, accumulator, value),
            (Method::Merge, [first, second]) => join(self.0, first, second),
            (Method::GetResult, [accumulator]) => accumulator.clone(),
            _ => Value::Null,
        })
    }
}

fn join(digest: Digest, first: &Value, second: &Value) -> Value {
    let [key, timestamp, Value::Long(count), Value::Long(sum), ..] = fields_of(first) else {
        panic!("{first} is no record of the job")
    };
    let [_, _, Value::Long(more), Value::Long(addend), ..] = fields_of(second) else {
        panic!("{second} is no record of the job")
    };
    let joined = [Value::Long(count + more), Value::Long(digest.join(*sum, *addend))];
    let [count, sum] = joined;
    Value::tuple([key.clone(), timestamp.clone(), count, sum])
}

/// A window's function: emits the key, its bounds, how many records it has and the digest of all.
pub fn result(functions: &mut NativeFunctions, digest: Digest) -> FunctionId {
    functions.apply(move |arguments, context| {
        let [key, window, elements] = arguments else { return Ok(Value::Null) };
        let all = fields_of(elements).iter().cloned().reduce(|first, second| join(digest, &first, &second));
        let all = all.expect("a window that fires is not empty");
        let [_, _, count, sum, ..] = fields_of(&all) else { panic!("{all} is no record of the job") };
        context.collect(Value::tuple([key.clone(), window.clone(), count.clone(), sum.clone()]));
        Ok(Value::Null)
    })
}

/// By how much the second record is later than the first.
pub fn later(functions: &mut NativeFunctions) -> FunctionId {
    functions.reduce(|first, second| match (&fields_of(first)[1], &fields_of(second)[1]) {
        (Value::Long(first), Value::Long(second)) => Value::Long(second - first),
        _ => panic!("{first} or {second} is no record of the job"),
    })
}

/// The digest of a record.
pub fn digest_in(value: &Value) -> i64 {
    match fields_of(value)[3] {
        Value::Long(digest) => digest,
        _ => panic!("{value} is no record of the job"),
    }
}

/// Puts behind a record what its receiver sees of time: the record's own, and the watermark.
pub fn with_time(functions: &mut NativeFunctions) -> FunctionId {
    functions.process(|method, value, context| {
        if method == Method::ProcessElement {
            let timestamp = context.timestamp.map_or(Value::Null, Value::Long);
            context.collect(Value::tuple([value.clone(), timestamp, Value::Long(context.watermark)]));
        }
        Ok(())
    })
}

fn fields_of(value: &Value) -> &[Value] {
    match value {
        Value::Tuple(fields) => fields,
        other => panic!("{other} is no tuple"),
    }
}
