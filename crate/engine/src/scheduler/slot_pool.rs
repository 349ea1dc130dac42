//! The slots that a job was offered: who uses which, who waits for one.
//!
//! Contract: the tasks of one slot sharing group share a slot for as long as one of them needs it; then it is
//! free for whoever waits longest. A job that runs for good gives its groups slots in one go, in the order of
//! the slots; a batch job takes each as it comes, and does with fewer slots than it has groups.
//! Flink: `DeclarativeSlotPoolBridge`, `SlotSharingExecutionSlotAllocator`, `SharedSlot`. Left out: a slot goes
//! back to the ResourceManager at the end of the job, not after being idle for a while.

use std::collections::VecDeque;
use std::rc::Rc;

use super::slot_sharing::ExecutionSlotSharingGroup;
use crate::base::ids::{TaskId, TaskManagerId};
use crate::base::ordered::SortedSet;

/// A slot of the cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SlotId {
    pub task_manager: TaskManagerId,
    pub slot: u32,
}

/// What a slot sharing group has.
#[derive(Clone, Debug, Default)]
struct SharedSlot {
    slot: Option<SlotId>,
    /// Its tasks that need the slot.
    users: Vec<TaskId>,
}

/// What a group that waits for a slot would like.
#[derive(Clone, Debug, Default)]
pub struct SlotPreference {
    /// The slot that it had before, if it is to have that again. Flink: `state.local-recovery`.
    pub slot: Option<SlotId>,
    /// TaskManagers, each as often as there is a reason for it.
    pub near: Vec<TaskManagerId>,
}

/// How slots are chosen. Flink: `SlotSelectionStrategy`, `RequestSlotMatchingStrategy`.
#[derive(Clone, Debug, Default)]
pub struct SlotPreferences {
    /// By group, those that wait.
    pub groups: Vec<(u32, SlotPreference)>,
    pub load_balance: LoadBalanceMode,
}

/// Whose free slots are taken first. Flink: `taskmanager.load-balance.mode`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LoadBalanceMode {
    /// The first that fit.
    #[default]
    None,
    /// Of the TaskManager of which the least is in use. Flink: also `cluster.evenly-spread-out-slots`.
    Slots,
    /// Of the one of which the most is, so that others can be given back.
    MinResources,
    /// Of the one with the fewest tasks, the largest groups first.
    Tasks,
}

/// How slots are given to groups.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SlotUse {
    /// Tasks keep their slots for good: all groups that wait get theirs together. Flink:
    /// `slotWillBeOccupiedIndefinitely`.
    Indefinite,
    /// Tasks end by themselves.
    UntilFinished,
}

/// See the module.
#[derive(Clone, Debug)]
pub struct SlotPool {
    slot_use: SlotUse,
    groups: Rc<Vec<ExecutionSlotSharingGroup>>,
    /// The group of each task.
    group_of: Rc<Vec<u32>>,
    /// By group.
    shared: Vec<SharedSlot>,
    waiting: VecDeque<u32>,
    free: SortedSet<SlotId>,
    offered: SortedSet<SlotId>,
}

impl SlotPool {
    /// A pool without slots for the groups of a job's tasks.
    pub fn new(groups: Vec<ExecutionSlotSharingGroup>, slot_use: SlotUse) -> Self {
        let count = groups.iter().map(|group| group.tasks.len()).sum();
        let mut group_of = vec![0; count];
        for (number, group) in (0..).zip(&groups) {
            for task in &group.tasks {
                group_of[task.index()] = number;
            }
        }
        Self {
            slot_use,
            shared: vec![SharedSlot::default(); groups.len()],
            groups: Rc::new(groups),
            group_of: Rc::new(group_of),
            waiting: VecDeque::new(),
            free: SortedSet::new(),
            offered: SortedSet::new(),
        }
    }

    /// Its slots are for the groups of other tasks from now on. Nobody uses any.
    pub fn regroup(&mut self, groups: Vec<ExecutionSlotSharingGroup>) {
        assert!(self.required() == 0, "slots are in use");
        let Self { slot_use, offered, .. } = self.clone();
        *self = Self { free: offered.clone(), offered, ..Self::new(groups, slot_use) };
    }

    /// How its slots are given.
    pub const fn slot_use(&self) -> SlotUse {
        self.slot_use
    }

    /// The groups.
    pub fn groups(&self) -> &[ExecutionSlotSharingGroup] {
        &self.groups
    }

    /// The group of a task, by its number.
    pub fn group_of(&self, task: TaskId) -> u32 {
        self.group_of[task.index()]
    }

    /// The slot of a task's group, if it has one.
    pub fn slot_of(&self, task: TaskId) -> Option<SlotId> {
        self.shared[self.group_of(task) as usize].slot
    }

    /// All slots that were offered.
    pub const fn offered(&self) -> &SortedSet<SlotId> {
        &self.offered
    }

    /// Those that nobody uses.
    pub const fn free(&self) -> &SortedSet<SlotId> {
        &self.free
    }

    /// Those that a group has, by group.
    pub fn in_use(&self) -> impl Iterator<Item = SlotId> {
        self.shared.iter().filter_map(|shared| shared.slot)
    }

    /// Slots that the job needs at the moment: those in use, and those that groups wait for.
    pub fn required(&self) -> u32 {
        self.shared.iter().filter(|shared| !shared.users.is_empty()).count() as u32
    }

    /// How many groups wait for a slot.
    pub fn missing(&self) -> u32 {
        self.waiting.len() as u32
    }

    /// The groups that wait, the first first.
    pub fn waiting(&self) -> impl Iterator<Item = &u32> {
        self.waiting.iter()
    }

    /// Takes a slot; it is free until it is given to one who waits.
    pub fn offer(&mut self, slot: SlotId) {
        let is_new = self.offered.insert(slot) && self.free.insert(slot);
        assert!(is_new, "a slot is offered twice");
    }

    /// Gives up a free slot.
    pub fn give_back(&mut self, slot: SlotId) {
        let was_free = self.free.remove(&slot) && self.offered.remove(&slot);
        assert!(was_free, "a slot in use is not given back");
    }

    /// These slots are gone, whoever uses them.
    pub fn remove(&mut self, is_lost: &dyn Fn(SlotId) -> bool) {
        self.offered.retain(|&slot| !is_lost(slot));
        self.free.retain(|&slot| !is_lost(slot));
        for shared in &mut self.shared {
            shared.slot.take_if(|slot| is_lost(*slot));
        }
    }

    /// A task needs the slot of its group.
    pub fn request(&mut self, task: TaskId) {
        let group = self.group_of(task);
        let shared = &mut self.shared[group as usize];
        assert!(!shared.users.contains(&task), "task {task} asks for its slot twice");
        // A slot that is lost may still have users, of another region, that have not ended.
        if shared.slot.is_none() && !self.waiting.contains(&group) {
            self.waiting.push_back(group);
        }
        shared.users.push(task);
    }

    /// Gives free slots to those who wait. Requests of the same moment are made first, then fulfilled.
    pub fn fulfil(&mut self, how: &SlotPreferences) {
        if self.slot_use == SlotUse::Indefinite && self.free.len() < self.waiting.len() {
            return;
        }
        while let (Some(place), false) = (self.next_waiting(how), self.free.is_empty()) {
            let Some(group) = self.waiting.remove(place) else { return };
            let wish = how.groups.iter().find(|(of, _)| *of == group).map(|(_, wish)| wish);
            let slot = self.best_for(wish, how);
            self.free.remove(&slot);
            self.shared[group as usize].slot = Some(slot);
        }
    }

    /// Who is next among those that wait.
    fn next_waiting(&self, how: &SlotPreferences) -> Option<usize> {
        let size = |place: usize| self.groups[self.waiting[place] as usize].tasks.len();
        let by_size = how.load_balance == LoadBalanceMode::Tasks;
        (0..self.waiting.len())
            .reduce(|best, next| if by_size && size(next) > size(best) { next } else { best })
    }

    /// The free slot that suits best: the one from before, else the one with the most reasons, else the one of the
    /// TaskManager with the least load, if that counts; of equal ones the first.
    fn best_for(&self, wish: Option<&SlotPreference>, how: &SlotPreferences) -> SlotId {
        let reasons = |slot: &SlotId| {
            let near = wish.map_or(0, |wish| wish.near.iter().filter(|&&id| id == slot.task_manager).count());
            (wish.is_some_and(|wish| wish.slot == Some(*slot)), near)
        };
        // A share of its slots, or a number of tasks.
        let load = |slot: &SlotId| {
            let on = |of: &&SlotId| of.task_manager == slot.task_manager;
            let (all, free) = (self.offered.iter().filter(on).count(), self.free.iter().filter(on).count());
            let used = self
                .groups
                .iter()
                .zip(&self.shared)
                .filter(|(_, it)| it.slot.as_ref().is_some_and(|it| on(&it)));
            match how.load_balance {
                LoadBalanceMode::None | LoadBalanceMode::MinResources => (0, 1),
                LoadBalanceMode::Slots => (all - free, all),
                LoadBalanceMode::Tasks => (used.map(|(group, _)| group.tasks.len()).sum(), 1),
            }
        };
        let is_better = |this: &SlotId, that: &SlotId| {
            let ((a, b), (c, d)) = (load(this), load(that));
            reasons(this) > reasons(that) || reasons(this) == reasons(that) && a * d < c * b
        };
        let best = self.free.iter().reduce(|best, next| if is_better(next, best) { next } else { best });
        *best.expect("there is a free slot")
    }

    /// A task needs its slot no more. What its group then leaves free goes to who waits.
    pub fn release(&mut self, task: TaskId) {
        let group = self.group_of(task);
        let shared = &mut self.shared[group as usize];
        shared.users.retain(|&user| user != task);
        if shared.users.is_empty() {
            if let Some(slot) = shared.slot.take() {
                self.free.insert(slot);
            }
            self.waiting.retain(|&waiting| waiting != group);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pool(groups: &[&[u32]], slot_use: SlotUse) -> SlotPool {
        let group = |tasks: &&[u32]| ExecutionSlotSharingGroup {
            slot_sharing_group: "default".into(),
            tasks: tasks.iter().map(|&task| TaskId(task)).collect(),
        };
        SlotPool::new(groups.iter().map(group).collect(), slot_use)
    }

    fn slot(slot: u32) -> SlotId {
        SlotId { task_manager: TaskManagerId(0), slot }
    }

    #[test]
    fn one_slot_serves_group_after_group() {
        let mut pool = pool(&[&[0, 2], &[1, 3]], SlotUse::UntilFinished);
        pool.request(TaskId(0));
        pool.request(TaskId(1));
        pool.offer(slot(0));
        pool.fulfil(&SlotPreferences::default());
        assert_eq!((pool.slot_of(TaskId(0)), pool.slot_of(TaskId(1))), (Some(slot(0)), None));
        assert_eq!(pool.required(), 2);
        pool.release(TaskId(0));
        pool.fulfil(&SlotPreferences::default());
        assert_eq!((pool.slot_of(TaskId(0)), pool.slot_of(TaskId(1))), (None, Some(slot(0))));
        pool.request(TaskId(3));
        pool.release(TaskId(1));
        assert_eq!(pool.slot_of(TaskId(3)), Some(slot(0)), "the group still needs it");
        pool.request(TaskId(2));
        pool.release(TaskId(3));
        pool.fulfil(&SlotPreferences::default());
        assert_eq!(pool.slot_of(TaskId(2)), Some(slot(0)));
        pool.release(TaskId(2));
        assert_eq!((pool.required(), pool.free().len()), (0, 1));
    }

    #[test]
    fn a_job_for_good_takes_its_slots_together_and_in_order() {
        let mut pool = pool(&[&[0], &[1]], SlotUse::Indefinite);
        pool.request(TaskId(0));
        pool.request(TaskId(1));
        pool.offer(slot(1));
        pool.fulfil(&SlotPreferences::default());
        assert_eq!(pool.slot_of(TaskId(0)), None);
        pool.offer(slot(0));
        pool.fulfil(&SlotPreferences::default());
        assert_eq!((pool.slot_of(TaskId(0)), pool.slot_of(TaskId(1))), (Some(slot(0)), Some(slot(1))));
    }

    #[test]
    fn a_group_whose_slot_is_lost_waits_for_another_one() {
        let mut pool = pool(&[&[0, 1]], SlotUse::Indefinite);
        pool.request(TaskId(0));
        pool.request(TaskId(1));
        pool.offer(slot(0));
        pool.fulfil(&SlotPreferences::default());
        pool.remove(&|slot| slot.task_manager == TaskManagerId(0));
        // The tasks are of two regions, and one of them is restarted before the other has ended.
        pool.release(TaskId(0));
        pool.request(TaskId(0));
        pool.release(TaskId(1));
        pool.offer(SlotId { task_manager: TaskManagerId(1), slot: 0 });
        pool.fulfil(&SlotPreferences::default());
        assert!(pool.slot_of(TaskId(0)).is_some_and(|slot| slot.task_manager == TaskManagerId(1)));
    }

    #[test]
    fn who_gives_up_waits_no_more() {
        let mut pool = pool(&[&[0], &[1]], SlotUse::UntilFinished);
        pool.request(TaskId(0));
        pool.request(TaskId(1));
        pool.release(TaskId(0));
        pool.offer(slot(0));
        pool.fulfil(&SlotPreferences::default());
        assert_eq!(pool.slot_of(TaskId(1)), Some(slot(0)));
    }

    #[test]
    fn a_group_goes_where_it_was_or_near_what_it_reads_or_where_there_is_room() {
        let on = |task_manager, slot| SlotId { task_manager: TaskManagerId(task_manager), slot };
        let chosen = |wish: SlotPreference, load_balance| {
            let mut pool = pool(&[&[0, 1, 2], &[3]], SlotUse::UntilFinished);
            for slot in [on(0, 0), on(0, 1), on(1, 0), on(1, 1), on(2, 0)] {
                pool.offer(slot);
            }
            pool.request(TaskId(0));
            pool.fulfil(&SlotPreferences::default());
            assert_eq!(pool.slot_of(TaskId(0)), Some(on(0, 0)));
            pool.request(TaskId(3));
            pool.fulfil(&SlotPreferences { groups: vec![(1, wish)], load_balance });
            pool.slot_of(TaskId(3)).expect("it is free")
        };
        let near = vec![TaskManagerId(1), TaskManagerId(2), TaskManagerId(1)];
        let wish = SlotPreference { slot: None, near };
        assert_eq!(chosen(SlotPreference::default(), LoadBalanceMode::None), on(0, 1));
        assert_eq!(chosen(SlotPreference::default(), LoadBalanceMode::Slots), on(1, 0));
        assert_eq!(chosen(SlotPreference::default(), LoadBalanceMode::Tasks), on(1, 0));
        assert_eq!(chosen(wish.clone(), LoadBalanceMode::Slots), on(1, 0));
        assert_eq!(chosen(SlotPreference { slot: Some(on(2, 0)), ..wish }, LoadBalanceMode::None), on(2, 0));
    }
}
