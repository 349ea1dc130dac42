//! The world: the whole state of a simulated cluster at one moment.
//!
//! Contract: cloning it is a snapshot and costs about a pointer for each task, partition and gate; what a
//! turn then touches is copied by that turn. Nothing outside changes it but [`World::turn`] and commands.

use std::collections::VecDeque;
use std::rc::Rc;

use super::command::{Command, SetTimestamp};
use super::cursor::{Actor, Cursor};
use super::message_log::Crossing;
use super::output::OutputLine;
use super::transactions::Transactions;
use crate::base::append_log::AppendLog;
use crate::base::choice::Choices;
use crate::base::ids::{ChannelId, PartitionId, TaskId, TaskManagerId};
use crate::base::ordered::{SortedMap, SortedSet};
use crate::base::own::own_seldom;
use crate::checkpoint::metadata;
use crate::checkpoint::storage::file_system::DistributedFileSystem;
use crate::checkpoint::storage::{FileWrite, METADATA};
use crate::cluster::dispatcher::{Client, Dispatcher};
use crate::cluster::fencing::Leader;
use crate::cluster::heartbeat::Notice;
use crate::cluster::high_availability::{CoordinationService, Notification};
use crate::cluster::job_manager::JobManager;
use crate::cluster::job_master::checkpointing::StartFrom;
use crate::cluster::job_master::{JobMaster, SlotId};
use crate::cluster::job_status::JobStatus;
use crate::cluster::link::Link;
use crate::cluster::process::ProcessKind;
use crate::cluster::resource_manager::{ResourceManager, WorkerRequest};
use crate::cluster::rpc::{Address, Envelope, Outbox};
use crate::cluster::rpc_network::RpcNetwork;
use crate::cluster::slot_manager::{SlotManager, SlotManagerOptions};
use crate::cluster::task_executor::TaskExecutor;
use crate::cluster::yarn::Yarn;
use crate::operator::context::Effect;
use crate::operator::function::UserFunctions;
use crate::scenario::Scenario;
use crate::scheduler::plan::{JobPlan, PlannedChannel};
use crate::task::chain::OperatorChain;
use crate::task::pace::Speed;
use crate::task::stream_task::StreamTask;
use crate::trace::Trace;

/// What stays the same in a run.
pub struct Fixed {
    pub plan: JobPlan,
    pub scenario: Scenario,
    pub functions: Rc<dyn UserFunctions>,
    /// Commands that belong to the scenario, with the ticks at whose start they are applied: whatever is
    /// commanded besides, they stay.
    pub schedule: Vec<(u64, Command)>,
    /// What the job starts from, if not from nothing.
    pub start_from: Option<StartFrom>,
}

/// Where a task is: its TaskManager and its place among that one's tasks.
#[derive(Clone, Copy, Debug)]
pub(super) struct TaskPlace {
    pub executor: u32,
    pub place: u32,
}

/// See the module.
#[derive(Clone)]
pub struct World {
    pub(super) fixed: Rc<Fixed>,
    /// What is deployed: an adaptive scheduler makes another one for another parallelism.
    pub(super) plan: Rc<JobPlan>,
    pub(super) tick: u64,
    pub(super) cursor: Cursor,
    pub(super) last_actor: Option<Actor>,
    pub(super) choices: Choices,
    pub(super) trace: Trace,
    pub(super) messages: AppendLog<Crossing>,
    pub(super) rpc: RpcNetwork,
    pub(super) client: Client,
    /// The JobManager processes, by id.
    pub(super) job_managers: Rc<Vec<JobManager>>,
    /// What JobManagers share, if there is high availability.
    pub(super) coordination: Option<Rc<CoordinationService>>,
    /// What processes will learn of it, by tick and in order.
    pub(super) notifications: SortedMap<(u64, u32), Notification>,
    pub(super) notification_count: u32,
    /// Whose the next three are: they stay as they were while nobody leads.
    pub(super) leader: Leader,
    /// What the containers of the processes are in, if there are any.
    pub(super) yarn: Option<Rc<Yarn>>,
    /// The process that the next three are in.
    pub(super) dispatcher: Dispatcher,
    pub(super) resource_manager: ResourceManager,
    /// What becomes of the ResourceManager's wishes, and when.
    pub(super) workers_due: Vec<(u64, WorkerRequest)>,
    pub(super) job_master: Rc<JobMaster>,
    pub(super) executors: Vec<Rc<TaskExecutor>>,
    pub(super) links: Vec<Rc<Link>>,
    /// Where checkpoints and savepoints are.
    pub(super) file_system: Rc<DistributedFileSystem>,
    /// Deployed tasks in the order of their ids and attempts, which is the order in which they run by default. Of a
    /// task that has another attempt, earlier ones are there as long as they run.
    pub(super) places: Rc<Vec<(TaskId, TaskPlace)>>,
    pub(super) output: AppendLog<OutputLine>,
    pub(super) transactions: Transactions,
    pub(super) commands: VecDeque<Command>,
    /// Speeds that were commanded, by vertex: tasks that are deployed later have them too.
    pub(super) speeds: SortedMap<u32, Speed>,
    /// Records that were commanded to bear another time.
    pub(super) timestamps: Rc<Vec<SetTimestamp>>,
    /// Whether all that is given a time is noted: in a repetition that searches for it.
    pub(super) hears_timestamps: bool,
    /// What the turn at hand printed; empty between turns.
    pub(super) effects: Vec<(TaskId, Effect)>,
    /// Who is still to notice that a TaskManager is gone, the next one first.
    pub(super) notices: SortedSet<Notice>,
    /// When what JobManager and TaskManagers know of each other was compared for the last time.
    pub(super) reconciled_at: u64,
    /// Counts the changes of who is where.
    pub(super) topology_version: u32,
    /// Whether calls of every session are obeyed.
    #[cfg(test)]
    pub(super) is_fencing_broken: bool,
}

impl World {
    /// The world at tick 0: the processes begin to start, or they are up, the TaskManagers are about to register, and
    /// the client is about to submit the job.
    pub fn new(fixed: Fixed) -> Self {
        let scenario = &fixed.scenario;
        let yarn = super::yarn::of_scenario(scenario, &fixed.plan);
        // On YARN they are started as they are needed.
        let count = if yarn.is_some() { 0 } else { scenario.task_managers };
        let managers = || (0..count).map(TaskManagerId);
        let executors: Vec<Rc<TaskExecutor>> = managers()
            .map(|id| {
                let process = scenario.process(ProcessKind::TaskManager);
                let executor =
                    TaskExecutor::of_scenario(process, id, scenario.slots_per_task_manager, || {
                        Ok((scenario.process_spec()?, scenario.network()?))
                    });
                let mut executor = executor.expect("the scenario is checked before it runs");
                executor.led_by([Some(super::leadership::first_leader(scenario)); 2]);
                Rc::new(executor)
            })
            .collect();
        let links = managers()
            .flat_map(|from| managers().filter(move |&to| to != from).map(move |to| (from, to)))
            .map(|(from, to)| Rc::new(Link::new(from, to, scenario.link_speed())))
            .collect();
        let (leader, job_managers, coordination) = super::leadership::at_start(scenario);
        let plan = Rc::new(fixed.plan.clone());
        let mut world = Self {
            tick: 0,
            cursor: Cursor::start(),
            last_actor: None,
            choices: Choices::new(scenario.driver.clone(), scenario.seed),
            trace: Trace::default(),
            messages: AppendLog::default(),
            rpc: RpcNetwork::new(scenario.rpc_latency_ticks, &scenario.rpc_faults),
            yarn,
            leader,
            job_managers: Rc::new(job_managers),
            coordination,
            notifications: SortedMap::new(),
            notification_count: 0,
            client: Client::default(),
            dispatcher: Dispatcher,
            resource_manager: new_resource_manager(scenario, count),
            workers_due: Vec::new(),
            job_master: Rc::new(new_job_master(&fixed)),
            executors,
            links,
            file_system: Rc::new(file_system(&fixed)),
            places: Rc::default(),
            output: AppendLog::default(),
            transactions: Transactions::of(fixed.start_from.as_ref().map_or(&[], |start| &start.committed)),
            commands: VecDeque::new(),
            speeds: SortedMap::new(),
            timestamps: Rc::default(),
            hears_timestamps: false,
            effects: Vec::new(),
            notices: SortedSet::new(),
            reconciled_at: 0,
            topology_version: 1,
            #[cfg(test)]
            is_fencing_broken: false,
            plan,
            fixed: Rc::new(fixed),
        };
        world.begin();
        world
    }

    /// Virtual time in ms.
    pub const fn tick(&self) -> u64 {
        self.tick
    }

    /// Turns run in this tick; 0 between two ticks.
    pub const fn turn_number(&self) -> u32 {
        self.cursor.turn
    }

    /// Whose turn was the last.
    pub const fn last_actor(&self) -> Option<Actor> {
        self.last_actor
    }

    /// The plan that is deployed.
    pub fn plan(&self) -> &JobPlan {
        &self.plan
    }

    /// The scenario.
    pub fn scenario(&self) -> &Scenario {
        &self.fixed.scenario
    }

    /// What happened so far.
    pub const fn trace(&self) -> &Trace {
        &self.trace
    }

    /// The messages that crossed links so far, in the order in which they arrived.
    pub const fn messages(&self) -> &AppendLog<Crossing> {
        &self.messages
    }

    /// What was printed and collected so far.
    pub const fn output(&self) -> &AppendLog<OutputLine> {
        &self.output
    }

    /// What was committed to external systems.
    pub const fn transactions(&self) -> &Transactions {
        &self.transactions
    }

    /// The JobMaster.
    pub fn job_master(&self) -> &JobMaster {
        &self.job_master
    }

    /// For tests that break it.
    #[cfg(test)]
    pub(super) fn job_master_mut(&mut self) -> &mut JobMaster {
        own_seldom(&mut self.job_master)
    }

    /// The ResourceManager.
    pub const fn resource_manager(&self) -> &ResourceManager {
        &self.resource_manager
    }

    /// Who leads, or led last.
    pub const fn leader(&self) -> Leader {
        self.leader
    }

    /// The JobManager processes, by id.
    pub fn job_managers(&self) -> &[JobManager] {
        &self.job_managers
    }

    /// What they share, if there is high availability.
    pub fn coordination(&self) -> Option<&CoordinationService> {
        self.coordination.as_deref()
    }

    /// The status of the job.
    pub fn job_status(&self) -> JobStatus {
        self.job_master.status()
    }

    /// The TaskManagers.
    pub fn executors(&self) -> &[Rc<TaskExecutor>] {
        &self.executors
    }

    /// How much would be copied of it if all were written to: entries of keyed state, which is what grows.
    pub(super) fn weight(&self) -> usize {
        let chains =
            self.executors.iter().flat_map(|executor| executor.tasks()).filter_map(|task| task.chain());
        chains.flat_map(OperatorChain::operators).map(|chained| chained.state().entry_count()).sum()
    }

    /// The links.
    pub fn links(&self) -> &[Rc<Link>] {
        &self.links
    }

    /// The file system that checkpoints and savepoints are in.
    pub fn file_system(&self) -> &DistributedFileSystem {
        &self.file_system
    }

    /// Sends what a process has said, and gives the file system what it wants of it.
    pub(super) fn post(&mut self, from: Address, outbox: &mut Outbox) {
        self.answer(from, None, outbox);
    }

    /// The same, of what it says because of this call.
    pub(super) fn answer(&mut self, from: Address, asked: Option<&Envelope>, outbox: &mut Outbox) {
        let mut asked = asked;
        for (to, call) in outbox.take_calls() {
            let leader = match from {
                Address::TaskExecutor(id) => self.executors[id.index()].leader_of(to),
                from if from.is_flink() => self.current().session_between(from, to),
                _ => Some(self.leader),
            };
            // To one that it knows none of it has no connection, and says nothing.
            let Some(leader) = leader else { continue };
            let is_answer = |asked: &mut &Envelope| asked.from == to && asked.call.is_answered_by(&call);
            let answers = asked.take_if(is_answer).map(|asked| asked.number);
            self.send(Envelope { from, to, leader, sent_at: self.tick, number: 0, answers, call }, 0);
        }
        self.order_workers(&outbox.take_worker_requests());
        let requests = outbox.take_file_requests();
        if !requests.is_empty() {
            let file_system = own_seldom(&mut self.file_system);
            for (owner, request) in requests {
                file_system.submit(owner, request, self.tick);
            }
        }
    }

    /// How many TaskManagers there are.
    pub(super) fn alive(&self) -> u32 {
        self.executors.iter().filter(|executor| executor.is_alive()).count() as u32
    }

    /// A ResourceManager that knows nothing of what was before.
    pub(super) fn new_resource_manager(&self) -> ResourceManager {
        new_resource_manager(&self.fixed.scenario, self.alive())
    }

    /// Calls on their way.
    pub const fn rpc(&self) -> &RpcNetwork {
        &self.rpc
    }

    /// Counts the changes of who is where.
    pub const fn topology_version(&self) -> u32 {
        self.topology_version
    }

    /// A deployed task, in its last attempt, and its TaskManager.
    pub fn task(&self, id: TaskId) -> Option<(&StreamTask, &TaskExecutor)> {
        let place = self.place_of(id)?;
        let executor = &self.executors[place.executor as usize];
        Some((&executor.tasks()[place.place as usize], executor))
    }

    /// Where a deployed task is, in its last attempt.
    pub(super) fn place_of(&self, id: TaskId) -> Option<TaskPlace> {
        let after = self.places.partition_point(|&(task, _)| task <= id);
        self.places[..after].last().filter(|&&(task, _)| task == id).map(|&(_, place)| place)
    }

    /// The attempt of a task that was deployed last, or, before, of the first one.
    pub fn attempt_of(&self, id: TaskId) -> u32 {
        // The first attempt of an execution graph may be a late one.
        let before = || match self.job_master.adaptive() {
            Some(_) => self.job_master.executions().get(id.index()).map_or(0, |execution| execution.attempt),
            None => 0,
        };
        self.task(id).map_or_else(before, |(task, _)| task.descriptor().attempt)
    }

    /// A channel of the plan, as the attempt of its consumer that was deployed last knows it.
    pub fn channel_id(&self, place: u32) -> ChannelId {
        // What was for an earlier execution graph is nobody's.
        let Some(channel) = self.plan().channels.get(place as usize) else { return ChannelId(u32::MAX) };
        ChannelId(place).of_attempt(self.attempt_of(channel.to))
    }

    /// The channels of the plan, each with the id that the last attempt of its consumer knows it by.
    pub fn channels(&self) -> impl Iterator<Item = (ChannelId, &PlannedChannel)> {
        (0..).zip(&self.plan().channels).map(|(place, planned)| (self.channel_id(place), planned))
    }

    /// A result of a task, as the attempt that was deployed last knows it.
    pub fn partition_id(&self, producer: TaskId, planned: PartitionId) -> PartitionId {
        planned.of_attempt(self.attempt_of(producer))
    }

    /// The slot of a task, once it is scheduled.
    pub fn slot_of(&self, id: TaskId) -> Option<SlotId> {
        self.job_master.executions()[id.index()].slot
    }

    /// Whether commands wait for the start of the tick.
    pub fn has_commands(&self) -> bool {
        !self.commands.is_empty()
    }

    /// Queues a command for the start of the next tick.
    pub fn command(&mut self, command: Command) {
        self.commands.push_back(command);
    }
}

/// A ResourceManager of a cluster of so many TaskManagers.
fn new_resource_manager(scenario: &Scenario, task_managers: u32) -> ResourceManager {
    ResourceManager::new(SlotManager::new(
        SlotManagerOptions { is_active: scenario.is_active(), ..scenario.slot_manager },
        task_managers,
        scenario.slots_per_task_manager,
    ))
}

/// A JobMaster that is not started, for the job and what it starts from.
pub(super) fn new_job_master(fixed: &Fixed) -> JobMaster {
    let mut job_master = JobMaster::new(Rc::new(fixed.plan.clone()), &fixed.scenario.files, &fixed.functions);
    if let Some(start) = &fixed.start_from {
        job_master.start_from(start);
    }
    job_master
}

/// The file system, with the files of what the job starts from.
fn file_system(fixed: &Fixed) -> DistributedFileSystem {
    let mut files = DistributedFileSystem::new(fixed.scenario.file_system);
    if let Some(start) = &fixed.start_from {
        for file in start.files.iter() {
            files.put(file.clone(), 0);
        }
        let pointer = &start.snapshot.pointer;
        if !pointer.is_empty() {
            let path = format!("{pointer}/{METADATA}").into();
            files.put(FileWrite { path, bytes: metadata::write(&start.snapshot) }, 0);
        }
    }
    files
}
