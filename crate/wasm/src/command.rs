//! What the page asks of a run, in the form of the protocol's `Command`.

use std::rc::Rc;

use wasm_bindgen::JsValue;
use weir_engine::base::ids::{JobManagerId, TaskId, TaskManagerId};
use weir_engine::checkpoint::storage::file_system::FileSystemFault;
use weir_engine::cluster::file_fault::FileFault;
use weir_engine::cluster::link::LinkSpeed;
use weir_engine::cluster::link_fault::{LinkFault, Links};
use weir_engine::cluster::process_fault::{ProcessFault, Slowed};
use weir_engine::graph::checkpoint_settings::directory;
use weir_engine::network::barrier::{SavepointFormat, SnapshotType};
use weir_engine::scenario::ScenarioCommand;
use weir_engine::scheduler::adaptive::slot_allocator::ParallelismBounds;
use weir_engine::sim::command::{Command, SetTimestamp};
use weir_engine::sim::world::World;

use crate::error::JobError;
use crate::scenario::speed;
use crate::settings::{Field, Settings};

/// The name of a fault in the protocol, and what it is of which process.
type Named<Id> = (&'static str, fn(Id) -> ProcessFault);

/// What can go wrong with a TaskManager, by the names of the protocol.
const TASK_MANAGER_FAULTS: [Named<TaskManagerId>; 6] = [
    ("killTaskManager", ProcessFault::KillTaskManager),
    ("stopTaskManager", ProcessFault::StopTaskManager),
    ("pauseTaskManager", ProcessFault::PauseTaskManager),
    ("resumeTaskManager", ProcessFault::ResumeTaskManager),
    ("cutOffTaskManager", ProcessFault::CutOffTaskManager),
    ("reconnectTaskManager", ProcessFault::ReconnectTaskManager),
];

/// The same of a JobManager.
const JOB_MANAGER_FAULTS: [Named<JobManagerId>; 5] = [
    ("killJobManager", ProcessFault::KillJobManager),
    ("stopJobManager", ProcessFault::StopJobManager),
    ("pauseJobManager", ProcessFault::PauseJobManager),
    ("resumeJobManager", ProcessFault::ResumeJobManager),
    ("startJobManager", ProcessFault::StartJobManager),
];

/// `Command` of the protocol: which fields there are depends on the kind.
pub struct CommandOptions {
    kind: String,
    fields: Settings,
}

/// Reads a command and checks it against the run that it is for.
pub fn from_js(command: JsValue, world: &World) -> Result<Command, JobError> {
    let options = CommandOptions::new(command)?;
    if let Some(command) = options.scenario_command()? {
        return Ok(command.into());
    }
    if let Some(fault) = options.process_fault()? {
        let (task_managers, tasks) = (world.executors().len(), world.plan().executions.len());
        let checked = fault.check(world.scenario().managers(), task_managers as u32, tasks as u32);
        checked.map_err(|message| JobError::new("api", message))?;
        return Ok(Command::Process(fault));
    }
    match options.kind.as_str() {
        "setSpeed" => {
            let vertex = options.count("vertex")?;
            let records_per_tick = options.number("speed")?;
            let Some(planned) = world.plan().vertices.get(vertex as usize) else {
                return Err(JobError::new("api", format!("The job has no vertex {vertex}.")));
            };
            Ok(Command::SetSpeed { vertex, speed: speed(&planned.name, records_per_tick)? })
        }
        "setTimestamp" => Ok(Command::SetTimestamp(options.set_timestamp(world)?)),
        _ => {
            let fault = options.link_fault()?;
            fault.check(world.executors().len() as u32).map_err(|message| JobError::new("api", message))?;
            Ok(Command::Link(fault))
        }
    }
}

impl CommandOptions {
    /// Those of an object of the page.
    pub fn new(command: JsValue) -> Result<Self, JobError> {
        let fields = Settings::new("The command", command);
        Ok(Self { kind: fields.required("kind")?, fields })
    }

    fn count(&self, name: &str) -> Result<u32, JobError> {
        self.field(name)
    }

    fn number(&self, name: &str) -> Result<f64, JobError> {
        self.field(name)
    }

    fn field<T: Field>(&self, name: &str) -> Result<T, JobError> {
        self.fields.get(name)?.ok_or_else(|| self.lacks(name))
    }

    /// One that a scenario may have, too; `None`: it is another.
    pub fn scenario_command(&self) -> Result<Option<ScenarioCommand>, JobError> {
        let native = self.fields.flag("native")?;
        let format = if native { SavepointFormat::Native } else { SavepointFormat::Canonical };
        let target: Option<String> = self.fields.get("targetDirectory")?;
        // It is in each barrier from then on, and stays for as long as the module does.
        let target = match target.map(|target| directory("targetDirectory", &target)).transpose() {
            Ok(target) => target.map(|target| &*String::from(&*target).leak()),
            Err(error) => return Err(JobError::new("api", error.to_string())),
        };
        let request = |snapshot| ScenarioCommand::RequestCheckpoint { snapshot, format, target };
        Ok(Some(match self.kind.as_str() {
            "cancelJob" => ScenarioCommand::CancelJob,
            "updateResourceRequirements" => ScenarioCommand::UpdateResourceRequirements {
                vertex: self.count("vertex")?,
                bounds: ParallelismBounds { lower: self.count("lower")?, upper: self.count("upper")? },
            },
            "triggerCheckpoint" => request(SnapshotType::Checkpoint),
            "triggerSavepoint" => request(SnapshotType::Savepoint),
            "stopWithSavepoint" if self.fields.flag("drain")? => request(SnapshotType::SavepointTerminate),
            "stopWithSavepoint" => request(SnapshotType::SavepointSuspend),
            "failFileSystem" => ScenarioCommand::File(FileFault::Fail(if self.fields.flag("full")? {
                FileSystemFault::Full
            } else {
                FileSystemFault::Down
            })),
            "mendFileSystem" => ScenarioCommand::File(FileFault::Mend),
            "loseFile" => ScenarioCommand::File(FileFault::Lose(self.path()?)),
            "damageFile" => {
                let byte = self.fields.get("byte")?.unwrap_or_default();
                ScenarioCommand::File(FileFault::Damage(self.path()?, byte))
            }
            _ => return Ok(None),
        }))
    }

    fn path(&self) -> Result<Rc<str>, JobError> {
        self.field::<String>("path").map(Rc::from)
    }

    fn set_timestamp(&self, world: &World) -> Result<SetTimestamp, JobError> {
        let task = self.count("task")?;
        let operator = self.count("operator")?;
        let record = self.number("record")?;
        let timestamp = self.number("timestamp")?;
        let chain = world.plan().executions.get(task as usize).map(|execution| execution.vertex);
        let chain = chain.map(|vertex| &world.plan().vertices[vertex.index()].chain);
        if chain.is_none_or(|chain| chain.len() <= operator as usize) {
            return Err(JobError::new("api", format!("Task {task} has no operator {operator}.")));
        }
        let (record, timestamp) = (record as u64, timestamp as i64);
        Ok(SetTimestamp { task: TaskId(task), operator, record, timestamp })
    }

    /// The fault of a process or a task that it makes; `None`: it is another.
    pub fn process_fault(&self) -> Result<Option<ProcessFault>, JobError> {
        let kind = self.kind.as_str();
        if let Some((_, fault)) = TASK_MANAGER_FAULTS.iter().find(|(name, _)| *name == kind) {
            return Ok(Some(fault(TaskManagerId(self.count("taskManager")?))));
        }
        if let Some((_, fault)) = JOB_MANAGER_FAULTS.iter().find(|(name, _)| *name == kind) {
            return Ok(Some(fault(JobManagerId(self.count("jobManager")?))));
        }
        Ok(Some(match kind {
            "failTask" => ProcessFault::FailTask(TaskId(self.count("task")?)),
            "slowProcess" => {
                let who = match (self.fields.get("taskManager")?, self.fields.get("jobManager")?) {
                    (Some(id), _) => Slowed::TaskManager(TaskManagerId(id)),
                    (None, Some(id)) => Slowed::JobManager(JobManagerId(id)),
                    (None, None) => Slowed::Leader,
                };
                ProcessFault::Slow(who, self.count("factor")?)
            }
            "startTaskManager" => ProcessFault::StartTaskManager,
            "loseNodeManager" => ProcessFault::LoseNodeManager(self.count("nodeManager")?),
            "revokeResourceManager" => ProcessFault::RevokeResourceManager,
            _ => return Ok(None),
        }))
    }

    /// That there is no such command.
    pub fn unknown(&self) -> JobError {
        JobError::new("api", format!("There is no command \"{}\".", self.kind))
    }

    /// The fault that it makes.
    pub fn link_fault(&self) -> Result<LinkFault, JobError> {
        let from = TaskManagerId(self.count("from")?);
        let to = TaskManagerId(self.count("to")?);
        let links = Links { from, to, both_ways: self.fields.flag("bothWays")? };
        match self.kind.as_str() {
            "cutLink" => Ok(LinkFault::Cut(links)),
            "slowLink" => {
                let latency_ticks = self.count("latencyTicks")?;
                let bytes_per_tick = self.count("bytesPerTick")?;
                Ok(LinkFault::Slow(links, LinkSpeed { latency_ticks, bytes_per_tick }))
            }
            "restoreLink" => Ok(LinkFault::Restore(links)),
            "resetConnection" => Ok(LinkFault::Reset { a: from, b: to }),
            _ => Err(self.unknown()),
        }
    }

    fn lacks(&self, field: &str) -> JobError {
        JobError::new("api", format!("The command \"{}\" says no {field}.", self.kind))
    }
}
