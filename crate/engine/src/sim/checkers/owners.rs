//! Whose a slot is, and which attempt of a task lives.
//!
//! Contract: a TaskManager that follows the JobMaster at hand, and to and from which no call is under way, agrees with
//! it about whose its slots are: those in the pool are `Active`, and no others are. With the ResourceManager that it is
//! registered with it agrees, in the same way, about which are free, but for what is free as soon as its time is out
//! (`taskmanager.slot.timeout`). In the pool a slot is free or one group's.
//!
//! In the slots of the pool only the current attempts live, each once. An attempt that lives elsewhere is an orphan: its
//! TaskManager was given up, or follows no JobMaster, or another one; it ends when that is heard of, or its heartbeats
//! have timed out. So that of a task there are never two attempts that one JobMaster takes to be its own; Flink does not
//! hold more. A TaskManager that stands still or is slow may be late with what it was told; and where a call was lost,
//! late or unanswered, both ends differ until a heartbeat tells them, so that of such a run only the pool is looked at.

use super::Fault;
use crate::base::ids::TaskManagerId;
use crate::base::ordered::{SortedSet, set_of};
use crate::cluster::job_status::JobStatus;
use crate::cluster::rpc::Address;
use crate::cluster::slot_table::TaskSlotState;
use crate::cluster::task_executor::TaskExecutor;
use crate::scheduler::slot_pool::{SlotId, SlotPool};
use crate::sim::world::World;

/// Looks at all slots and attempts.
pub(super) fn check(world: &World) -> Result<(), Fault> {
    let job_master = world.job_master();
    let leads = world.has_job_master() && world.job_manager().is_alive();
    let runs = leads && job_master.started_at().is_some() && !is_over(job_master.status());
    if runs {
        check_pool(job_master.slots())?;
    }
    if world.rpc().disturbed_at().is_some() {
        return Ok(());
    }
    let mut live = SortedSet::new();
    for executor in
        world.executors().iter().filter(|it| world.can_run(it.id()) && it.process().slowness() == 1)
    {
        check_tasks(executor)?;
        if runs && executor.leader_of(Address::JobMaster) == Some(world.leader()) && !executor.hears_nothing()
        {
            check_attempts(world, executor, &mut live)?;
            if is_quiet(world, executor.id(), Address::JobMaster) {
                check_slots(job_master.slots(), executor)?;
            }
        }
        let manager = world.current().leader_at(Address::ResourceManager).filter(|_| leads);
        let is_registered = manager.is_some() && executor.leader_of(Address::ResourceManager) == manager;
        if is_registered && is_quiet(world, executor.id(), Address::ResourceManager) {
            check_promises(world, executor)?;
        }
    }
    Ok(())
}

/// Whether a JobMaster does nothing for its job any more.
fn is_over(status: JobStatus) -> bool {
    status.is_globally_terminal() || status == JobStatus::Suspended
}

/// Whether nothing is on its way between a TaskManager and one who leads it.
fn is_quiet(world: &World, id: TaskManagerId, other: Address) -> bool {
    let both = (Address::TaskExecutor(id), other);
    !world.rpc().on_the_way().any(|it| (it.from, it.to) == both || (it.to, it.from) == both)
}

fn check_pool(pool: &SlotPool) -> Result<(), Fault> {
    let mut owned: SortedSet<SlotId> = set_of(pool.free().iter().copied());
    for slot in pool.in_use() {
        if !owned.insert(slot) {
            return Err(format!("slot {} of {} has two owners", slot.slot, slot.task_manager));
        }
    }
    match owned.iter().find(|slot| !pool.offered().contains(slot)) {
        Some(slot) => Err(format!("slot {} of {} was never offered", slot.slot, slot.task_manager)),
        None => Ok(()),
    }
}

/// Tasks live in slots that are a job's, and of each vertex at most one in a slot.
fn check_tasks(executor: &TaskExecutor) -> Result<(), Fault> {
    let mut seen = SortedSet::new();
    for task in executor.tasks().iter().filter(|task| !task.state().is_terminal()) {
        let descriptor = task.descriptor();
        let name = &descriptor.name;
        if executor.slot_table().slots()[descriptor.slot as usize] == TaskSlotState::Free {
            return Err(format!(
                "{name} lives in slot {} of {}, which is free",
                descriptor.slot,
                executor.id()
            ));
        }
        if !seen.insert((descriptor.slot, descriptor.vertex.0)) {
            return Err(format!("{name} shares slot {} with another subtask", descriptor.slot));
        }
    }
    Ok(())
}

fn check_attempts(world: &World, executor: &TaskExecutor, live: &mut SortedSet<u32>) -> Result<(), Fault> {
    let job_master = world.job_master();
    for task in executor.tasks().iter().filter(|task| !task.state().is_terminal()) {
        let descriptor = task.descriptor();
        let slot = SlotId { task_manager: executor.id(), slot: descriptor.slot };
        if !job_master.slots().offered().contains(&slot) {
            continue;
        }
        let (name, number) = (&descriptor.name, descriptor.attempt);
        let current = &job_master.executions()[descriptor.task.index()];
        if current.attempt != number || current.state.is_terminal() {
            let (newest, state) = (current.attempt, current.state);
            return Err(format!("attempt {number} of {name} lives, and {newest} is {state}"));
        }
        if !live.insert(descriptor.task.0) {
            return Err(format!("attempt {number} of {name} lives twice"));
        }
    }
    Ok(())
}

fn check_slots(pool: &SlotPool, executor: &TaskExecutor) -> Result<(), Fault> {
    let task_manager = executor.id();
    for (slot, state) in (0..).zip(executor.slot_table().slots()) {
        let is_pooled = pool.offered().contains(&SlotId { task_manager, slot });
        if is_pooled != (*state == TaskSlotState::Active) {
            let text = if is_pooled { "has" } else { "does not have" };
            return Err(format!("the JobMaster {text} slot {slot} of {task_manager}, which is {state:?}"));
        }
    }
    Ok(())
}

fn check_promises(world: &World, executor: &TaskExecutor) -> Result<(), Fault> {
    let workers = world.resource_manager().slot_manager().workers();
    let Some(worker) = workers.iter().find(|worker| worker.id == executor.id()) else { return Ok(()) };
    let slots = worker.allocated.iter().zip(executor.slot_table().slots());
    for (slot, (&is_promised, state)) in slots.enumerate() {
        let will_be_free = *state == TaskSlotState::Allocated && executor.slots_until().is_some();
        if is_promised != (*state != TaskSlotState::Free) && (is_promised || !will_be_free) {
            let id = executor.id();
            return Err(format!(
                "slot {slot} of {id} is promised: {is_promised}, and at the TaskManager {state:?}"
            ));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
