//! Who is where, in the form of the protocol's `Topology`.

use serde::Serialize;
use weir_engine::inspect::topology as engine;

/// `Topology` of the protocol.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Topology {
    version: u32,
    job_name: String,
    task_managers: Vec<TaskManager>,
    vertices: Vec<Vertex>,
    tasks: Vec<Placed>,
    channels: Vec<Connection>,
    exceptions: Vec<String>,
}

#[derive(Serialize)]
struct TaskManager {
    id: u32,
    name: String,
    slots: u32,
    segments: u32,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Vertex {
    id: String,
    name: String,
    parallelism: u32,
    max_parallelism: u32,
    slot_sharing_group: String,
    operators: Vec<Operator>,
}

#[derive(Serialize)]
struct Operator {
    id: String,
    name: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Placed {
    name: String,
    vertex: u32,
    subtask: u32,
    attempt: u32,
    task_manager: u32,
    slot: u32,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Connection {
    from: u32,
    output: u32,
    subpartition: u32,
    to: u32,
    gate: u32,
    channel: u32,
    remote: bool,
    ship_strategy: String,
}

impl From<engine::Topology> for Topology {
    fn from(topology: engine::Topology) -> Self {
        let task_manager = |t: engine::TaskManagerView| TaskManager {
            id: t.id,
            name: t.name,
            slots: t.slots,
            segments: t.segments,
        };
        let channel = |c: engine::ChannelView| Connection {
            from: c.from,
            output: c.output,
            subpartition: c.subpartition,
            to: c.to,
            gate: c.gate,
            channel: c.channel,
            remote: c.is_remote,
            ship_strategy: c.ship_strategy.to_string(),
        };
        let task = |t: engine::TaskView| Placed {
            name: t.name.to_string(),
            vertex: t.vertex,
            subtask: t.subtask,
            attempt: t.attempt,
            task_manager: t.slot.task_manager.0,
            slot: t.slot.slot,
        };
        let operator = |(id, name): (weir_engine::base::ids::OperatorId, std::rc::Rc<str>)| Operator {
            id: id.to_string(),
            name: name.to_string(),
        };
        let vertex = |v: engine::VertexView| Vertex {
            id: v.id.to_string(),
            name: v.name.to_string(),
            parallelism: v.parallelism,
            max_parallelism: v.max_parallelism,
            slot_sharing_group: v.slot_sharing_group.to_string(),
            operators: v.operators.into_iter().map(operator).collect(),
        };
        Self {
            version: topology.version,
            job_name: topology.job_name.to_string(),
            task_managers: topology.task_managers.into_iter().map(task_manager).collect(),
            vertices: topology.vertices.into_iter().map(vertex).collect(),
            tasks: topology.tasks.into_iter().map(task).collect(),
            channels: topology.channels.into_iter().map(channel).collect(),
            exceptions: topology.exceptions,
        }
    }
}
