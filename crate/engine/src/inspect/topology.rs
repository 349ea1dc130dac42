//! Who is where: TaskManagers, vertices, tasks in their slots, channels. It changes with deployments only.

use std::rc::Rc;

use super::leadership::{JobManagerView, job_managers};
use super::recovery::{ExceptionView, exceptions};
use crate::base::ids::{JobVertexId, OperatorId, TaskId, attempt_number};
use crate::cluster::job_master::SlotId;
use crate::cluster::process::Life;
use crate::cluster::task_executor::TaskExecutor;
use crate::cluster::yarn::{ContainerState, Yarn};
use crate::sim::world::World;

/// See the module. Tasks and channels stand in the order of the frame.
#[derive(Clone, Debug)]
pub struct Topology {
    pub version: u32,
    pub job_name: Rc<str>,
    pub job_managers: Vec<JobManagerView>,
    pub task_managers: Vec<TaskManagerView>,
    pub vertices: Vec<VertexView>,
    pub tasks: Vec<TaskView>,
    pub channels: Vec<ChannelView>,
    /// The NodeManagers, where the cluster is on YARN.
    pub nodes: Vec<NodeView>,
    /// What failed so far, the newest first.
    pub exceptions: Vec<ExceptionView>,
    /// Why the job that failed was not restarted.
    pub verdict: Option<String>,
}

/// A TaskManager of the cluster.
#[derive(Clone, Debug)]
pub struct TaskManagerView {
    pub id: u32,
    pub name: String,
    pub slots: u32,
    /// Memory segments of its network.
    pub segments: u32,
    /// Whether its process does nothing.
    pub is_paused: bool,
}

/// A NodeManager with the containers of the application that are not over.
#[derive(Clone, Debug)]
pub struct NodeView {
    /// With the memory of its containers.
    pub name: String,
    /// The TaskManagers in its containers, also in those that are over.
    pub task_managers: Vec<u32>,
    /// What is in the others, in words.
    pub others: Vec<String>,
}

/// The NodeManagers of YARN.
fn nodes(yarn: &Yarn) -> Vec<NodeView> {
    let view = |node| {
        let (used, all) = yarn.memory_of(node);
        let lost = if yarn.has_lost(node) { " (lost)" } else { "" };
        let containers = || yarn.containers().iter().filter(move |container| container.node == node);
        let others =
            containers().filter(|container| container.task_manager.is_none() && !container.is_complete());
        NodeView {
            name: format!("NodeManager {}{lost}: {used} of {all} MB", node + 1),
            task_managers: containers().filter_map(|container| Some(container.task_manager?.0)).collect(),
            others: others
                .map(|container| {
                    let what = match (container.is_master, container.state) {
                        (_, ContainerState::Acquired) => "allotted",
                        (_, ContainerState::Localizing(_)) => "fetches its files from HDFS",
                        (true, _) => "ApplicationMaster: the JobManager",
                        _ => "starts",
                    };
                    format!("{}: {what}", container.id)
                })
                .collect(),
        }
    };
    (0..yarn.node_managers()).map(view).collect()
}

/// A job vertex.
#[derive(Clone, Debug)]
pub struct VertexView {
    pub id: JobVertexId,
    pub name: Rc<str>,
    pub parallelism: u32,
    pub max_parallelism: u32,
    pub slot_sharing_group: Rc<str>,
    /// Head first.
    pub operators: Vec<(OperatorId, Rc<str>)>,
}

/// A subtask and its slot.
#[derive(Clone, Debug)]
pub struct TaskView {
    pub name: Rc<str>,
    pub vertex: u32,
    pub subtask: u32,
    pub attempt: u32,
    /// Where it runs; before it is scheduled, where it would by the default order.
    pub slot: SlotId,
}

/// A channel between two tasks, by their places in the topology.
#[derive(Clone, Debug)]
pub struct ChannelView {
    pub from: u32,
    pub output: u32,
    pub subpartition: u32,
    pub to: u32,
    pub gate: u32,
    pub channel: u32,
    pub is_remote: bool,
    pub ship_strategy: Rc<str>,
}

fn task_manager(executor: &TaskExecutor) -> TaskManagerView {
    let is_paused = executor.process().paused_since().is_some();
    TaskManagerView {
        id: executor.id().0,
        name: format!(
            "TaskManager {}{}",
            executor.id().0 + 1,
            match (executor.process().life(), executor.process().slowness()) {
                (Life::Killed, _) => " (killed)",
                (Life::Stopped, _) => " (stopped)",
                _ if is_paused && executor.cut_off_since.is_some() => " (paused, cut off)",
                _ if is_paused => " (paused)",
                _ if executor.cut_off_since.is_some() => " (cut off)",
                (_, 2..) => " (slow)",
                _ => "",
            }
        ),
        slots: executor.slots(),
        segments: executor.shuffle().network_pool().total(),
        is_paused,
    }
}

/// The topology as it stands.
pub fn topology(world: &World) -> Topology {
    let plan = world.plan();
    let placed: Vec<Option<SlotId>> =
        (0..plan.executions.len() as u32).map(|n| world.slot_of(TaskId(n))).collect();
    let foreseen = world
        .job_master()
        .foreseen_slots(world.scenario().task_managers, world.scenario().slots_per_task_manager);
    let slot = |task: TaskId| placed[task.index()].unwrap_or(foreseen[task.index()]);
    Topology {
        version: world.topology_version(),
        job_name: Rc::clone(&plan.job_name),
        job_managers: job_managers(world),
        task_managers: world.executors().iter().map(|executor| task_manager(executor)).collect(),
        nodes: world.yarn().map_or_else(Vec::new, nodes),
        vertices: plan
            .vertices
            .iter()
            .map(|vertex| VertexView {
                id: vertex.id,
                name: Rc::clone(&vertex.name),
                parallelism: vertex.parallelism,
                max_parallelism: vertex.max_parallelism,
                slot_sharing_group: Rc::clone(&vertex.slot_sharing_group),
                operators: vertex
                    .chain
                    .iter()
                    .map(|operator| (operator.id, Rc::clone(&operator.name)))
                    .collect(),
            })
            .collect(),
        tasks: (0..)
            .map(TaskId)
            .zip(&plan.executions)
            .map(|(task, execution)| TaskView {
                name: Rc::clone(&execution.name),
                vertex: execution.vertex.0,
                subtask: execution.subtask_idx,
                attempt: attempt_number(world.job_master().executions()[task.index()].attempt),
                slot: slot(task),
            })
            .collect(),
        channels: plan
            .channels
            .iter()
            .map(|channel| ChannelView {
                from: channel.from.0,
                output: channel.output,
                subpartition: channel.subpartition,
                to: channel.to.0,
                gate: channel.gate,
                channel: channel.channel,
                is_remote: slot(channel.from).task_manager != slot(channel.to).task_manager,
                ship_strategy: Rc::clone(&channel.ship_strategy),
            })
            .collect(),
        exceptions: exceptions(world),
        verdict: world.job_master().verdict().map(str::to_owned),
    }
}
