//! The slots of a TaskManager: which are free, promised to the job, in its use. Flink: `TaskSlotTableImpl`, `TaskSlot`.

/// See the module. Flink: `TaskSlotState`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TaskSlotState {
    Free,
    /// For the job, whose JobMaster has not accepted it yet, or is gone.
    Allocated,
    /// The JobMaster deploys into it.
    Active,
}

/// See the module.
#[derive(Clone, Debug)]
pub struct TaskSlotTable {
    slots: Vec<TaskSlotState>,
}

impl TaskSlotTable {
    /// So many free slots.
    pub fn new(slots: u32) -> Self {
        Self { slots: vec![TaskSlotState::Free; slots as usize] }
    }

    /// All of them.
    pub fn slots(&self) -> &[TaskSlotState] {
        &self.slots
    }

    /// Promises a slot to the job. Answers whether it was free.
    pub fn allocate(&mut self, slot: u32) -> bool {
        let state = &mut self.slots[slot as usize];
        let was_free = *state == TaskSlotState::Free;
        if was_free {
            *state = TaskSlotState::Allocated;
        }
        was_free
    }

    /// The JobMaster has taken it.
    pub fn mark_active(&mut self, slot: u32) {
        if self.slots[slot as usize] == TaskSlotState::Allocated {
            self.slots[slot as usize] = TaskSlotState::Active;
        }
    }

    /// The JobMaster is gone: none is in use any more, and those of the job stay its own. Answers which they are.
    pub fn mark_inactive(&mut self) -> Vec<u32> {
        for state in &mut self.slots {
            if *state == TaskSlotState::Active {
                *state = TaskSlotState::Allocated;
            }
        }
        self.allocated()
    }

    /// Those that are.
    pub fn free_slots(&self) -> Vec<u32> {
        let slots = (0..).zip(&self.slots);
        slots.filter(|&(_, &state)| state == TaskSlotState::Free).map(|(slot, _)| slot).collect()
    }

    /// Those that the JobMaster has not accepted.
    pub fn inactive(&self) -> Vec<u32> {
        let slots = (0..).zip(&self.slots);
        slots.filter(|&(_, &state)| state == TaskSlotState::Allocated).map(|(slot, _)| slot).collect()
    }

    /// Those that are not free.
    pub fn allocated(&self) -> Vec<u32> {
        let slots = (0..).zip(&self.slots);
        slots.filter(|&(_, &state)| state != TaskSlotState::Free).map(|(slot, _)| slot).collect()
    }

    /// Whether some are promised and not in use.
    pub fn has_allocated(&self) -> bool {
        self.slots.contains(&TaskSlotState::Allocated)
    }

    /// Those are free from now on. Answers which they were.
    pub fn free_allocated(&mut self) -> Vec<u32> {
        let promised = (0..).zip(&mut self.slots).filter(|(_, state)| **state == TaskSlotState::Allocated);
        promised.map(|(slot, state)| (slot, *state = TaskSlotState::Free).0).collect()
    }

    /// The job does not need it.
    pub fn free(&mut self, slot: u32) {
        self.slots[slot as usize] = TaskSlotState::Free;
    }

    /// The job needs none of them.
    pub fn free_all(&mut self) {
        self.slots.fill(TaskSlotState::Free);
    }
}

#[cfg(test)]
mod tests {
    use super::TaskSlotState::{Active, Allocated, Free};
    use super::*;

    #[test]
    fn a_slot_stays_the_jobs_own_when_its_job_master_is_gone() {
        let mut table = TaskSlotTable::new(3);
        assert!(table.allocate(0) && table.allocate(2));
        assert!(!table.allocate(2), "it is promised already");
        table.mark_active(0);
        table.mark_active(1);
        assert_eq!(table.slots(), [Active, Free, Allocated]);
        assert_eq!(table.mark_inactive(), [0, 2]);
        assert_eq!(table.slots(), [Allocated, Free, Allocated]);
        table.mark_active(0);
        assert!(table.has_allocated());
        assert_eq!((table.free_allocated(), table.has_allocated()), (vec![2], false));
        assert!(table.allocate(2));
        table.free(0);
        assert_eq!(table.allocated(), [2]);
        table.free_all();
        assert_eq!(table.allocated(), [0_u32; 0]);
    }
}
