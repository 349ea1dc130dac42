//! The runs of a case: one that nothing disturbs, and one for each victim at each of its ticks.

use std::cell::RefCell;
use std::fmt;
use std::rc::Rc;

use weir_engine::base::ids::{JobManagerId, TaskManagerId};
use weir_engine::checkpoint::coordinator::completed::CompletedCheckpoint;
use weir_engine::cluster::job_master::JobFailure;
use weir_engine::cluster::job_status::JobStatus;
use weir_engine::cluster::link_fault::{LinkFault, Links};
use weir_engine::cluster::process_fault::ProcessFault;
use weir_engine::sim::Sim;
use weir_engine::sim::command::Command;
use weir_engine::sim::world::World;
use weir_engine::task::state::ExecutionState;

use super::FailoverCounts;
use super::bound::bound;
use super::case::{Case, On, Story};
use super::ending::{check_lost, check_nothing_is_left};
use crate::Tally;
use crate::cases::{Findings, Part};
use crate::panics::held;
use crate::small_jobs::{first_missing, rows};

/// More ticks than any of these runs takes: TaskManagers look for a ResourceManager for five minutes.
const TICKS_MAX: u64 = 3_000_000;
/// After how many ticks a supervisor starts a JobManager again.
pub const SUPERVISED_TICKS: u64 = 40;
/// For how long a process stands still: for longer than anybody waits for it.
pub const SILENCE_TICKS: u64 = 70_000;
/// For how long a link is cut: at even ticks until the connection has failed, at odd ones no longer than it bears.
const CUT_TICKS: [u64; 2] = [400, 60];

/// For how long a TaskManager is cut off from the JobManagers: so that calls are late, time out, come when all have given
/// it up, are lost.
const CUT_OFF_TICKS: [u64; 4] = [60, 12_000, SILENCE_TICKS, 130_000];

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Victim {
    /// Who leads at first is gone for good.
    JobManager,
    /// It ends by itself, for good.
    StoppedJobManager,
    /// It stands still, and goes on when others have given it up.
    SilentJobManager,
    /// It is gone, and a supervisor starts another one.
    RestartedJobManager,
    /// It loses its lead and is elected anew. Where nobody can elect it, its process ends (Flink:
    /// `ClusterEntrypoint#onFatalError`), and a supervisor starts another one.
    ResourceManager,
    /// It is gone, and another one starts.
    TaskManager(u32),
    /// It stands still, and goes on when others have given it up.
    SilentTaskManager(u32),
    /// A NodeManager of YARN is gone, with all on its machine.
    NodeManager(u32),
    /// What connects the first TaskManager with this one is cut, and mended.
    Link(u32),
    /// What connects this one with the JobManagers is.
    CutOff(u32),
}

/// What goes wrong, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    pub victim: Victim,
    pub tick: u64,
}

impl fmt::Display for Victim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::JobManager => f.write_str("jobmanager"),
            Self::StoppedJobManager => f.write_str("stopped-jobmanager"),
            Self::SilentJobManager => f.write_str("silent-jobmanager"),
            Self::RestartedJobManager => f.write_str("restarted-jobmanager"),
            Self::ResourceManager => f.write_str("resourcemanager"),
            Self::TaskManager(id) => write!(f, "taskmanager-{id}"),
            Self::SilentTaskManager(id) => write!(f, "silent-taskmanager-{id}"),
            Self::NodeManager(id) => write!(f, "nodemanager-{id}"),
            Self::Link(id) => write!(f, "link-{id}"),
            Self::CutOff(id) => write!(f, "cut-off-{id}"),
        }
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.victim, self.tick)
    }
}

impl Moment {
    /// Reads what `Display` writes.
    pub fn parse([victim, tick]: [&str; 2]) -> Result<Self, String> {
        let number = |text: &str| text.parse().map_err(|_| format!("{text} is no number"));
        let victim = match victim.rsplit_once('-') {
            None if victim == "jobmanager" => Victim::JobManager,
            None if victim == "resourcemanager" => Victim::ResourceManager,
            Some(("restarted", "jobmanager")) => Victim::RestartedJobManager,
            Some(("stopped", "jobmanager")) => Victim::StoppedJobManager,
            Some(("cut-off", id)) => Victim::CutOff(number(id)?),
            Some(("silent", "jobmanager")) => Victim::SilentJobManager,
            Some(("taskmanager", id)) => Victim::TaskManager(number(id)?),
            Some(("silent-taskmanager", id)) => Victim::SilentTaskManager(number(id)?),
            Some(("nodemanager", id)) => Victim::NodeManager(number(id)?),
            Some(("link", id)) => Victim::Link(number(id)?),
            _ => return Err(format!("nothing is called {victim}")),
        };
        let tick = tick.parse().map_err(|_| format!("{tick} is no tick"))?;
        Ok(Self { victim, tick })
    }

    /// What is done, and at which ticks.
    fn commands(self) -> Vec<(u64, Command)> {
        let (tick, leader) = (self.tick, JobManagerId(0));
        let process = |at, fault| (at, Command::Process(fault));
        match self.victim {
            Victim::JobManager => vec![process(tick, ProcessFault::KillJobManager(leader))],
            Victim::StoppedJobManager => vec![process(tick, ProcessFault::StopJobManager(leader))],
            Victim::SilentJobManager => vec![
                process(tick, ProcessFault::PauseJobManager(leader)),
                process(tick + SILENCE_TICKS, ProcessFault::ResumeJobManager(leader)),
            ],
            Victim::RestartedJobManager => vec![
                process(tick, ProcessFault::KillJobManager(leader)),
                process(tick + SUPERVISED_TICKS, ProcessFault::StartJobManager(leader)),
            ],
            Victim::ResourceManager => vec![
                process(tick, ProcessFault::RevokeResourceManager),
                process(tick + SUPERVISED_TICKS, ProcessFault::StartJobManager(leader)),
            ],
            Victim::TaskManager(id) => vec![
                process(tick, ProcessFault::KillTaskManager(TaskManagerId(id))),
                process(tick, ProcessFault::StartTaskManager),
            ],
            Victim::SilentTaskManager(id) => vec![
                process(tick, ProcessFault::PauseTaskManager(TaskManagerId(id))),
                process(tick + SILENCE_TICKS, ProcessFault::ResumeTaskManager(TaskManagerId(id))),
            ],
            Victim::CutOff(id) => {
                let (id, mended_at) = (TaskManagerId(id), tick + self.cut_off_for());
                vec![
                    process(tick, ProcessFault::CutOffTaskManager(id)),
                    process(mended_at, ProcessFault::ReconnectTaskManager(id)),
                ]
            }
            Victim::NodeManager(id) => vec![process(tick, ProcessFault::LoseNodeManager(id))],
            Victim::Link(id) => {
                let links = Links { from: TaskManagerId(0), to: TaskManagerId(id), both_ways: true };
                let restored_at = tick + CUT_TICKS[(tick % 2) as usize];
                vec![
                    (tick, Command::Link(LinkFault::Cut(links))),
                    (restored_at, Command::Link(LinkFault::Restore(links))),
                ]
            }
        }
    }

    /// For how long a TaskManager is cut off.
    pub const fn cut_off_for(self) -> u64 {
        CUT_OFF_TICKS[(self.tick % 4) as usize]
    }

    /// When the last thing of it happens.
    pub fn last_tick(self) -> u64 {
        self.commands().iter().map(|&(at, _)| at).max().unwrap_or(self.tick)
    }
}

/// A case with what must come of it.
pub struct Search {
    case: Case,
    /// Stepped along as moments are tried.
    undisturbed: Sim,
    rows: Vec<String>,
    /// The ticks that are tried: all, but for those in which processes on YARN wait for each other's polls.
    ticks: Vec<u64>,
}

/// What a run was seen to do.
#[derive(Default)]
struct Seen {
    /// The last tick in which the job neither ran nor was over.
    down_at: u64,
    /// What it was stopped with.
    savepoint: Option<Rc<CompletedCheckpoint>>,
}

impl Seen {
    fn look(&mut self, world: &World) {
        let status = world.job_status();
        let is_up = |state| matches!(state, ExecutionState::Running | ExecutionState::Finished);
        let runs = status == JobStatus::Running
            && world.job_master().executions().iter().all(|execution| is_up(execution.state));
        if !runs && !status.is_globally_terminal() && !world.job_is_lost() {
            self.down_at = world.tick();
        }
        let answers = world.job_master().checkpoints().map_or(&[][..], |it| it.answers());
        let savepoint = answers.iter().find_map(|answer| answer.result.as_ref().ok());
        if let (None, Some(savepoint)) = (&self.savepoint, savepoint) {
            self.savepoint = Some(Rc::clone(savepoint));
        }
    }
}

impl Search {
    /// Runs the case undisturbed.
    pub fn new(case: Case) -> Self {
        let run = |story| {
            let mut sim = Case { story, ..case }.submit();
            let ticks = Rc::new(RefCell::new(Vec::new()));
            let seen = Rc::clone(&ticks);
            sim.watch(move |world| seen.borrow_mut().push(world.tick()));
            assert!(sim.run_to_end(TICKS_MAX), "the job does not end: it is {}", sim.world().job_status());
            check_nothing_is_left(sim.world());
            (sim, ticks.take())
        };
        let (whole, _) = run(Story::Run);
        assert_eq!(whole.world().job_status(), JobStatus::Finished);
        let (sim, busy) = run(case.story);
        // What is there before is of interest as long as it changes.
        let ends =
            sim.world().trace().events().iter_from(0).map(|event| event.tick).max().unwrap_or_default();
        let ticks = match case.on {
            On::Yarn => busy.into_iter().filter(|&tick| tick <= ends).collect(),
            _ => (0..=ends).collect(),
        };
        let search = Self { case, undisturbed: case.submit(), rows: rows(&whole), ticks };
        assert!(search.rows.len() > 20, "the job commits no more than {} rows", search.rows.len());
        search
    }

    /// Tries every victim at every so many ticks.
    pub fn run(mut self, part: &Part, offset: u64, tell: &impl Fn(&str)) -> FailoverCounts {
        let ticks = self.ticks.len() as u64;
        let mut counts = FailoverCounts { cases: 1, ticks, ..FailoverCounts::default() };
        for place in part.ticks(ticks, offset) {
            let tick = self.ticks[place as usize];
            self.go_to(tick);
            for victim in self.victims() {
                let moment = Moment { victim, tick };
                match held(|| self.disturb(moment)) {
                    Ok(run) => counts.add(run),
                    Err(said) => counts.note(&format!("{} {moment}", self.case), &said, tell),
                }
            }
        }
        counts
    }

    fn go_to(&mut self, tick: u64) {
        self.undisturbed.advance(tick.saturating_sub(self.undisturbed.world().tick()));
    }

    fn victims(&self) -> Vec<Victim> {
        let count = self.undisturbed.world().executors().len() as u32;
        let mut victims = vec![Victim::JobManager, Victim::StoppedJobManager];
        victims.extend([Victim::SilentJobManager, Victim::ResourceManager]);
        // Without another one, this is what becomes of a ResourceManager.
        if self.case.is_available && self.case.on == On::Session || self.case.on == On::Application {
            victims.push(Victim::RestartedJobManager);
        }
        if self.case.on == On::Yarn {
            victims.extend((0..3).map(Victim::NodeManager));
        }
        for id in 0..count {
            victims.extend([Victim::TaskManager(id), Victim::SilentTaskManager(id), Victim::CutOff(id)]);
        }
        victims.extend((1..count).map(Victim::Link));
        victims
    }

    /// One run in which something goes wrong.
    fn disturb(&mut self, moment: Moment) -> FailoverCounts {
        self.go_to(moment.tick);
        let mut sim = self.undisturbed.fork();
        for (at, command) in moment.commands() {
            sim.command_at(at, command);
        }
        let seen = Rc::new(RefCell::new(Seen::default()));
        let watching = Rc::clone(&seen);
        sim.watch(move |world| watching.borrow_mut().look(world));
        let ends = sim.run_to_end(TICKS_MAX);
        let seen = seen.take();
        assert!(ends, "it does not end: {}", weir_engine::inspect::sentence::sentence(sim.world()));
        self.check(moment, &sim, seen)
    }

    fn check(&self, moment: Moment, sim: &Sim, seen: Seen) -> FailoverCounts {
        let world = sim.world();
        let mut counts = FailoverCounts::of(moment, world);
        check_nothing_is_left(world);
        let mut got = rows(sim);
        if world.job_is_lost() || world.job_status() == JobStatus::Initializing {
            assert!(!self.case.is_available, "the job is lost, although another JobManager stands by");
            check_lost(world, moment.victim);
            counts.lost = 1;
            return self.check_no_more(&got, counts);
        }
        let (from, bound) = (moment.last_tick(), bound(self.case, moment));
        let recovery = seen.down_at.saturating_sub(from);
        assert!(recovery <= bound, "the job runs again after {recovery} ticks, and must after {bound}");
        counts.longest = (recovery, bound);
        match (self.case.story, world.job_status()) {
            (Story::Cancel, JobStatus::Canceled) => return self.check_no_more(&got, counts),
            // It stopped with a savepoint, and a task ended otherwise than it should: this is told, and not made up for.
            (Story::Stop, JobStatus::Failed)
                if matches!(world.job_master().failure(), Some(JobFailure::Stopping { .. })) =>
            {
                return self.check_no_more(&got, counts);
            }
            (_, JobStatus::Finished) => {}
            (_, status) => panic!("the job is {status}: {:?}", world.job_master().failure()),
        }
        // A savepoint that is complete is of use if the job stopped with it.
        if let Some(savepoint) = seen.savepoint.filter(|_| got.len() < self.rows.len()) {
            let committed = world.transactions().committed().iter();
            let committed = committed.map(|((table, name), &at)| (Rc::clone(table), Rc::clone(name), at));
            let mut rest =
                self.case.submit_from(Some((savepoint, committed.collect())), self.case.scenario());
            assert!(rest.run_to_end(TICKS_MAX), "what goes on does not end");
            check_nothing_is_left(rest.world());
            counts.continued = 1;
            got.extend(rows(&rest));
            got.sort_unstable();
        }
        // The main of an application has begun the job once more, and what the first one has committed stays.
        if self.case.begins_again(moment.victim) {
            got.dedup();
        }
        if got != self.rows {
            let (missing, surplus) = (first_missing(&got, &self.rows), first_missing(&self.rows, &got));
            let (is, must) = (got.len(), self.rows.len());
            panic!("{is} rows, and {must} must be: missing {missing:?}, too many {surplus:?}");
        }
        counts
    }

    /// Of a job that did not come to its end: nothing was committed that must not be.
    fn check_no_more(&self, got: &[String], counts: FailoverCounts) -> FailoverCounts {
        let surplus = first_missing(&self.rows, got);
        assert_eq!(surplus, None, "what must not be was committed");
        counts
    }

    /// One run again, in words.
    pub fn replay(&mut self, moment: Moment) -> String {
        self.go_to(moment.tick);
        let mut sim = self.undisturbed.fork();
        for (at, command) in moment.commands() {
            sim.command_at(at, command);
        }
        // What is wrong is told below, after what led to it.
        let _ = held(|| sim.run_to_end(TICKS_MAX));
        for event in sim.world().trace().events().iter_from(0) {
            println!("{:>6} {} {} → {}: {}", event.tick, event.kind.name(), event.from, event.to, event.text);
        }
        self.disturb(moment).to_string()
    }

    /// The undisturbed run, in words.
    pub fn outline(&self) -> String {
        format!("{}: {} rows, {} ticks", self.case, self.rows.len(), self.ticks.len())
    }
}

#[cfg(test)]
mod tests {
    use weir_engine::scenario::Scenario;

    use super::*;
    use crate::small_jobs::Job;

    /// TaskManagers that take a minute to start are not what the case knows of.
    #[test]
    fn a_recovery_that_takes_longer_than_its_bound_is_found() {
        let (job, on) = (Job::WordCount, On::Session);
        let case = Case { seed: 1, job, story: Story::Run, is_available: false, on };
        let mut search = Search::new(case);
        let slow = Scenario { start_up_step_ticks: Some(6_000), ..case.scenario() };
        search.undisturbed = case.submit_from(None, slow);
        let moment = Moment { victim: Victim::TaskManager(0), tick: 66_100 };
        let said = held(|| search.disturb(moment)).expect_err("it is found");
        assert!(
            said.contains("the job runs again after") && said.contains("ticks, and must after"),
            "{said}"
        );
    }
}
