//! What to run besides the job, as data: the cluster, the seed, the speeds, the texts.

use std::rc::Rc;

use crate::base::choice::Driver;
use crate::base::limits::{
    CONNECTION_TIMEOUT_TICKS, EXCLUSIVE_BUFFERS_PER_CHANNEL, JOB_MANAGERS_MAX, SEGMENT_BYTES,
    SEGMENT_BYTES_MIN, SLOTS_PER_TASK_MANAGER_MAX, TASK_MANAGERS_MAX,
};
use crate::base::ordered::SortedMap;
use crate::checkpoint::storage::file_system::FileSystemOptions;
use crate::cluster::ask::RpcFault;
use crate::cluster::deployment::Deployment;
use crate::cluster::file_fault::FileFault;
use crate::cluster::high_availability::HighAvailabilityOptions;
use crate::cluster::link::LinkSpeed;
use crate::cluster::link_fault::LinkFault;
use crate::cluster::process::{Process, ProcessKind};
use crate::cluster::process_fault::ProcessFault;
use crate::cluster::slot_manager::SlotManagerOptions;
use crate::network::barrier::{SavepointFormat, SnapshotType};
use crate::network::bounded_blocking::BoundedDataKind;
use crate::network::debloat::DebloatOptions;
use crate::network::disk::DiskOptions;
use crate::network::shuffle::NetworkConfiguration;
use crate::scheduler::adaptive::slot_allocator::ParallelismBounds;
use crate::scheduler::options::SchedulerOptions;
use crate::task::memory::IllegalConfiguration;
use crate::task::memory::options::MemoryOptions;
use crate::task::memory::process_spec::TaskExecutorProcessSpec;
use crate::task::pace::Speed;

/// See the module.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// How the cluster is deployed.
    pub deployment: Deployment,
    /// TaskManagers of the cluster; on YARN they are started as they are needed.
    pub task_managers: u32,
    /// Task slots of each.
    pub slots_per_task_manager: u32,
    /// Whether JobManagers stand by, and the coordination service that they share.
    pub high_availability: Option<HighAvailabilityOptions>,
    /// Where savepoints are for which neither the job nor the request names a directory. Flink:
    /// `execution.checkpointing.savepoint-dir` of the cluster, which has none.
    pub savepoint_directory: Option<Rc<str>>,
    /// Seed of every choice.
    pub seed: u64,
    /// Who makes the choices.
    pub driver: Driver,
    /// Speed of all tasks that `speeds` does not name.
    pub default_speed: Speed,
    /// Speed of a vertex's tasks, by the name of one of its operators or its own.
    pub speeds: SortedMap<Rc<str>, Speed>,
    /// Speeds that change while the job runs.
    pub speed_changes: Vec<SpeedChange>,
    /// Texts that sources read, by path.
    pub files: Rc<SortedMap<Rc<str>, Rc<str>>>,
    /// Size of a memory segment, and of a page of managed memory, in bytes.
    pub segment_bytes: u32,
    /// How the files of blocking results are written and read. Flink:
    /// `taskmanager.network.blocking-shuffle.type`.
    pub blocking_shuffle: BoundedDataKind,
    /// Ticks from the last byte of what a disk reads or writes to its completion.
    pub disk_latency_ticks: u32,
    /// Bytes that a TaskManager's disk moves in a tick: 200 MB/s are 200,000.
    pub disk_bytes_per_tick: u32,
    /// How fast the file system is that checkpoints and savepoints are written to.
    pub file_system: FileSystemOptions,
    /// How much memory a TaskManager has for what.
    pub memory: MemoryOptions,
    /// Buffers that each remote input channel owns. Flink: 2, hard-coded since 2.0.
    pub exclusive_buffers_per_channel: u32,
    /// Whether buffers are debloated, and how.
    pub debloat: Option<DebloatOptions>,
    /// Ticks of a step of a process's start. `None`: the cluster is up when the run begins, and a TaskManager that is
    /// started later is there at once.
    pub start_up_step_ticks: Option<u32>,
    /// Ticks that a remote procedure call takes.
    pub rpc_latency_ticks: u32,
    /// Ticks that a message between two TaskManagers takes.
    pub link_latency_ticks: u32,
    /// Bytes that a link takes up in a tick: 1 Gbit/s is 125,000.
    pub link_bytes_per_tick: u32,
    /// Ticks after which a connection that does not answer counts as failed.
    pub connection_timeout_ticks: u64,
    /// How the job is scheduled.
    pub scheduler: SchedulerOptions,
    /// How the ResourceManager works.
    pub slot_manager: SlotManagerOptions,
    /// What goes wrong between TaskManagers, and when.
    pub link_faults: Vec<ScheduledFault>,
    /// What goes wrong with processes and tasks, and when.
    pub process_faults: Vec<(u64, ProcessFault)>,
    /// What goes wrong with calls from process to process.
    pub rpc_faults: Vec<RpcFault>,
    /// What the client asks for, and what goes wrong with the files of the checkpoints, and when.
    pub commands: Vec<(u64, ScenarioCommand)>,
}

/// A command that is data of a scenario.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ScenarioCommand {
    CancelJob,
    /// What a vertex asks for, counted in topological order.
    UpdateResourceRequirements {
        vertex: u32,
        bounds: ParallelismBounds,
    },
    /// A checkpoint, a savepoint, or a stop with one.
    RequestCheckpoint {
        snapshot: SnapshotType,
        format: SavepointFormat,
        /// Where a savepoint shall be; `None`: where the job or the cluster has them.
        target: Option<&'static str>,
    },
    File(FileFault),
}

/// A fault at the start of a tick.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScheduledFault {
    pub at_tick: u64,
    pub fault: LinkFault,
}

/// From a tick on, the tasks of a vertex work at another speed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpeedChange {
    pub at_tick: u64,
    /// The name of the vertex or of one of its operators.
    pub name: Rc<str>,
    pub speed: Speed,
}

/// Numbers of a scenario, and from where to where they go.
const RANGES: [(&str, u32, u32); 23] = [
    ("The number of slots of a TaskManager", 1, SLOTS_PER_TASK_MANAGER_MAX),
    ("The number of JobManagers", 1, JOB_MANAGERS_MAX),
    ("The session timeout in ticks", 1, 600_000),
    ("The latency of the coordination service in ticks", 1, 60_000),
    ("The size of a memory segment in bytes", SEGMENT_BYTES_MIN, 1 << 20),
    ("The number of exclusive buffers of a channel", 0, 1000),
    ("The period of buffer debloating in ticks", 1, 60_000),
    ("The target of buffer debloating in ticks", 1, 600_000),
    ("The number of samples of buffer debloating", 1, 1000),
    ("The threshold of buffer debloating in per cent", 0, 100),
    ("The starting size of debloated buffers", 1, 1 << 20),
    ("The least size of debloated buffers", 1, 1 << 20),
    ("The time of a step of a process's start in ticks", 0, 60_000),
    ("The number of NodeManagers", 1, TASK_MANAGERS_MAX),
    ("The memory of a NodeManager in MB", 1024, 1 << 20),
    ("The number of application attempts", 1, 100),
    ("The number of JobManagers on YARN", 1, 1),
    ("The latency of an RPC in ticks", 1, 60_000),
    ("The latency of a disk in ticks", 0, 60_000),
    ("The bandwidth of a disk in bytes a tick", 1, u32::MAX),
    ("The latency of the file system in ticks", 0, 600_000),
    ("The bandwidth of the file system in bytes a tick", 1, u32::MAX),
    ("The timeout of a connection in ticks", 1, 1_000_000_000),
];

impl Scenario {
    /// One TaskManager with four slots, everything else at its default.
    pub fn small(seed: u64) -> Self {
        Self {
            deployment: Deployment::Session,
            task_managers: 1,
            slots_per_task_manager: 4,
            high_availability: None,
            savepoint_directory: Some("savepoints".into()),
            seed,
            driver: Driver::Default,
            default_speed: Speed::RecordsPerTick(1),
            speeds: SortedMap::new(),
            speed_changes: Vec::new(),
            files: Rc::default(),
            segment_bytes: SEGMENT_BYTES,
            blocking_shuffle: BoundedDataKind::File,
            disk_latency_ticks: 1,
            disk_bytes_per_tick: 200_000,
            file_system: FileSystemOptions::default(),
            memory: MemoryOptions::of_distribution(),
            exclusive_buffers_per_channel: EXCLUSIVE_BUFFERS_PER_CHANNEL,
            debloat: None,
            start_up_step_ticks: None,
            rpc_latency_ticks: 1,
            link_latency_ticks: 3,
            link_bytes_per_tick: 125_000,
            connection_timeout_ticks: CONNECTION_TIMEOUT_TICKS,
            scheduler: SchedulerOptions::default(),
            slot_manager: SlotManagerOptions::default(),
            link_faults: Vec::new(),
            process_faults: Vec::new(),
            rpc_faults: Vec::new(),
            commands: Vec::new(),
        }
    }

    /// Whether TaskManagers are started and stopped as they are needed.
    pub const fn is_active(&self) -> bool {
        self.slot_manager.is_active || self.deployment.yarn().is_some()
    }

    /// What is wrong with it, in a sentence.
    pub fn check(&self) -> Result<(), String> {
        let within = |what: &str, value: u32, min: u32, max: u32| {
            if (min..=max).contains(&value) {
                Ok(())
            } else {
                Err(format!("{what} must be a number from {min} to {max}, and is {value}."))
            }
        };
        let managers_min = u32::from(!self.is_active());
        within("The number of TaskManagers", self.task_managers, managers_min, TASK_MANAGERS_MAX)?;
        for ((what, min, max), value) in RANGES.into_iter().zip(self.numbers()) {
            // What a scenario does without is none of its numbers.
            if let Some(value) = value {
                within(what, value, min, max)?;
            }
        }
        self.link_speed().check()?;
        for scheduled in &self.link_faults {
            scheduled.fault.check(self.task_managers)?;
        }
        let changed = self.speed_changes.iter().map(|change| &change.speed);
        for speed in self.speeds.values().chain([&self.default_speed]).chain(changed) {
            let (Speed::RecordsPerTick(n) | Speed::TicksPerRecord(n)) = *speed;
            within("A speed", n, 1, 1_000_000)?;
        }
        self.check_memory().map_err(|error| error.to_string())
    }

    /// The numbers that `RANGES` is about, in its order.
    fn numbers(&self) -> [Option<u32>; RANGES.len()] {
        let (available, debloat, yarn) = (self.high_availability, self.debloat, self.deployment.yarn());
        [
            Some(self.slots_per_task_manager),
            available.map(|it| it.job_managers),
            available.map(|it| it.session_timeout_ticks),
            available.map(|it| it.latency_ticks),
            Some(self.segment_bytes),
            Some(self.exclusive_buffers_per_channel),
            debloat.map(|it| it.period_ticks as u32),
            debloat.map(|it| it.target_ticks as u32),
            debloat.map(|it| it.samples),
            debloat.map(|it| it.threshold_percent),
            debloat.map(|it| it.starting_bytes),
            debloat.map(|it| it.min_bytes),
            self.start_up_step_ticks,
            yarn.map(|it| it.node_managers),
            yarn.map(|it| it.node_memory_mb),
            yarn.and_then(|it| it.attempts),
            // Who stands by is YARN.
            yarn.map(|_| self.job_managers()),
            Some(self.rpc_latency_ticks),
            Some(self.disk_latency_ticks),
            Some(self.disk_bytes_per_tick),
            Some(self.file_system.latency_ticks),
            Some(self.file_system.bytes_per_tick),
            Some(u32::try_from(self.connection_timeout_ticks).unwrap_or(u32::MAX)),
        ]
    }

    /// The parts of a TaskManager's memory.
    pub fn process_spec(&self) -> Result<TaskExecutorProcessSpec, IllegalConfiguration> {
        TaskExecutorProcessSpec::from_options(&self.memory)
    }

    /// A process of the cluster when the run begins: where starts take no time, it was there before.
    pub const fn process(&self, kind: ProcessKind) -> Process {
        match self.start_up_step_ticks {
            None => Process::running(kind),
            Some(_) => self.new_process(kind, 0),
        }
    }

    /// A process that starts now.
    pub const fn new_process(&self, kind: ProcessKind, now: u64) -> Process {
        let step_ticks = match self.start_up_step_ticks {
            None => 0,
            Some(step_ticks) => step_ticks,
        };
        Process::starting(kind, now, step_ticks)
    }

    /// The network of a TaskManager.
    pub fn network(&self) -> Result<NetworkConfiguration, IllegalConfiguration> {
        Ok(NetworkConfiguration {
            segment_bytes: self.segment_bytes,
            segments: self.process_spec()?.network_segments(self.segment_bytes)?,
            exclusive_per_channel: self.exclusive_buffers_per_channel,
            debloat: self.debloat,
            blocking_shuffle: self.blocking_shuffle,
            disk: DiskOptions {
                latency_ticks: self.disk_latency_ticks,
                bytes_per_tick: self.disk_bytes_per_tick,
            },
        })
    }

    fn check_memory(&self) -> Result<(), IllegalConfiguration> {
        let spec = self.process_spec()?;
        spec.total_process()?;
        spec.network_segments(self.segment_bytes)?;
        spec.managed_pages_of_slot(self.slots_per_task_manager, self.segment_bytes)?;
        Ok(())
    }

    /// JobManagers of the cluster.
    pub fn job_managers(&self) -> u32 {
        self.high_availability.map_or(1, |options| options.job_managers)
    }

    /// JobManagers of the cluster, and NodeManagers of YARN.
    pub fn managers(&self) -> [u32; 2] {
        [self.job_managers(), self.deployment.yarn().map_or(0, |yarn| yarn.node_managers)]
    }

    /// The speed of every link.
    pub const fn link_speed(&self) -> LinkSpeed {
        LinkSpeed { latency_ticks: self.link_latency_ticks, bytes_per_tick: self.link_bytes_per_tick }
    }

    /// The speed of a vertex with this name and these operators.
    pub fn speed_of<'a>(&self, mut names: impl Iterator<Item = &'a str>) -> Speed {
        names.find_map(|name| self.speeds.get(name)).copied().unwrap_or(self.default_speed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_out_of_range_are_named() {
        let scenario = Scenario { task_managers: 0, ..Scenario::small(1) };
        let message = scenario.check().expect_err("no TaskManager");
        assert_eq!(message, "The number of TaskManagers must be a number from 1 to 64, and is 0.");
        assert_eq!(Scenario::small(1).check(), Ok(()));
    }

    #[test]
    fn memory_that_does_not_add_up_is_refused() {
        let mut scenario = Scenario::small(1);
        scenario.memory.set("taskmanager.memory.process.size", "100m").expect("a size");
        let message = scenario.check().expect_err("no room for Flink");
        assert!(message.starts_with("Sum of configured JVM Metaspace"), "{message}");
    }

    #[test]
    fn an_operator_gives_its_vertex_a_speed() {
        let mut scenario = Scenario::small(1);
        scenario.speeds.insert("slow".into(), Speed::TicksPerRecord(5));
        assert_eq!(scenario.speed_of(["Map", "slow"].into_iter()), Speed::TicksPerRecord(5));
        assert_eq!(scenario.speed_of(["Map"].into_iter()), Speed::RecordsPerTick(1));
    }
}
