//! What must be so when nothing happens any more.

use weir_engine::cluster::slot_table::TaskSlotState;
use weir_engine::inspect::sentence::sentence;
use weir_engine::sim::world::World;

use super::search::Victim;

/// The job is over, or lost: nothing of it is left, neither a slot nor a buffer nor an attempt.
pub fn check_nothing_is_left(world: &World) {
    for executor in world.executors().iter().filter(|executor| executor.is_alive()) {
        let id = executor.id();
        let tasks = executor.tasks();
        let live = tasks.iter().find(|task| !task.state().is_terminal());
        assert!(live.is_none(), "{id} still has {}", live.map_or("", |task| &task.descriptor().name));
        let slots = executor.slot_table().slots();
        assert!(slots.iter().all(|&slot| slot == TaskSlotState::Free), "{id} keeps slots: {slots:?}");
        assert_eq!(executor.shuffle().segments_in_use(), 0, "{id} does not give all segments back");
    }
    if !world.job_manager().is_alive() {
        return;
    }
    let slots = world.resource_manager().slot_manager();
    // Who is gone when the job is over is missed by nobody.
    for worker in slots.workers().iter().filter(|worker| world.is_alive(worker.id)) {
        assert!(!worker.allocated.contains(&true), "the ResourceManager thinks that {} is in use", worker.id);
    }
    assert_eq!(slots.required(), 0, "slots are required of the ResourceManager");
    if let Some(service) = world.coordination() {
        assert!(!service.has_plan && service.checkpoints.is_empty(), "the HA services keep the job");
        assert!(service.result.is_some_and(|result| !result.is_dirty), "its result is not clean");
    }
}

/// A job is lost only with its JobManager, and the world says so.
pub fn check_lost(world: &World, victim: Victim) {
    let told = sentence(world).to_string();
    let goes = matches!(
        victim,
        Victim::JobManager | Victim::StoppedJobManager | Victim::ResourceManager | Victim::NodeManager(_)
    );
    assert!(goes, "it is lost: {told}");
    assert!(told.contains("is gone"), "nobody says why the job is lost, but: {told}");
}
