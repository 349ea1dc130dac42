//! Which slots the job gets, and which TaskManagers are wanted or too many. Flink: `FineGrainedSlotManager`,
//! `DefaultResourceAllocationStrategy`.
//!
//! Contract: a slot is promised to the job at most once; the job is given as many as it declared. Slots that lack are
//! hoped for of workers that were asked for, else more workers are asked for, where the deployment can start any; where
//! it cannot, the job is told, once it is clear that no more come. Whoever calls says when it is; what is to be done
//! comes out of `run`.

use crate::base::ids::TaskManagerId;
use crate::base::limits::TASK_MANAGERS_MAX;
pub use crate::scheduler::slot_pool::LoadBalanceMode;

/// How the ResourceManager works. Times that Flink lets pass are none here unless a scenario asks for them.
#[derive(Clone, Copy, Debug)]
pub struct SlotManagerOptions {
    /// Whether the deployment starts and stops TaskManagers as they are needed, as on YARN. Flink:
    /// `ActiveResourceManager`, and where not `StandaloneResourceManager`.
    pub is_active: bool,
    /// From the request until a TaskManager's process begins.
    pub worker_start_ticks: u64,
    /// Flink: `slotmanager.requirement-check-delay`, 50 ms.
    pub requirement_check_ticks: u64,
    /// Flink: `slotmanager.declare-needed-resource-delay`, 50 ms.
    pub declare_needed_ticks: u64,
    /// How long a standalone cluster hopes for more TaskManagers than it was started with. Flink:
    /// `resourcemanager.standalone.start-up-time`, as long as `slot.request.timeout`.
    pub start_up_ticks: u64,
    /// After how long an idle TaskManager is given back. Flink: `resourcemanager.taskmanager-timeout`.
    pub idle_timeout_ticks: u64,
    /// As many are kept in reserve. Flink: `slotmanager.redundant-taskmanager-num`.
    pub redundant: u32,
    pub load_balance: LoadBalanceMode,
}

impl Default for SlotManagerOptions {
    fn default() -> Self {
        Self {
            is_active: false,
            worker_start_ticks: 0,
            requirement_check_ticks: 0,
            declare_needed_ticks: 0,
            start_up_ticks: 0,
            idle_timeout_ticks: 30_000,
            redundant: 0,
            load_balance: LoadBalanceMode::None,
        }
    }
}

/// A TaskManager that has registered.
#[derive(Clone, Debug)]
pub struct Worker {
    pub id: TaskManagerId,
    /// By slot: whether it is promised to the job.
    pub allocated: Vec<bool>,
    /// Since when none is.
    idle_since: Option<u64>,
}

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SlotAction {
    /// This slot is for the job.
    Request(TaskManagerId, u32),
    /// The job will not get what it declared; there are so many slots.
    NotEnough(u32),
    /// Another TaskManager is needed.
    StartWorker,
    /// One is not.
    StopWorker(TaskManagerId),
}

/// See the module.
#[derive(Clone, Debug)]
pub struct SlotManager {
    options: SlotManagerOptions,
    slots_per_worker: u32,
    /// TaskManagers that the cluster is made of; fewer may have registered.
    expected: u32,
    registered: Vec<Worker>,
    /// Workers that were asked for and have not registered.
    pending: u32,
    /// Of those, as many the deployment does not know of yet.
    undeclared: u32,
    required: u32,
    /// The job knows that it will not get all of them.
    is_job_told: bool,
    check_at: Option<u64>,
    declare_at: Option<u64>,
}

impl SlotManager {
    /// One that waits for so many TaskManagers, each with so many slots.
    pub const fn new(options: SlotManagerOptions, expected: u32, slots_per_worker: u32) -> Self {
        Self {
            options,
            slots_per_worker,
            expected,
            registered: Vec::new(),
            pending: 0,
            undeclared: 0,
            required: 0,
            is_job_told: false,
            check_at: None,
            declare_at: None,
        }
    }

    /// The TaskManagers that have registered, in the order in which they did.
    pub fn workers(&self) -> &[Worker] {
        &self.registered
    }

    /// Workers that were asked for and have not registered. Flink: `PendingTaskManager`.
    pub const fn pending(&self) -> u32 {
        self.pending
    }

    /// Slots that the job has declared.
    pub const fn required(&self) -> u32 {
        self.required
    }

    /// The cluster is made of at least so many TaskManagers now.
    pub fn expect(&mut self, task_managers: u32) {
        self.expected = self.expected.max(task_managers);
    }

    /// A TaskManager is there, with so many slots, of which the job has some.
    pub fn register(&mut self, id: TaskManagerId, slots: u32, allocated: &[u32], now: u64) {
        // One that registers again has lost what it was before; a new one counts as one that was asked for.
        if !self.remove(id) {
            self.pending = self.pending.saturating_sub(1);
        }
        let allocated: Vec<bool> = (0..slots).map(|slot| allocated.contains(&slot)).collect();
        self.registered.push(Worker { id, allocated, idle_since: None });
        self.is_job_told = false;
        self.changed(now);
    }

    /// A TaskManager is gone; also one that never registered.
    pub fn unregister(&mut self, id: TaskManagerId, now: u64) {
        if !self.remove(id) {
            self.pending = self.pending.saturating_sub(1);
        }
        self.is_job_told = false;
        self.changed(now);
    }

    /// Slots that the job does not have any more.
    pub fn free(&mut self, id: TaskManagerId, slots: &[u32], now: u64) {
        for worker in self.registered.iter_mut().filter(|worker| worker.id == id) {
            for &slot in slots {
                worker.allocated[slot as usize] = false;
            }
        }
        self.changed(now);
    }

    /// A TaskManager says which of its slots are free. Answers whether that is news.
    pub fn report(&mut self, id: TaskManagerId, free: &[u32], now: u64) -> bool {
        let mut is_news = false;
        for worker in self.registered.iter_mut().filter(|worker| worker.id == id) {
            for (slot, allocated) in (0..).zip(&mut worker.allocated) {
                is_news |= *allocated == free.contains(&slot);
                *allocated = !free.contains(&slot);
            }
        }
        if is_news {
            self.changed(now);
        }
        is_news
    }

    /// The job needs so many slots in all. Flink: `processResourceRequirements`.
    pub fn declare(&mut self, slots: u32, now: u64) {
        self.is_job_told &= self.required == slots;
        self.required = slots;
        self.changed(now);
    }

    /// When something is due.
    pub fn next_timer(&self) -> Option<u64> {
        let hopes_until =
            (self.options.start_up_ticks > 0 && self.is_told()).then_some(self.options.start_up_ticks);
        let times = [self.check_at, self.declare_at, hopes_until];
        let released = self.too_many().map(|(at, _)| at);
        times.into_iter().flatten().chain(released).min()
    }

    /// The next thing that is to be done by now, if there is one.
    pub fn run(&mut self, now: u64) -> Option<SlotAction> {
        if self.check_at.is_some_and(|at| at <= now) {
            if let Some(request) = self.allocate() {
                return Some(request);
            }
            self.check_at = None;
            self.want_workers(now);
        }
        if self.declare_at.is_some_and(|at| at <= now) {
            if self.undeclared > 0 {
                self.undeclared -= 1;
                return Some(SlotAction::StartWorker);
            }
            self.declare_at = None;
        }
        if self.is_told() && self.options.start_up_ticks <= now {
            self.is_job_told = true;
            return Some(SlotAction::NotEnough(self.slots()));
        }
        let (_, id) = self.too_many().find(|&(at, _)| at <= now)?;
        self.remove(id);
        Some(SlotAction::StopWorker(id))
    }

    /// Flink: `checkResourceRequirementsWithDelay`.
    fn changed(&mut self, now: u64) {
        for worker in &mut self.registered {
            let is_idle = !worker.allocated.contains(&true);
            worker.idle_since = is_idle.then(|| worker.idle_since.unwrap_or(now));
        }
        self.check_at = self.check_at.or(Some(now + self.options.requirement_check_ticks));
    }

    fn remove(&mut self, id: TaskManagerId) -> bool {
        let count = self.registered.len();
        self.registered.retain(|worker| worker.id != id);
        self.registered.len() < count
    }

    fn slots(&self) -> u32 {
        self.registered.iter().map(|worker| worker.allocated.len() as u32).sum()
    }

    fn promised(&self) -> u32 {
        self.registered.iter().map(Worker::in_use).sum()
    }

    fn missing(&self) -> u32 {
        self.required.saturating_sub(self.promised())
    }

    /// Promises the job a slot that it lacks.
    fn allocate(&mut self) -> Option<SlotAction> {
        if self.missing() == 0 {
            return None;
        }
        let free = self.registered.iter_mut().filter(|worker| worker.allocated.contains(&false));
        // Shares in use are compared as fractions: a/b < c/d, as a*d < c*b.
        let share = |worker: &Worker| (worker.in_use(), worker.allocated.len() as u32);
        let better = |this: (u32, u32), that: (u32, u32)| match self.options.load_balance {
            LoadBalanceMode::Slots => this.0 * that.1 < that.0 * this.1,
            LoadBalanceMode::MinResources => this.0 * that.1 > that.0 * this.1,
            LoadBalanceMode::None | LoadBalanceMode::Tasks => false,
        };
        let worker = free.reduce(|best, next| if better(share(next), share(best)) { next } else { best })?;
        let slot = worker.allocated.iter().position(|&is_allocated| !is_allocated)?;
        worker.allocated[slot] = true;
        worker.idle_since = None;
        Some(SlotAction::Request(worker.id, slot as u32))
    }

    /// Asks for as many workers as the job and the reserve need beyond those that are asked for.
    fn want_workers(&mut self, now: u64) {
        if !self.options.is_active {
            return;
        }
        let free = self.slots() - self.promised();
        let reserve = (self.options.redundant * self.slots_per_worker).saturating_sub(free);
        let wanted = (self.missing() + reserve).div_ceil(self.slots_per_worker);
        let room = TASK_MANAGERS_MAX.saturating_sub(self.registered.len() as u32 + self.pending);
        let more = wanted.saturating_sub(self.pending).min(room);
        if more > 0 {
            self.pending += more;
            self.undeclared += more;
            self.declare_at = self.declare_at.or(Some(now + self.options.declare_needed_ticks));
        }
    }

    /// Whether the job is told that it will not get what it declared, as soon as the time of hope is over.
    fn is_told(&self) -> bool {
        let is_complete = if self.options.is_active {
            self.pending * self.slots_per_worker < self.missing()
        } else {
            self.registered.len() as u32 >= self.expected
        };
        self.missing() > 0 && self.check_at.is_none() && is_complete && !self.is_job_told
    }

    /// TaskManagers that are idle and that the reserve does not need, with when they are given back.
    fn too_many(&self) -> impl Iterator<Item = (u64, TaskManagerId)> {
        let free = self.slots() - self.promised();
        let reserve = self.options.redundant * self.slots_per_worker;
        let idle = self
            .registered
            .iter()
            .filter(move |worker| self.options.is_active && free >= reserve + worker.allocated.len() as u32);
        idle.filter_map(|worker| Some((worker.idle_since? + self.options.idle_timeout_ticks, worker.id)))
    }
}

impl Worker {
    fn in_use(&self) -> u32 {
        self.allocated.iter().filter(|&&is| is).count() as u32
    }
}

#[cfg(test)]
mod tests;
