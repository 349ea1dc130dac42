//! What can go wrong with a process or a task, and a new TaskManager.

use std::fmt;

use crate::base::ids::{JobManagerId, TaskId, TaskManagerId};
use crate::base::limits::{SLOWNESS_MAX, TASK_MANAGERS_MAX};

/// See the module. It happens at the start of a tick.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProcessFault {
    /// The task throws; nothing happens if it does not run.
    FailTask(TaskId),
    /// The process is gone at once, with its tasks, its memory and its files.
    KillTaskManager(TaskManagerId),
    /// The process ends by itself: it says so before it goes.
    StopTaskManager(TaskManagerId),
    /// The process does nothing from now on, as in a long pause of its garbage collector.
    PauseTaskManager(TaskManagerId),
    /// It goes on.
    ResumeTaskManager(TaskManagerId),
    /// What connects the process with the JobManagers is cut: what is said between them stays on its way, and is lost when
    /// that takes longer than a connection bears.
    CutOffTaskManager(TaskManagerId),
    /// It is mended.
    ReconnectTaskManager(TaskManagerId),
    /// The process takes so many times as long for all that it does from now on.
    Slow(Slowed, u32),
    /// Another TaskManager starts and registers.
    StartTaskManager,
    /// The process is gone at once, with its Dispatcher, its ResourceManager and its JobMaster.
    KillJobManager(JobManagerId),
    /// The process ends by itself: it suspends its job, and gives the lead up.
    StopJobManager(JobManagerId),
    /// It does nothing from now on.
    PauseJobManager(JobManagerId),
    /// It goes on.
    ResumeJobManager(JobManagerId),
    /// The ResourceManager loses its lead, and is elected anew while JobMasters go on. Where nobody can elect it, without
    /// high availability and on YARN, its process ends. Flink: `ResourceManagerServiceImpl#revokeLeadership`,
    /// `supportMultiLeaderSession`. (Flink's own HA services elect all of a process together, `DefaultLeaderElectionService`;
    /// a factory of one's own, as `high-availability.type`, need not.)
    RevokeResourceManager,
    /// A NodeManager of YARN, counted from 0, is gone for good, with all processes on its machine.
    LoseNodeManager(u32),
    /// One that was killed starts again.
    StartJobManager(JobManagerId),
}

/// Which process is made slow. (YARN's own are not.)
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Slowed {
    /// The JobManager that leads by then.
    Leader,
    JobManager(JobManagerId),
    TaskManager(TaskManagerId),
}

impl ProcessFault {
    /// What is wrong with it in a cluster of so many JobManagers, NodeManagers and TaskManagers and a job of so many tasks,
    /// in a sentence.
    pub fn check(
        self,
        [job_managers, node_managers]: [u32; 2],
        task_managers: u32,
        tasks: u32,
    ) -> Result<(), String> {
        match self {
            Self::LoseNodeManager(node) if node >= node_managers => {
                Err(format!("There is no NodeManager {}: the cluster has {node_managers}.", node + 1))
            }
            Self::KillJobManager(id)
            | Self::StopJobManager(id)
            | Self::PauseJobManager(id)
            | Self::ResumeJobManager(id)
            | Self::StartJobManager(id)
            | Self::Slow(Slowed::JobManager(id), _)
                if id.0 >= job_managers =>
            {
                let number = id.0 + 1;
                Err(format!(
                    "There is no JobManager {number}: the cluster has {job_managers}, counted from 1."
                ))
            }
            Self::FailTask(task) if task.0 >= tasks => {
                Err(format!("There is no task {}: the job has {tasks}, counted from 0.", task.0))
            }
            Self::Slow(_, factor) if !(1..=SLOWNESS_MAX).contains(&factor) => Err(format!(
                "How slow a process is must be a number from 1 to {SLOWNESS_MAX}, and is {factor}."
            )),
            Self::KillTaskManager(id)
            | Self::StopTaskManager(id)
            | Self::PauseTaskManager(id)
            | Self::ResumeTaskManager(id)
            | Self::CutOffTaskManager(id)
            | Self::ReconnectTaskManager(id)
            | Self::Slow(Slowed::TaskManager(id), _)
                if id.0 >= task_managers =>
            {
                Err(format!(
                    "There is no TaskManager {}: the cluster has {task_managers}, counted from 1.",
                    id.0 + 1
                ))
            }
            Self::StartTaskManager if task_managers >= TASK_MANAGERS_MAX => {
                Err(format!("A cluster has at most {TASK_MANAGERS_MAX} TaskManagers."))
            }
            _ => Ok(()),
        }
    }
}

impl fmt::Display for ProcessFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::StopTaskManager(_) | Self::StopJobManager(_) => "stopped",
            Self::CutOffTaskManager(_) => "cut off from the JobManager",
            Self::ReconnectTaskManager(_) => "connected with the JobManager again",
            Self::Slow(_, 1) => "as fast as before",
            Self::Slow(_, factor) => return write!(f, "{factor} times as slow"),
            Self::FailTask(_) => "made to fail",
            Self::KillTaskManager(_) | Self::KillJobManager(_) => "killed",
            Self::PauseTaskManager(_) | Self::PauseJobManager(_) => "paused",
            Self::ResumeTaskManager(_) | Self::ResumeJobManager(_) => "goes on",
            Self::LoseNodeManager(_) => "lost",
            Self::RevokeResourceManager => "loses its lead",
            Self::StartTaskManager | Self::StartJobManager(_) => "started",
        })
    }
}
