//! What the page asks of a run, in the form of the protocol's `Command`.

use std::rc::Rc;

use serde::Deserialize;
use wasm_bindgen::JsValue;
use weir_engine::base::ids::{TaskId, TaskManagerId};
use weir_engine::checkpoint::storage::file_system::FileSystemFault;
use weir_engine::cluster::link::LinkSpeed;
use weir_engine::cluster::link_fault::{LinkFault, Links};
use weir_engine::cluster::process_fault::ProcessFault;
use weir_engine::network::barrier::{SavepointFormat, SnapshotType};
use weir_engine::sim::command::{Command, FileFault, SetTimestamp};
use weir_engine::sim::world::World;

use crate::error::JobError;
use crate::scenario::speed;

/// `Command` of the protocol: which fields there are depends on the kind.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CommandOptions {
    kind: String,
    vertex: Option<u32>,
    speed: Option<f64>,
    task: Option<u32>,
    task_manager: Option<u32>,
    operator: Option<u32>,
    record: Option<f64>,
    timestamp: Option<f64>,
    from: Option<u32>,
    to: Option<u32>,
    #[serde(default)]
    both_ways: bool,
    #[serde(default)]
    native: bool,
    drain: Option<bool>,
    full: Option<bool>,
    path: Option<String>,
    byte: Option<u32>,
    latency_ticks: Option<u32>,
    bytes_per_tick: Option<u32>,
}

/// Reads a command and checks it against the run that it is for.
pub fn from_js(command: JsValue, world: &World) -> Result<Command, JobError> {
    let options: CommandOptions = serde_wasm_bindgen::from_value(command)
        .map_err(|error| JobError::new("api", format!("The command cannot be read: {error}.")))?;
    match options.kind.as_str() {
        "cancelJob" => Ok(Command::CancelJob),
        "triggerCheckpoint" => Ok(Command::RequestCheckpoint {
            snapshot: SnapshotType::Checkpoint,
            format: SavepointFormat::Canonical,
        }),
        "triggerSavepoint" => {
            let format = if options.native { SavepointFormat::Native } else { SavepointFormat::Canonical };
            Ok(Command::RequestCheckpoint { snapshot: SnapshotType::Savepoint, format })
        }
        "stopWithSavepoint" => {
            let format = if options.native { SavepointFormat::Native } else { SavepointFormat::Canonical };
            let snapshot = if options.drain == Some(true) {
                SnapshotType::SavepointTerminate
            } else {
                SnapshotType::SavepointSuspend
            };
            Ok(Command::RequestCheckpoint { snapshot, format })
        }
        "failFileSystem" => Ok(Command::File(FileFault::Fail(if options.full == Some(true) {
            FileSystemFault::Full
        } else {
            FileSystemFault::Down
        }))),
        "mendFileSystem" => Ok(Command::File(FileFault::Mend)),
        "loseFile" => Ok(Command::File(FileFault::Lose(options.path()?))),
        "damageFile" => {
            Ok(Command::File(FileFault::Damage(options.path()?, options.byte.unwrap_or_default())))
        }
        "setSpeed" => {
            let vertex = options.vertex.ok_or_else(|| options.lacks("vertex"))?;
            let records_per_tick = options.speed.ok_or_else(|| options.lacks("speed"))?;
            let Some(planned) = world.plan().vertices.get(vertex as usize) else {
                return Err(JobError::new("api", format!("The job has no vertex {vertex}.")));
            };
            Ok(Command::SetSpeed { vertex, speed: speed(&planned.name, records_per_tick)? })
        }
        "setTimestamp" => Ok(Command::SetTimestamp(options.set_timestamp(world)?)),
        "failTask" | "killTaskManager" | "pauseTaskManager" | "resumeTaskManager" | "startTaskManager" => {
            let fault = options.process_fault()?;
            let (task_managers, tasks) = (world.executors().len(), world.plan().executions.len());
            let checked = fault.check(task_managers as u32, tasks as u32);
            checked.map_err(|message| JobError::new("api", message))?;
            Ok(Command::Process(fault))
        }
        _ => {
            let fault = options.link_fault()?;
            fault.check(world.executors().len() as u32).map_err(|message| JobError::new("api", message))?;
            Ok(Command::Link(fault))
        }
    }
}

impl CommandOptions {
    fn path(&self) -> Result<Rc<str>, JobError> {
        self.path.as_deref().map(Rc::from).ok_or_else(|| self.lacks("path"))
    }

    fn set_timestamp(&self, world: &World) -> Result<SetTimestamp, JobError> {
        let task = self.task.ok_or_else(|| self.lacks("task"))?;
        let operator = self.operator.ok_or_else(|| self.lacks("operator"))?;
        let record = self.record.ok_or_else(|| self.lacks("record"))?;
        let timestamp = self.timestamp.ok_or_else(|| self.lacks("timestamp"))?;
        let chain = world.plan().executions.get(task as usize).map(|execution| execution.vertex);
        let chain = chain.map(|vertex| &world.plan().vertices[vertex.index()].chain);
        if chain.is_none_or(|chain| chain.len() <= operator as usize) {
            return Err(JobError::new("api", format!("Task {task} has no operator {operator}.")));
        }
        let (record, timestamp) = (record as u64, timestamp as i64);
        Ok(SetTimestamp { task: TaskId(task), operator, record, timestamp })
    }

    /// The fault of a process or a task that it makes.
    pub fn process_fault(&self) -> Result<ProcessFault, JobError> {
        match self.kind.as_str() {
            "failTask" => Ok(ProcessFault::FailTask(TaskId(self.task.ok_or_else(|| self.lacks("task"))?))),
            kind @ ("killTaskManager" | "pauseTaskManager" | "resumeTaskManager") => {
                let id = TaskManagerId(self.task_manager.ok_or_else(|| self.lacks("taskManager"))?);
                Ok(match kind {
                    "killTaskManager" => ProcessFault::KillTaskManager(id),
                    "pauseTaskManager" => ProcessFault::PauseTaskManager(id),
                    _ => ProcessFault::ResumeTaskManager(id),
                })
            }
            "startTaskManager" => Ok(ProcessFault::StartTaskManager),
            kind => Err(JobError::new("api", format!("There is no command \"{kind}\"."))),
        }
    }

    /// The fault that it makes.
    pub fn link_fault(&self) -> Result<LinkFault, JobError> {
        let from = TaskManagerId(self.from.ok_or_else(|| self.lacks("from"))?);
        let to = TaskManagerId(self.to.ok_or_else(|| self.lacks("to"))?);
        let links = Links { from, to, both_ways: self.both_ways };
        match self.kind.as_str() {
            "cutLink" => Ok(LinkFault::Cut(links)),
            "slowLink" => {
                let latency_ticks = self.latency_ticks.ok_or_else(|| self.lacks("latencyTicks"))?;
                let bytes_per_tick = self.bytes_per_tick.ok_or_else(|| self.lacks("bytesPerTick"))?;
                Ok(LinkFault::Slow(links, LinkSpeed { latency_ticks, bytes_per_tick }))
            }
            "restoreLink" => Ok(LinkFault::Restore(links)),
            "resetConnection" => Ok(LinkFault::Reset { a: from, b: to }),
            kind => Err(JobError::new("api", format!("There is no command \"{kind}\"."))),
        }
    }

    fn lacks(&self, field: &str) -> JobError {
        JobError::new("api", format!("The command \"{}\" says no {field}.", self.kind))
    }
}
