//! One run, as the page drives it.

use js_sys::{Uint8Array, Uint32Array};
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;
use weir_engine::base::ids::{TaskId, TaskManagerId};
use weir_engine::checkpoint::restore::settings::{RecoveryClaimMode, RestoreSettings};
use weir_engine::cluster::job_master::JobFailure;
use weir_engine::cluster::job_status::JobStatus;
use weir_engine::graph::compiled::CompiledJob;
use weir_engine::inspect;
use weir_engine::inspect::frame::FrameWriter;
use weir_engine::inspect::messages::MessageIndex;
use weir_engine::sim::Sim;
use weir_engine::sim::history::StepUnit;
use weir_engine::task::message::TaskFailure;
use weir_engine::trace::TraceKind;

use crate::checkpoints;
use crate::command;
use crate::detail;
use crate::error::{JobError, Reason, SourcePosition};
use crate::event_time;
use crate::files;
use crate::job::JobBuilder;
use crate::messages;
use crate::object::Fields;
use crate::scenario;
use crate::sentence;
use crate::task_manager;
use crate::topology;

/// A run of a job.
#[wasm_bindgen]
pub struct Lab {
    sim: Sim,
    job: CompiledJob,
    frame: FrameWriter,
    messages: MessageIndex,
    /// Lines of output that the page has.
    lines_sent: usize,
}

#[wasm_bindgen]
impl Lab {
    /// Submits a job to a new cluster at tick 0, which starts from a snapshot that was saved as a file, if one is
    /// given. Throws a `JobError`.
    #[wasm_bindgen(constructor)]
    pub fn new(
        job: &JobBuilder,
        scenario: JsValue,
        snapshot: Option<Vec<u8>>,
        allow_non_restored_state: bool,
        is_claimed: bool,
    ) -> Result<Lab, JsValue> {
        let scenario = scenario::from_js(scenario)?;
        let compiled = job.compiled()?;
        let sim = match snapshot {
            None => Sim::submit(&compiled, job.functions(), scenario),
            Some(file) => {
                let claim_mode =
                    if is_claimed { RecoveryClaimMode::Claim } else { RecoveryClaimMode::NoClaim };
                let settings = RestoreSettings { claim_mode, allow_non_restored_state };
                Sim::submit_from_file(&compiled, job.functions(), scenario, &file, settings)
            }
        };
        let sim = sim.map_err(JobError::from)?;
        Ok(Self {
            sim,
            job: compiled,
            frame: FrameWriter::default(),
            messages: MessageIndex::default(),
            lines_sent: 0,
        })
    }

    /// Runs so many ticks forwards, fewer if nothing can happen any more.
    pub fn advance(&mut self, ticks: f64) {
        self.sim.advance(ticks as u64);
    }

    /// One step by `turn`, `tick` or `record` (of the task at this place, if one is given), forwards or, for
    /// a negative direction, backwards. Answers whether there was anything to do.
    pub fn step(&mut self, by: &str, direction: i32, task: Option<u32>) -> Result<bool, JsValue> {
        let unit = match by {
            "turn" => StepUnit::Turn,
            "tick" => StepUnit::Tick,
            "record" => StepUnit::Record(task.map(TaskId)),
            _ => return Err(JobError::new("api", format!("There is no step by \"{by}\".")).into()),
        };
        self.messages.forget();
        Ok(if direction < 0 { self.sim.step_back(unit) } else { self.sim.step(unit) })
    }

    /// Jumps to a moment; past the end it stops there.
    pub fn seek(&mut self, tick: f64, turn: u32) {
        self.messages.forget();
        self.sim.seek(tick as u64, turn);
    }

    /// Gives a `Command` of the protocol for the start of the next tick, and answers which one that is. Throws
    /// a `JobError`.
    pub fn command(&mut self, command: JsValue) -> Result<f64, JsValue> {
        let command = command::from_js(command, self.sim.world())?;
        Ok(self.sim.command(command) as f64)
    }

    /// Before the first tick: gives a `Command` for the start of tick `tick`. Throws a `JobError`.
    #[wasm_bindgen(js_name = commandAt)]
    pub fn command_at(&mut self, tick: f64, command: JsValue) -> Result<(), JsValue> {
        let command = command::from_js(command, self.sim.world())?;
        self.sim.command_at(tick as u64, command);
        Ok(())
    }

    /// Goes back to the start of a tick, as if nothing had been commanded from then on: `commandAt` tells what is.
    pub fn rewind(&mut self, tick: f64) {
        self.messages.forget();
        self.sim.rewind(tick as u64);
        self.lines_sent = self.lines_sent.min(self.sim.world().output().len());
    }

    /// `RecordOrigin` of the protocol for an entry of an operator's log; `null` where there is none.
    #[wasm_bindgen(js_name = originOf)]
    pub fn origin_of(&self, task: u32, place: u32, entry: f64) -> JsValue {
        event_time::origin(self.sim.origin_of(TaskId(task), place, entry as u64))
    }

    /// The tick at which the run stands.
    #[wasm_bindgen(getter)]
    pub fn tick(&self) -> f64 {
        self.sim.world().tick() as f64
    }

    /// Whether nothing can happen any more.
    #[wasm_bindgen(getter, js_name = isOver)]
    pub fn is_over(&self) -> bool {
        self.sim.is_over()
    }

    /// The frame, as a copy that can be transferred.
    pub fn frame(&mut self) -> Uint32Array {
        Uint32Array::from(self.frame.write(&self.sim))
    }

    /// What the page draws beside the frame; the topology only if its version is not the known one.
    pub fn moment(&mut self, known_topology: Option<u32>) -> JsValue {
        let world = self.sim.world();
        let mut moment = Fields::new();
        if known_topology != Some(world.topology_version()) {
            moment = moment.put("topology", topology::topology(&inspect::topology::topology(world)));
        }
        let from = self.lines_sent.min(world.output().len());
        let lines =
            Fields::new().long("from", from as u64).list("lines", world.output().iter_from(from), |line| {
                Fields::new()
                    .shown("stream", &line.stream)
                    .text("text", &line.text)
                    .long("tick", line.tick)
                    .count("task", line.task.0)
                    .done()
            });
        moment = moment.put("stdout", lines.done()).long("furthestTick", self.sim.furthest_tick());
        if let Some(failure) = self.failure() {
            moment = moment.put("failure", failure.into());
        }
        moment = moment.put("sentence", sentence::parts(&inspect::sentence::sentence(world)));
        self.lines_sent = world.output().len();
        moment.done()
    }

    /// A task under the inspector; `undefined` if there is none at this place.
    #[wasm_bindgen(js_name = inspectTask)]
    pub fn inspect_task(&self, task: u32) -> JsValue {
        match inspect::detail::task(&self.sim, TaskId(task)) {
            Some(detail) => detail::task(task, &detail),
            None => JsValue::UNDEFINED,
        }
    }

    /// A buffer under the inspector; `null` if it is gone.
    #[wasm_bindgen(js_name = inspectBuffer)]
    pub fn inspect_buffer(&self, channel: u32, buffer: u32) -> JsValue {
        match inspect::detail::buffer(self.sim.world(), channel, buffer) {
            Some(detail) => detail::buffer(&detail),
            None => JsValue::NULL,
        }
    }

    /// A TaskManager under the inspector; `undefined` if there is none with this number.
    #[wasm_bindgen(js_name = inspectTaskManager)]
    pub fn inspect_task_manager(&self, task_manager: u32) -> JsValue {
        match inspect::memory::task_manager(self.sim.world(), TaskManagerId(task_manager)) {
            Some(detail) => task_manager::detail(&detail),
            None => JsValue::UNDEFINED,
        }
    }

    /// Trace entries from number `from` on, at most `limit`, and how many there are in all.
    pub fn trace(&self, from: usize, limit: usize) -> JsValue {
        let events = self.sim.world().trace().events();
        let entries = (from..).zip(events.iter_from(from)).take(limit);
        Fields::new()
            .list("entries", entries, |(number, event)| {
                Fields::new()
                    .long("number", number as u64)
                    .long("tick", event.tick)
                    .text("kind", event.kind.name())
                    .text("from", &event.from)
                    .text("to", &event.to)
                    .text("text", &event.text)
                    .long("sentAt", event.sent_at)
                    .count("phase", u32::from(event.phase))
                    .text("fate", event.fate.name())
                    .done()
            })
            .long("total", events.len() as u64)
            .done()
    }

    /// Messages between TaskManagers that fit a filter: at most `limit`, from a number on or the last ones.
    pub fn messages(
        &mut self,
        filter: JsValue,
        limit: usize,
        from: Option<usize>,
    ) -> Result<JsValue, JsValue> {
        let filter = messages::filter(filter)?;
        let page = self.messages.page(self.sim.world(), &filter, from, limit);
        Ok(messages::page(&page))
    }

    /// The operators that watermarks reach, and what happened to event time in the chosen one (a task and a place
    /// in its chain): the newest entries, at most `limit`.
    #[wasm_bindgen(js_name = eventTime)]
    pub fn event_time(&self, task: Option<u32>, place: Option<u32>, limit: usize) -> JsValue {
        event_time::event_time(self.sim.world(), task.zip(place), limit)
    }

    /// The job's checkpoints, as `engine/checkpoints.ts` reads them; `null` where it can have none.
    pub fn checkpoints(&self) -> JsValue {
        checkpoints::checkpoints(self.sim.world())
    }

    /// What a checkpoint holds, beside what the job has now; `null` where it is not kept.
    #[wasm_bindgen(js_name = heldState)]
    pub fn held_state(&self, checkpoint: f64) -> JsValue {
        checkpoints::held_state(self.sim.world(), checkpoint as u64)
    }

    /// The file system of the checkpoints, as `engine/files.ts` reads it.
    pub fn files(&self) -> JsValue {
        files::list(self.sim.world())
    }

    /// The bytes of a file there and what it is, in words; `null` where there is none.
    #[wasm_bindgen(js_name = fileContents)]
    pub fn file_contents(&self, path: &str) -> JsValue {
        files::contents(self.sim.world(), path)
    }

    /// A checkpoint that is kept, or a savepoint, as one file; `null` where there is none. Throws a `JobError`.
    #[wasm_bindgen(js_name = exportSnapshot)]
    pub fn export_snapshot(&self, id: f64) -> Result<JsValue, JsValue> {
        match self.sim.world().export_snapshot(id as u64) {
            None => Ok(JsValue::NULL),
            Some(Ok(file)) => Ok(Uint8Array::from(&*file).into()),
            Some(Err(error)) => Err(JobError::new("api", error.to_string()).into()),
        }
    }

    /// The hash over all that happened, as 16 hexadecimal digits.
    #[wasm_bindgen(js_name = traceHash)]
    pub fn trace_hash(&self) -> String {
        format!("{:016x}", self.sim.world().trace().hash())
    }

    fn failure(&self) -> Option<JobError> {
        let world = self.sim.world();
        let failed = JobStatus::Failing.name();
        let tick = world
            .trace()
            .events()
            .iter_from(0)
            .find(|event| event.kind == TraceKind::Job && &*event.text == failed)
            .map(|event| event.tick as f64);
        Some(match world.job_master().failure()? {
            JobFailure::Task { task, failure } => {
                let TaskFailure { operator, error, .. } = failure;
                let (kind, message) = match operator {
                    Some(operator) => ("user", format!("{operator}: {}", error.message)),
                    None => ("network", error.message.clone()),
                };
                let operator = operator.as_deref();
                let transformation = operator.and_then(|operator| self.transformation_of(*task, operator));
                let reason = Reason {
                    at: error.at.map(|(line, column)| SourcePosition { line, column }),
                    transformations: transformation.into_iter().collect(),
                    task: Some(world.plan().executions[task.index()].name.to_string()),
                    tick,
                    ..Reason::new(kind, message)
                };
                reason.into()
            }
            JobFailure::NotEnoughSlots { .. }
            | JobFailure::NotEnoughResources
            | JobFailure::SlotRequestTimedOut { .. }
            | JobFailure::Checkpoints { .. }
            | JobFailure::MasterHook(_)
            | JobFailure::Stopping { .. } => {
                Reason { tick, ..Reason::new("graph", inspect::sentence::sentence(world).to_string()) }.into()
            }
        })
    }

    /// The call of the API that made an operator of a task: what is at fault where no function is.
    fn transformation_of(&self, task: TaskId, operator: &str) -> Option<u32> {
        let vertex = self.sim.world().plan().executions[task.index()].vertex;
        let chain = &self.job.job_graph.vertices[vertex.index()].operators;
        let operator = chain.iter().find(|found| &*found.name == operator)?;
        Some(self.job.stream_graph.node(operator.node).transformation.0)
    }
}
