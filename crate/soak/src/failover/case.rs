//! One case of the cluster's search: a job, what is done with it, whether another JobManager stands by.

use std::fmt;
use std::rc::Rc;

use weir_engine::base::choice::Driver;
use weir_engine::base::ordered::SortedMap;
use weir_engine::checkpoint::coordinator::completed::CompletedCheckpoint;
use weir_engine::checkpoint::restore::settings::RestoreSettings;
use weir_engine::checkpoint::savepoint_file::Committed;
use weir_engine::checkpoint::storage::file_system::FileSystemOptions;
use weir_engine::cluster::deployment::Deployment;
use weir_engine::cluster::high_availability::HighAvailabilityOptions;
use weir_engine::cluster::job_master::checkpointing::StartFrom;
use weir_engine::cluster::process_fault::ProcessFault;
use weir_engine::cluster::yarn::YarnOptions;
use weir_engine::graph::api::StreamExecutionEnvironment;
use weir_engine::graph::checkpoint_settings::CheckpointingMode;
use weir_engine::graph::error::ApiError;
use weir_engine::network::barrier::{SavepointFormat, SnapshotType};
use weir_engine::operator::native::NativeFunctions;
use weir_engine::scenario::{Scenario, ScenarioCommand};
use weir_engine::scheduler::options::{AdaptiveOptions, SchedulerKind, SchedulerOptions};
use weir_engine::sim::Sim;
use weir_engine::task::pace::Speed;

use super::search::Victim;
use crate::cases::named;
use crate::small_jobs::Job;

/// When something is asked for, where it is: in the middle of the run.
pub const ASKED_AT: u64 = 70;
/// When a job on YARN runs, about: until then there are polls.
const YARN_STARTS_AT: u64 = 3_000;
/// Flink: `restart-strategy.fixed-delay.delay`: so long that a TaskManager that is gone is missed by then.
pub const RESTART_DELAY_TICKS: u64 = 21_000;
/// What nothing disturbs is done with fewer.
pub const HIGH_AVAILABILITY: HighAvailabilityOptions =
    HighAvailabilityOptions { job_managers: 2, session_timeout_ticks: 100, latency_ticks: 2 };

const JOBS: [Job; 3] = [Job::WordCount, Job::IntervalJoin, Job::Sink];
/// How many ticks operators take for a record: sources do not end at once.
const PACES: [(&str, u32); 4] =
    [("Source: lines", 9), ("Source: left", 6), ("Source: right", 5), ("Source: numbers", 3)];

/// What is done with a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Story {
    /// It is submitted, and runs to its end.
    Run,
    /// It is scheduled reactively, and a TaskManager comes while it runs.
    Rescale,
    /// It is stopped with a savepoint, and goes on with another parallelism.
    Stop,
    /// It is cancelled.
    Cancel,
}

impl Story {
    const ALL: [Self; 4] = [Self::Run, Self::Rescale, Self::Stop, Self::Cancel];

    /// What the command calls it.
    const fn name(self) -> &'static str {
        match self {
            Self::Run => "run",
            Self::Rescale => "rescale",
            Self::Stop => "stop",
            Self::Cancel => "cancel",
        }
    }
}

/// What the cluster is deployed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum On {
    Session,
    Application,
    Yarn,
}

impl On {
    const ALL: [Self; 3] = [Self::Session, Self::Application, Self::Yarn];

    /// What the command calls it.
    const fn name(self) -> &'static str {
        match self {
            Self::Session => "session",
            Self::Application => "application",
            Self::Yarn => "yarn",
        }
    }

    /// What is done with jobs there: what makes no difference to a session is left out.
    const fn stories(self) -> &'static [Story] {
        match self {
            Self::Session => &Story::ALL,
            Self::Application => &[Story::Run, Story::Stop, Story::Cancel],
            Self::Yarn => &[Story::Run, Story::Cancel],
        }
    }
}

/// See the module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Case {
    /// Of the order of turns.
    pub seed: u64,
    pub job: Job,
    pub story: Story,
    /// Whether another JobManager stands by.
    pub is_available: bool,
    pub on: On,
}

const AVAILABILITIES: [bool; 2] = [false, true];

const fn availability(is_available: bool) -> &'static str {
    if is_available { "ha" } else { "alone" }
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let availability = availability(self.is_available);
        write!(f, "{} {} {} {availability}", self.seed, self.job.name(), self.story.name())?;
        match self.on {
            On::Session => Ok(()),
            on => write!(f, " {}", on.name()),
        }
    }
}

impl Case {
    /// All cases, job by job.
    pub fn all(seed: u64) -> Vec<Self> {
        let mut cases = Vec::new();
        for on in On::ALL {
            for job in JOBS {
                for &story in on.stories() {
                    cases.extend(AVAILABILITIES.map(|is_available| Self {
                        seed,
                        job,
                        story,
                        is_available,
                        on,
                    }));
                }
            }
        }
        cases
    }

    /// Reads what `Display` writes.
    pub fn parse([seed, job, story, is_available, on]: [&str; 5]) -> Result<Self, String> {
        Ok(Self {
            seed: seed.parse().map_err(|_| format!("{seed} is no seed"))?,
            job: named(&JOBS, Job::name, job)?,
            story: named(&Story::ALL, Story::name, story)?,
            is_available: named(&AVAILABILITIES, availability, is_available)?,
            on: named(&On::ALL, On::name, on)?,
        })
    }

    /// A run of it at its beginning.
    pub fn submit(self) -> Sim {
        self.submit_from(None, self.scenario())
    }

    /// A run of it that goes on from a savepoint, with what was committed before, in this scenario.
    pub fn submit_from(
        self,
        from: Option<(Rc<CompletedCheckpoint>, Vec<Committed>)>,
        scenario: Scenario,
    ) -> Sim {
        let mut functions = NativeFunctions::default();
        let parallelism = if from.is_some() { 3 } else { 2 };
        let built = environment(parallelism).and_then(|env| self.job.build(&env, &mut functions));
        let job = built.unwrap_or_else(|error| panic!("the job is refused: {}", error.message));
        let functions = Rc::new(functions);
        let sim = match from {
            None => Sim::submit(&job, functions, scenario),
            Some((snapshot, committed)) => {
                let scenario = Scenario {
                    task_managers: 3,
                    commands: Vec::new(),
                    deployment: Deployment::Session,
                    ..scenario
                };
                let start = StartFrom {
                    path: "the savepoint".into(),
                    files: [].into(),
                    committed: committed.into(),
                    settings: RestoreSettings::default(),
                    snapshot,
                };
                Sim::submit_from(&job, functions, scenario, start)
            }
        };
        sim.unwrap_or_else(|error| panic!("the job is refused: {error:?}"))
    }

    /// One slot a TaskManager, and processes that take their time to start.
    pub fn scenario(self) -> Scenario {
        let mut speeds: SortedMap<Rc<str>, Speed> = SortedMap::new();
        for (name, ticks) in PACES {
            speeds.insert(name.into(), Speed::TicksPerRecord(ticks));
        }
        let default = Scenario::small(self.seed);
        let is_rescaled = self.story == Story::Rescale;
        // On YARN nobody but YARN stands by. Not all containers are on one node.
        let (deployment, job_managers) = match self.on {
            On::Session => (Deployment::Session, 2),
            On::Application => (Deployment::Application, 2),
            On::Yarn => {
                let options =
                    YarnOptions { node_managers: 3, node_memory_mb: 4096, ..YarnOptions::default() };
                (Deployment::Yarn(options), 1)
            }
        };
        let available = HighAvailabilityOptions { job_managers, ..HIGH_AVAILABILITY };
        Scenario {
            deployment,
            task_managers: if is_rescaled { 1 } else { 2 },
            slots_per_task_manager: 1,
            segment_bytes: 96,
            driver: Driver::Seeded,
            file_system: FileSystemOptions { latency_ticks: 2, bytes_per_tick: 4_000 },
            start_up_step_ticks: Some(1),
            connection_timeout_ticks: 300,
            high_availability: self.is_available.then_some(available),
            scheduler: SchedulerOptions {
                kind: if is_rescaled { SchedulerKind::Reactive } else { SchedulerKind::Default },
                adaptive: AdaptiveOptions {
                    stabilization_ticks: 10,
                    cooldown_ticks: 20,
                    ..default.scheduler.adaptive
                },
                ..default.scheduler
            },
            process_faults: is_rescaled
                .then_some((ASKED_AT, ProcessFault::StartTaskManager))
                .into_iter()
                .collect(),
            commands: self.commands(),
            speeds,
            ..default
        }
    }

    /// Whether nobody has kept the job, but the JobManager that starts again submits it once more.
    pub fn begins_again(self, victim: Victim) -> bool {
        let is_restarted = matches!(victim, Victim::RestartedJobManager | Victim::ResourceManager);
        is_restarted && !self.is_available && self.on == On::Application
    }

    /// When something is asked for.
    pub fn asked_at(self) -> u64 {
        match self.on {
            On::Yarn => YARN_STARTS_AT + ASKED_AT,
            _ => ASKED_AT,
        }
    }

    fn commands(self) -> Vec<(u64, ScenarioCommand)> {
        match self.story {
            Story::Run | Story::Rescale => Vec::new(),
            Story::Stop => {
                let (snapshot, format) = (SnapshotType::SavepointSuspend, SavepointFormat::Canonical);
                vec![(ASKED_AT, ScenarioCommand::RequestCheckpoint { snapshot, format, target: None })]
            }
            // Who finds that the job still runs asks again, ever less often.
            Story::Cancel => {
                (0..60).map(|n| (self.asked_at() + 25 * n * n, ScenarioCommand::CancelJob)).collect()
            }
        }
    }
}

fn environment(parallelism: i32) -> Result<StreamExecutionEnvironment, ApiError> {
    let env = StreamExecutionEnvironment::get_execution_environment();
    env.set_parallelism(parallelism)?.set_max_parallelism(8)?.set_buffer_timeout(4)?;
    env.set_auto_watermark_interval(5)?;
    env.enable_checkpointing(20, CheckpointingMode::ExactlyOnce)?;
    env.get_checkpoint_config().set_checkpoint_timeout(300)?;
    let delay = format!("{RESTART_DELAY_TICKS} ms");
    env.configure([
        ("restart-strategy.type", "fixed-delay"),
        ("restart-strategy.fixed-delay.attempts", "100"),
        ("restart-strategy.fixed-delay.delay", &delay),
    ])?;
    Ok(env)
}
