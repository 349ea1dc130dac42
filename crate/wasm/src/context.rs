//! What a running function reaches of the engine: output, time, key, subtask.
//!
//! While a function runs, the operator's context stands in a thread-local place, where these free functions
//! find it: no borrow of the engine is held, so that a function may call whatever it likes.

use std::cell::{RefCell, RefMut};
use std::mem;
use std::rc::Rc;

use js_sys::{Array, Error};
use wasm_bindgen::prelude::*;
use weir_engine::base::ids::attempt_number;
use weir_engine::base::prng::Prng;
use weir_engine::graph::windowing::TimeDomain;
use weir_engine::operator::context::{Effect, OperatorContext, WatermarkUpdate};
use weir_engine::operator::function::UserError;
use weir_engine::record::Value;
use weir_engine::time::clock;
use weir_engine::time::user_metrics::UserMetricKind;

use crate::exchange;
use crate::value;

/// The context of the function that runs, and whether one does.
#[derive(Default)]
struct Running {
    context: OperatorContext,
    /// Of the run.
    seed: u64,
    is_set: bool,
}

thread_local! {
    /// It stays for as long as the module, so that a borrow of it can be handed on.
    static RUNNING: &'static RefCell<Running> = Box::leak(Box::default());
}

/// Compiled once for all that a function may call.
#[inline(never)]
fn running() -> RefMut<'static, Running> {
    RUNNING.with(|running| running.borrow_mut())
}

/// Puts the context in its place. Panics if a function runs already.
pub fn enter(context: &mut OperatorContext, seed: u64) {
    let mut running = running();
    assert!(!running.is_set, "a user function is called while another runs");
    mem::swap(&mut running.context, context);
    running.seed = seed;
    running.is_set = true;
}

/// Takes it back.
pub fn leave(context: &mut OperatorContext) {
    let mut running = running();
    mem::swap(&mut running.context, context);
    running.is_set = false;
}

/// Uses the context of the function that runs; throws where none does.
pub fn with_context<R>(use_it: impl FnOnce(&mut OperatorContext) -> Result<R, String>) -> Result<R, JsValue> {
    use_it(&mut reached()?.context).map_err(thrown)
}

/// The context of the function that runs, if one does.
#[inline(never)]
fn reached() -> Result<RefMut<'static, Running>, JsValue> {
    let running = running();
    if running.is_set { Ok(running) } else { Err(not_running()) }
}

/// What is thrown for a sentence.
#[inline(never)]
fn thrown(message: String) -> JsValue {
    Error::new(&message).into()
}

fn not_running() -> JsValue {
    Error::new("This works only while the job runs, inside one of its functions.").into()
}

/// `out.collect(record)` of a number: nothing lies in the buffer.
#[wasm_bindgen(js_name = collectNumber)]
pub fn collect_number(record: f64) -> Result<(), JsValue> {
    with_context(|context| {
        context.collect(value::from_number(record));
        Ok(())
    })
}

/// `out.collect(record)` of the value in the exchange buffer, or of one that does not fit into it.
#[wasm_bindgen]
pub fn collect(large: Option<JsValue>) -> Result<(), JsValue> {
    let record = given(large)?;
    with_context(|context| {
        context.collect(record);
        Ok(())
    })
}

/// `ctx.output(tag, record)`; the record as in `collect`.
#[wasm_bindgen]
pub fn output(tag: &str, large: Option<JsValue>) -> Result<(), JsValue> {
    let record = given(large)?;
    with_context(|context| {
        context.output(Rc::from(tag), record);
        Ok(())
    })
}

/// A row of a table of the external system, which is seen at once.
#[wasm_bindgen(js_name = externalInsert)]
pub fn external_insert(table: &str, large: Option<JsValue>) -> Result<(), JsValue> {
    let value = given(large)?;
    with_context(|context| {
        context.effects.push(Effect::Collect { table: Rc::from(table), value });
        Ok(())
    })
}

/// Commits a transaction to the external system, of rows in an array.
#[wasm_bindgen(js_name = externalCommit)]
pub fn external_commit(table: &str, transaction: &str, rows: &Array) -> Result<(), JsValue> {
    let rows = value::from_array(rows).map_err(thrown)?.into();
    with_context(|context| {
        let (table, transaction) = (Rc::from(table), Rc::from(transaction));
        context.effects.push(Effect::Commit { table, transaction, checkpoint: 0, rows });
        Ok(())
    })
}

/// The value in the exchange buffer, or the one that does not fit into it.
pub fn given(large: Option<JsValue>) -> Result<Value, JsValue> {
    match large {
        None => Ok(exchange::read()),
        Some(value) => value::from_js(&value).map_err(|message| Error::new(&message).into()),
    }
}

/// Puts a value into the exchange buffer; answers it itself if it does not fit.
pub fn answered(value: &Value) -> JsValue {
    match exchange::write(std::slice::from_ref(value)) {
        Some(()) => JsValue::UNDEFINED,
        None => value::to_js(value),
    }
}

/// `ctx.timestamp()`.
#[wasm_bindgen]
pub fn timestamp() -> Result<JsValue, JsValue> {
    with_context(|context| Ok(context.timestamp.map_or(JsValue::NULL, long)))
}

/// Milliseconds of the virtual clock.
#[wasm_bindgen]
pub fn now() -> Result<f64, JsValue> {
    with_context(|context| Ok(context.now as f64))
}

/// What the virtual clock shows when a job begins, in ms since 1970.
#[wasm_bindgen]
pub fn epoch() -> f64 {
    clock::processing_time(0) as f64
}

/// `Math.random()` in a function: from 0 to below 1, drawn from the generator of its subtask.
#[wasm_bindgen]
pub fn random() -> Result<f64, JsValue> {
    let mut running = reached()?;
    let subtask = running.context.subtask.as_deref();
    let name = subtask.map_or("", |subtask| &subtask.operator_name);
    let place = subtask.map_or(0, |subtask| subtask.subtask_idx);
    // Equal operators in different subtasks must not draw equal numbers.
    let mut mix = Prng::new(running.seed);
    let mut salt = mix.next_u64() ^ u64::from(place).rotate_left(32);
    for byte in name.bytes() {
        salt = Prng::new(salt ^ u64::from(byte)).next_u64();
    }
    let drawn = Prng::new(running.context.random.next_u64() ^ salt).next_u64();
    Ok((drawn >> 11) as f64 / (1u64 << 53) as f64)
}

/// The operator's watermark.
#[wasm_bindgen]
pub fn watermark() -> Result<JsValue, JsValue> {
    with_context(|context| Ok(long(context.watermark)))
}

/// `timerService().registerEventTimeTimer(timestamp)` and its siblings; without `event_time` the clock's.
#[wasm_bindgen(js_name = registerTimer)]
pub fn register_timer(event_time: bool, timestamp: i64) -> Result<(), JsValue> {
    with_context(|context| {
        let registered = context.register_timer(domain(event_time), context.namespace, timestamp);
        registered.map_err(UserError::into_message)
    })
}

/// `timerService().deleteEventTimeTimer(timestamp)` and its sibling.
#[wasm_bindgen(js_name = deleteTimer)]
pub fn delete_timer(event_time: bool, timestamp: i64) -> Result<(), JsValue> {
    with_context(|context| {
        let deleted = context.delete_timer(domain(event_time), context.namespace, timestamp);
        deleted.map_err(UserError::into_message)
    })
}

fn domain(event_time: bool) -> TimeDomain {
    if event_time { TimeDomain::EventTime } else { TimeDomain::ProcessingTime }
}

/// `output.emitWatermark(timestamp)` of a watermark generator.
#[wasm_bindgen(js_name = emitWatermark)]
pub fn emit_watermark(timestamp: i64) -> Result<(), JsValue> {
    with_context(|context| {
        context.watermark_updates.push(WatermarkUpdate::Emit(timestamp));
        Ok(())
    })
}

/// `output.markIdle()` or `output.markActive()` of a watermark generator.
#[wasm_bindgen(js_name = markOutput)]
pub fn mark_output(idle: bool) -> Result<(), JsValue> {
    with_context(|context| {
        let update = if idle { WatermarkUpdate::Idle } else { WatermarkUpdate::Active };
        context.watermark_updates.push(update);
        Ok(())
    })
}

/// A time as a record's Long crosses: Java's `Long.MIN_VALUE` is a bigint.
fn long(time: i64) -> JsValue {
    value::to_js(&Value::Long(time))
}

/// `ctx.getCurrentKey()`, in the exchange buffer if it fits.
#[wasm_bindgen(js_name = currentKey)]
pub fn current_key() -> Result<JsValue, JsValue> {
    with_context(|context| Ok(answered(&context.current_key())))
}

/// Whether a user function runs now.
#[wasm_bindgen(js_name = isRunning)]
pub fn is_running() -> bool {
    running().is_set
}

/// Which subtask a function runs in.
#[wasm_bindgen]
pub struct Subtask {
    name: Rc<str>,
    /// From 0.
    #[wasm_bindgen(readonly)]
    pub index: u32,
    #[wasm_bindgen(readonly)]
    pub parallelism: u32,
    #[wasm_bindgen(readonly, js_name = maxParallelism)]
    pub max_parallelism: u32,
    #[wasm_bindgen(readonly)]
    pub attempt: u32,
}

#[wasm_bindgen]
impl Subtask {
    #[wasm_bindgen(getter, js_name = taskName)]
    pub fn task_name(&self) -> String {
        self.name.to_string()
    }
}

/// The operator and subtask of the function that runs, as in `Flat Map (1/2)`, for messages.
#[wasm_bindgen(js_name = runningTask)]
pub fn running_task() -> String {
    match running().context.subtask.as_deref() {
        Some(subtask) => {
            format!("{} ({}/{})", subtask.operator_name, subtask.subtask_idx + 1, subtask.parallelism)
        }
        None => "a key selector or partitioner".to_owned(),
    }
}

/// The number of a metric of the function that runs. `kind`: counter, gauge, meter, histogram.
#[wasm_bindgen(js_name = metricRegister)]
pub fn metric_register(name: &str, kind: u8, span_s: u32) -> Result<u32, JsValue> {
    use UserMetricKind::{Counter, Gauge, Histogram, Meter};
    let kind = [Counter, Gauge, Meter, Histogram][kind as usize];
    with_context(|context| Ok(context.metrics.register(name, kind, span_s, context.now)))
}

/// Gives a metric a number.
#[wasm_bindgen(js_name = metricUpdate)]
pub fn metric_update(id: u32, given: f64) -> Result<(), JsValue> {
    with_context(|context| {
        let now = context.now;
        context.metrics.update(id, given, now);
        Ok(())
    })
}

/// What a metric has counted.
#[wasm_bindgen(js_name = metricValue)]
pub fn metric_value(id: u32) -> Result<f64, JsValue> {
    with_context(|context| Ok(context.metrics.value(id)))
}

/// The subtask of the function that runs.
#[wasm_bindgen]
pub fn subtask() -> Result<Subtask, JsValue> {
    with_context(|context| {
        let subtask = context.subtask.as_ref().ok_or("A key selector before an exchange has no subtask.")?;
        Ok(Subtask {
            name: Rc::clone(&subtask.task_name),
            index: subtask.subtask_idx,
            parallelism: subtask.parallelism,
            max_parallelism: subtask.max_parallelism,
            attempt: attempt_number(subtask.attempt),
        })
    })
}
