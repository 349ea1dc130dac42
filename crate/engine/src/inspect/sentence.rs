//! What is going on, in words: what stands under the picture, which a screen reader hears too.
//!
//! Contract: a sentence is a row of parts, and a part that names a task, a channel or a TaskManager leads to it. Read without
//! the links, the parts are the whole text.

use std::fmt;

use super::back_pressure::{self, Bottleneck};
use super::recovery;
use super::watermarks;
use super::{channels, checkpoints, leadership, stages};
use crate::base::ids::{ChannelId, TaskId, TaskManagerId};
use crate::cluster::job_master::JobFailure;
use crate::cluster::job_status::JobStatus;
use crate::cluster::link::LinkState;
use crate::cluster::yarn::Yarn;
use crate::cluster::yarn::call::ApplicationState;
use crate::graph::job_graph::JobType;
use crate::sim::cursor::Actor;
use crate::sim::world::World;
use crate::task::state::ExecutionState;
use crate::task::time_shares::Spent;

/// Work from which on a task is what the others wait for; with less, it is the way to it.
const BUSY_PER_MILLE: u32 = 500;
/// A task does more than its share if the others of its vertex are busy less than so much of its time.
const SKEWED_PER_MILLE: u32 = 500;
/// Links that are named; the others are counted.
const LINKS_NAMED_MAX: usize = 2;
/// Waiting tasks that are named; the others are counted.
const NAMED_MAX: usize = 4;

/// What a part of a sentence names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    Task(TaskId),
    Channel(ChannelId),
    TaskManager(TaskManagerId),
}

/// A piece of text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    pub text: String,
    /// What it names, if it leads somewhere.
    pub subject: Option<Subject>,
}

/// See the module.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sentence {
    parts: Vec<Part>,
}

impl Sentence {
    /// Its parts, none of them empty.
    pub fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// Adds words.
    pub fn say(&mut self, text: impl AsRef<str>) -> &mut Self {
        self.add(text.as_ref(), None)
    }

    /// Adds words that lead somewhere.
    pub fn name(&mut self, text: impl AsRef<str>, subject: Subject) -> &mut Self {
        self.add(text.as_ref(), Some(subject))
    }

    fn add(&mut self, text: &str, subject: Option<Subject>) -> &mut Self {
        match self.parts.last_mut() {
            _ if text.is_empty() && subject.is_none() => {}
            Some(last) if last.subject.is_none() && subject.is_none() => last.text.push_str(text),
            _ => self.parts.push(Part { text: text.to_owned(), subject }),
        }
        self
    }

    /// Adds the name of a TaskManager, which leads to it.
    pub fn task_manager(&mut self, id: TaskManagerId) -> &mut Self {
        self.name(format!("TaskManager {}", id.0 + 1), Subject::TaskManager(id))
    }

    /// Adds another one.
    pub fn append(&mut self, other: Self) {
        for part in other.parts {
            self.add(&part.text, part.subject);
        }
    }

    /// Adds the name of a task, which leads to it.
    pub fn task(&mut self, world: &World, task: TaskId) -> &mut Self {
        if task.index() < world.plan().executions.len() {
            self.name(world.task_name(task), Subject::Task(task))
        } else {
            self.say(&*world.task_name(task))
        }
    }
}

impl From<String> for Sentence {
    fn from(text: String) -> Self {
        let mut sentence = Self::default();
        sentence.say(text);
        sentence
    }
}

impl fmt::Display for Sentence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.parts.iter().try_for_each(|part| f.write_str(&part.text))
    }
}

/// The state of the job, and the one thing about it that matters most.
pub fn sentence(world: &World) -> Sentence {
    if let Some(text) = leadership::sentence(world) {
        return text.into();
    }
    match world.job_status() {
        JobStatus::Created | JobStatus::Restarting if world.job_master().adaptive().is_some() => {
            recovery::adapting(world)
        }
        JobStatus::Initializing | JobStatus::Created => starting(world).into(),
        JobStatus::Running => running(world),
        JobStatus::Restarting => recovery::restarting(world),
        JobStatus::Failing | JobStatus::Failed => failed(world),
        JobStatus::Cancelling => {
            "The job is being cancelled: its tasks close one after another.".to_owned().into()
        }
        JobStatus::Canceled => "The job was cancelled.".to_owned().into(),
        JobStatus::Finished => format!(
            "The job finished after {} ms: every source came to its end, and every record is through.",
            world.tick()
        )
        .into(),
        JobStatus::Suspended => {
            "The JobManager of the job leads no more: the job stands still.".to_owned().into()
        }
    }
}

fn starting(world: &World) -> String {
    if !world.job_manager().is_up() {
        return match world.yarn().map(Yarn::state) {
            Some(ApplicationState::New) => {
                "The client asks YARN for an application and uploads its files to HDFS."
            }
            Some(ApplicationState::Accepted) => {
                "YARN allots a container for the ApplicationMaster, and the JobManager starts in it."
            }
            Some(ApplicationState::Failed) => "The application failed: its ApplicationMaster is gone.",
            Some(_) => "The application is over.",
            None => "The processes start, step by step; the job is submitted when the JobManager is up.",
        }
        .to_owned();
    }
    if world.tick() == 0 && world.turn_number() == 0 {
        return "The cluster is up, and the client is about to submit the job. Step or run to begin."
            .to_owned();
    }
    "The job is submitted: the JobMaster registers with the ResourceManager, which hands out slots."
        .to_owned()
}

fn running(world: &World) -> Sentence {
    let executions = world.job_master().executions();
    let count =
        |state: ExecutionState| executions.iter().filter(|execution| execution.state == state).count();
    let is_batch = world.plan().job_type == JobType::Batch;
    let not_deployed = count(ExecutionState::Scheduled);
    if not_deployed > 0 && not_deployed + count(ExecutionState::Created) == executions.len() {
        let slots = world.job_master().slots().required();
        let there = match world.job_master().slots().free().len() {
            0 => String::new(),
            n => format!(", and has {n} of them"),
        };
        return format!("The job waits for {slots} slot{}{there}.", if slots == 1 { "" } else { "s" }).into();
    }
    if not_deployed > 0 && !is_batch {
        return recovery::waiting_for_slots(world);
    }
    let mut sentence = Sentence::default();
    recovery::name_paused(world, &mut sentence);
    name_link_faults(world, &mut sentence);
    let starting = count(ExecutionState::Deploying) + count(ExecutionState::Initializing);
    if starting > 0 {
        sentence.say(format!("{starting} of {} tasks are being deployed.", executions.len()));
        return sentence;
    }
    if is_batch {
        stages::name_stages(world, &mut sentence);
        return sentence;
    }
    if name_back_pressure(world, &mut sentence) {
        name_checkpoint(world, &mut sentence);
        return sentence;
    }
    let finished = count(ExecutionState::Finished);
    let to_come = count(ExecutionState::Created);
    match executions.len() {
        all if to_come > 0 => sentence.say(format!(
            "{} of {all} tasks are running{}. The other {to_come} begin when the results that they read are written \
             to their end.",
            count(ExecutionState::Running),
            if finished > 0 { format!(", {finished} are finished") } else { String::new() }
        )),
        all if finished > 0 => sentence.say(format!("{finished} of {all} tasks are finished.")),
        1 => sentence.say("The job's one task is running and not back-pressured."),
        all => sentence.say(format!("All {all} tasks are running, none is back-pressured.")),
    };
    match watermarks::windows_held_back(world) {
        Some(held) => sentence.say("\n").append(held),
        None => last_turn(world, &mut sentence),
    }
    name_checkpoint(world, &mut sentence);
    sentence
}

/// What a checkpoint waits for that takes long.
fn name_checkpoint(world: &World, sentence: &mut Sentence) {
    if let Some(wait) = checkpoints::long_wait(world) {
        sentence.say("\n").append(wait);
    }
}

/// What the last turn did.
fn last_turn(world: &World, sentence: &mut Sentence) {
    match world.last_actor() {
        Some(Actor::Task { task, took_record: true, .. }) => {
            sentence.say(" ").task(world, task).say(" just took a record.");
        }
        Some(Actor::Link { from, to }) => {
            let (from, to) = (from.0 + 1, to.0 + 1);
            sentence.say(format!(" A message moves between TaskManager {from} and TaskManager {to}."));
        }
        Some(Actor::Timer { task }) => {
            sentence.say(" The output flusher of ").task(world, task).say(" made what it wrote visible.");
        }
        _ => {}
    }
}

/// What is wrong between TaskManagers.
fn name_link_faults(world: &World, sentence: &mut Sentence) {
    let faulty = || world.links().iter().filter(|link| link.state() != LinkState::Up);
    for link in faulty().take(LINKS_NAMED_MAX) {
        sentence.say("The link from ").task_manager(link.from).say(" to ").task_manager(link.to);
        if link.is_cut() {
            let standing = match link.in_flight().count() {
                0 => String::new(),
                1 => ", and 1 message on it stands still".to_owned(),
                n => format!(", and {n} messages on it stand still"),
            };
            sentence.say(format!(" is cut{standing}.\n"));
        } else {
            let speed = link.speed();
            sentence.say(format!(
                " is slow: {} ms, and {} bytes a ms.\n",
                speed.latency_ticks, speed.bytes_per_tick
            ));
        }
    }
    match faulty().count().saturating_sub(LINKS_NAMED_MAX) {
        0 => {}
        1 => {
            sentence.say("1 more link is cut or slow.\n");
        }
        more => {
            sentence.say(format!("{more} more links are cut or slow.\n"));
        }
    }
}

/// Who is back-pressured, and why. Answers whether anybody is, or just was.
fn name_back_pressure(world: &World, sentence: &mut Sentence) -> bool {
    let bottlenecks = back_pressure::bottlenecks(world);
    let Some(first) = bottlenecks.first() else {
        let released = back_pressure::back_pressured(world);
        name_released(world, &released, sentence);
        return !released.is_empty();
    };
    name_cause(world, first, sentence);
    name_waiting(world, first, sentence);
    name_channel(world, first, sentence);
    let others: Vec<TaskId> = bottlenecks[1..].iter().map(|other| other.cause).collect();
    if !others.is_empty() {
        sentence.say("\nAlso waited for: ");
        name_tasks(world, &others, sentence);
        sentence.say(".");
    }
    true
}

/// Those whose last second still tells of back-pressure that is over.
fn name_released(world: &World, released: &[(TaskId, u32)], sentence: &mut Sentence) {
    let Some(most) = released.iter().map(|&(_, share)| share).max() else { return };
    let tasks: Vec<TaskId> = released.iter().map(|&(task, _)| task).collect();
    name_tasks(world, &tasks, sentence);
    let (can, up_to) = if tasks.len() == 1 { ("can", "") } else { ("can all", "up to ") };
    sentence.say(format!(
        " {can} write again: the back-pressure is over, which took {up_to}{} % of the last second.",
        most / 10
    ));
}

fn name_cause(world: &World, bottleneck: &Bottleneck, sentence: &mut Sentence) {
    let cause = bottleneck.cause;
    let busy = back_pressure::shares(world, cause).busy;
    if busy < BUSY_PER_MILLE {
        let sender = world.plan().channels[bottleneck.channel.index()].from;
        sentence.say("What ").task(world, sender).say(" writes waits on its way to ").task(world, cause);
        sentence.say(format!(", which is busy only {} % of its time.", busy / 10));
        return;
    }
    sentence
        .say("The slow part is ")
        .task(world, cause)
        .say(format!(": busy {} % of its time, and not back-pressured itself.", busy / 10));
    let vertex = world.plan().vertex_of(cause);
    let siblings = (0..vertex.parallelism).map(|n| TaskId(vertex.first_task.0 + n));
    let others: Vec<u32> = siblings
        .filter(|&sibling| sibling != cause)
        .map(|sibling| back_pressure::shares(world, sibling).busy)
        .collect();
    let mean = others.iter().sum::<u32>().checked_div(others.len() as u32);
    if let Some(mean) = mean.filter(|mean| mean * 1000 < busy * SKEWED_PER_MILLE) {
        let (others, are) = match others.len() {
            1 => ("The other subtask".to_owned(), "is"),
            n => (format!("The other {n} subtasks"), "are on average"),
        };
        sentence.say(format!(" {others} of {} {are} busy {} %: the load is skewed.", vertex.name, mean / 10));
    }
}

fn name_waiting(world: &World, bottleneck: &Bottleneck, sentence: &mut Sentence) {
    let waiting = &bottleneck.waiting;
    sentence.say("\n");
    for (n, one) in waiting.iter().take(NAMED_MAX).enumerate() {
        let verb = if n == 0 { " waits for it" } else { "" };
        let comma = if n == 0 { "" } else { ", " };
        sentence.say(comma).task(world, one.task).say(format!("{verb} {} %", one.share / 10));
        if n == 0 {
            sentence.say(" of its time");
        }
    }
    match waiting.len().saturating_sub(NAMED_MAX) {
        0 => sentence.say("."),
        1 => sentence.say(", and so does 1 more task."),
        more => sentence.say(format!(", and so do {more} more tasks.")),
    };
    let is_source = |task: TaskId| world.plan().executions[task.index()].gates.is_empty();
    if waiting.iter().any(|one| one.distance > 1 && is_source(one.task)) {
        sentence.say(" The back-pressure has come up to the source.");
    }
}

/// The channel through which the nearest of the waiting tasks is held up, and what holds it.
fn name_channel(world: &World, bottleneck: &Bottleneck, sentence: &mut Sentence) {
    let channel = bottleneck.channel;
    let queue = back_pressure::queue(world, channel);
    let (buffers, wait, are) = match queue.buffers {
        1 => ("1 buffer".to_owned(), "waits", "is"),
        n => (format!("{n} buffers"), "wait", "are"),
    };
    let sender = world.plan().channels[channel.index()].from;
    sentence.say(" In ").name("the channel between them", Subject::Channel(channel));
    match queue.credit {
        Some(0) => sentence.say(format!(" {buffers} {wait} for credit{}", room_in_words(world, channel))),
        Some(credit) => sentence.say(format!(" {buffers} {wait} to be sent, with a credit of {credit}")),
        None => sentence.say(format!(" {buffers} {are} not read yet")),
    };
    match back_pressure::waits_as(world, sender) {
        Spent::SoftBackPressured => {
            sentence.say("; ").task(world, sender).say(" begins no other record (soft back-pressure).")
        }
        Spent::HardBackPressured => sentence
            .say("; ")
            .task(world, sender)
            .say(" waits with a record in hand for a segment (hard back-pressure)."),
        Spent::Busy | Spent::Idle => sentence.say("."),
    };
}

/// Why a receiver gives no credit.
fn room_in_words(world: &World, channel: ChannelId) -> String {
    let ends = channels::ends_of(world, channel);
    let (room, free) = (ends.exclusive + ends.floating, ends.exclusive_free + ends.floating_free);
    match (room, free) {
        (0, _) => String::new(),
        (1, 0) => ": the receiver's one is full".to_owned(),
        (room, 0) => format!(": the receiver's {room} are full"),
        (_, free) => format!(", which is on its way for {free}"),
    }
}

/// Names some tasks, and counts the others.
pub(super) fn name_tasks(world: &World, tasks: &[TaskId], sentence: &mut Sentence) {
    for (n, &task) in tasks.iter().take(NAMED_MAX).enumerate() {
        sentence.say(if n == 0 { "" } else { ", " }).task(world, task);
    }
    if tasks.len() > NAMED_MAX {
        sentence.say(format!(" and {} more", tasks.len() - NAMED_MAX));
    }
}

fn failed(world: &World) -> Sentence {
    let mut sentence = Sentence::default();
    match world.job_master().failure() {
        Some(JobFailure::Task { task, failure }) => sentence
            .say(match &failure.operator {
                Some(operator) => format!("The job failed: {operator} threw in "),
                None => "The job failed: the network let down ".to_owned(),
            })
            .task(world, *task)
            .say(format!(": {}", failure.error.message)),
        Some(JobFailure::NotEnoughSlots { required, available }) => sentence.say(format!(
            "The job failed: it needs {required} slots and the cluster has {available}. Give it more TaskManagers or \
             slots, or lower the parallelism."
        )),
        Some(failure @ (JobFailure::MasterHook(_) | JobFailure::NotEnoughResources | JobFailure::SlotRequestTimedOut { .. } | JobFailure::Checkpoints { .. } | JobFailure::Stopping { .. })) => sentence.say(format!("The job failed: {failure}")),
        None => sentence.say("The job failed."),
    };
    sentence
}
