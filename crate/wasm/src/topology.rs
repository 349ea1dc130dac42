//! Who is where, in the form of the protocol's `Topology`.

use wasm_bindgen::JsValue;
use weir_engine::inspect::topology::{ChannelView, TaskManagerView, TaskView, Topology, VertexView};

use crate::object::Fields;

/// `Topology` of the protocol.
pub fn topology(topology: &Topology) -> JsValue {
    Fields::new()
        .count("version", topology.version)
        .text("jobName", &topology.job_name)
        .list("jobManagers", &topology.job_managers, |view| {
            let fields = Fields::new().text("name", &view.name).text("role", view.role);
            fields.text("session", &view.session).flag("hasJob", view.has_job).done()
        })
        .list("taskManagers", &topology.task_managers, task_manager)
        .list("nodes", &topology.nodes, |node| {
            Fields::new()
                .text("name", &node.name)
                .list("taskManagers", &node.task_managers, |&id| JsValue::from_f64(f64::from(id)))
                .list("others", &node.others, |other| JsValue::from_str(other))
                .done()
        })
        .list("vertices", &topology.vertices, vertex)
        .list("tasks", &topology.tasks, task)
        .list("channels", &topology.channels, channel)
        .list("exceptions", &topology.exceptions, |view| {
            Fields::new()
                .long("at", view.at)
                .maybe_text("task", view.task.as_deref())
                .maybe_count("taskManager", view.task_manager)
                .text("failure", &view.failure)
                .flag("concurrent", view.is_concurrent)
                .done()
        })
        .maybe_text("verdict", topology.verdict.as_deref())
        .done()
}

fn task_manager(view: &TaskManagerView) -> JsValue {
    Fields::new()
        .count("id", view.id)
        .text("name", &view.name)
        .count("slots", view.slots)
        .count("segments", view.segments)
        .flag("paused", view.is_paused)
        .done()
}

fn vertex(view: &VertexView) -> JsValue {
    Fields::new()
        .shown("id", &view.id)
        .text("name", &view.name)
        .count("parallelism", view.parallelism)
        .count("maxParallelism", view.max_parallelism)
        .text("slotSharingGroup", &view.slot_sharing_group)
        .list("operators", &view.operators, |(id, name)| {
            Fields::new().shown("id", id).text("name", name).done()
        })
        .done()
}

fn task(view: &TaskView) -> JsValue {
    Fields::new()
        .text("name", &view.name)
        .count("vertex", view.vertex)
        .count("subtask", view.subtask)
        .count("attempt", view.attempt)
        .count("taskManager", view.slot.task_manager.0)
        .count("slot", view.slot.slot)
        .done()
}

fn channel(view: &ChannelView) -> JsValue {
    Fields::new()
        .count("from", view.from)
        .count("output", view.output)
        .count("subpartition", view.subpartition)
        .count("to", view.to)
        .count("gate", view.gate)
        .count("channel", view.channel)
        .flag("remote", view.is_remote)
        .text("shipStrategy", &view.ship_strategy)
        .done()
}
