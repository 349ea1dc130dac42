//! Every call lost, and every call late: whichever call or answer of a job does not come in time, the job goes on.
//!
//! Contract: a case runs undisturbed, and once more for each of its calls and answers, which is lost, or takes longer than
//! anybody waits for it. What is committed is the same, or the job fails and says of what; a job that is cancelled is
//! cancelled; and all of it comes about within the times that the configuration gives.

use std::fmt::{self, Write};
use std::rc::Rc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use weir_engine::base::choice::Driver;
use weir_engine::base::ids::JobManagerId;
use weir_engine::base::ordered::SortedMap;
use weir_engine::checkpoint::storage::file_system::FileSystemOptions;
use weir_engine::cluster::ask::RpcFault;
use weir_engine::cluster::high_availability::HighAvailabilityOptions;
use weir_engine::cluster::job_master::Execution;
use weir_engine::cluster::job_status::JobStatus;
use weir_engine::cluster::process_fault::ProcessFault;
use weir_engine::graph::api::StreamExecutionEnvironment;
use weir_engine::graph::checkpoint_settings::CheckpointingMode;
use weir_engine::operator::native::NativeFunctions;
use weir_engine::scenario::{Scenario, ScenarioCommand};
use weir_engine::sim::Sim;
use weir_engine::task::pace::Speed;
use weir_engine::task::state::ExecutionState;
use weir_engine::trace::Fate;

use crate::FAILURES_MAX;
use crate::panics::held;
use crate::small_jobs::{Job, PACES, TABLE};

/// More ticks than any undisturbed run takes.
const TICKS_MAX: u64 = 60_000;
/// How much longer a late call takes: longer than an answer is waited for.
const DELAY_TICKS: u64 = 15_000;
const CHECKPOINT_TIMEOUT_TICKS: u32 = 300;
/// What one call that does not come may cost: the time for its answer, three tries of a cancellation, the heartbeat
/// that tells, the checkpoint that waits, and another call that waits for the late one.
const PATIENCE_TICKS: u64 = DELAY_TICKS + 10_000 + 30_000 + 20_000 + CHECKPOINT_TIMEOUT_TICKS as u64 + 10_000;
/// The same where the leader is killed: what a TaskManager waits until it registers again, and slots without a JobMaster.
const FAILOVER_TICKS: u64 = 10_000 + 10_000;

/// What the run comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Course {
    /// It may restart as often as it needs.
    Restarts,
    /// It may not restart.
    FailsAtOnce,
    /// It is cancelled half-way.
    Cancelled,
}

/// What is run again for each call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Case {
    job: Job,
    /// Whether another JobManager stands by; the first is killed half-way, unless the job is cancelled then.
    has_standby: bool,
    course: Course,
}

/// When a call is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Submission,
    Run,
    Checkpoint,
    Cancellation,
    /// After the leader was killed.
    Recovery,
}

/// What a case has seen without a fault.
struct Undisturbed {
    rows: Vec<String>,
    ticks: u64,
    half: u64,
    calls: u64,
    /// Calls until all tasks ran, and until half-way.
    submitted: u64,
    halved: u64,
}

/// What the search has seen.
#[derive(Clone, Debug, Default)]
pub struct CallCounts {
    pub cases: u64,
    /// Calls and answers of the undisturbed runs.
    pub calls: u64,
    pub lost: u64,
    pub late: u64,
    /// Runs by when the call was made: submission, run, checkpoint, cancellation, recovery.
    pub by_part: [u64; 5],
    pub restarts: u64,
    /// Jobs that may not restart, and failed of it.
    pub failed: u64,
    /// Calls that came too late, or about attempts that nobody knows, and had no effect.
    pub ignored: u64,
    /// The longest that a run took beyond the undisturbed one.
    pub longest: u64,
    /// What did not hold.
    pub failures: Vec<String>,
}

impl Course {
    const ALL: [Self; 3] = [Self::Restarts, Self::FailsAtOnce, Self::Cancelled];

    const fn name(self) -> &'static str {
        match self {
            Self::Restarts => "restarts",
            Self::FailsAtOnce => "fails-at-once",
            Self::Cancelled => "cancelled",
        }
    }
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let cluster = if self.has_standby { "standby" } else { "single" };
        write!(f, "{} {cluster} {}", self.job.name(), self.course.name())
    }
}

impl Case {
    fn all() -> Vec<Self> {
        let mut cases = Vec::new();
        for job in [Job::WordCount, Job::Windows, Job::Sink] {
            for has_standby in [false, true] {
                cases.extend(Course::ALL.map(|course| Self { job, has_standby, course }));
            }
        }
        cases
    }

    /// A run of it at its beginning, in which this goes wrong, and which is half-way at a tick.
    fn submit(self, fault: Option<RpcFault>, half: u64) -> Sim {
        let mut functions = NativeFunctions::default();
        let env = StreamExecutionEnvironment::get_execution_environment();
        let restarts = if self.course == Course::FailsAtOnce { "0" } else { "100" };
        let build = |functions: &mut NativeFunctions| {
            env.set_parallelism(2)?.set_buffer_timeout(4)?.set_auto_watermark_interval(5)?;
            env.enable_checkpointing(40, CheckpointingMode::ExactlyOnce)?;
            env.get_checkpoint_config().set_checkpoint_timeout(CHECKPOINT_TIMEOUT_TICKS.into())?;
            env.configure([
                ("execution.checkpointing.dir", "checkpoints"),
                ("restart-strategy.type", "fixed-delay"),
                ("restart-strategy.fixed-delay.attempts", restarts),
                ("restart-strategy.fixed-delay.delay", "20 ms"),
            ])?;
            self.job.build(&env, functions)
        };
        let outcome = build(&mut functions);
        let job = outcome.unwrap_or_else(|error| panic!("the job is refused: {}", error.message));
        let mut speeds: SortedMap<Rc<str>, Speed> = SortedMap::new();
        for (name, ticks) in PACES {
            speeds.insert(name.into(), Speed::TicksPerRecord(ticks));
        }
        let is_cancelled = self.course == Course::Cancelled;
        let is_killed = self.has_standby && !is_cancelled;
        let two = HighAvailabilityOptions { job_managers: 2, session_timeout_ticks: 100, latency_ticks: 2 };
        let scenario = Scenario {
            task_managers: 2,
            slots_per_task_manager: 1,
            driver: Driver::Seeded,
            file_system: FileSystemOptions { latency_ticks: 2, bytes_per_tick: 4000 },
            speeds,
            high_availability: self.has_standby.then_some(two),
            rpc_faults: fault.into_iter().collect(),
            process_faults: if is_killed {
                vec![(half, ProcessFault::KillJobManager(JobManagerId(0)))]
            } else {
                Vec::new()
            },
            commands: if is_cancelled { vec![(half, ScenarioCommand::CancelJob)] } else { Vec::new() },
            ..Scenario::small(11)
        };
        Sim::submit(&job, Rc::new(functions), scenario)
            .unwrap_or_else(|error| panic!("the job is refused: {error:?}"))
    }

    /// Runs it without a fault.
    fn undisturbed(self) -> Undisturbed {
        let whole = Self { course: Course::Restarts, has_standby: false, ..self };
        let mut sim = whole.submit(None, 0);
        assert!(sim.run_to_end(TICKS_MAX) && sim.world().job_status() == JobStatus::Finished);
        let rows = rows(&sim);
        assert!(rows.len() > 20, "the job commits no more than {} rows", rows.len());
        let half = sim.world().tick() / 2;
        let mut sim = self.submit(None, half);
        let (mut submitted, mut halved) = (0, 0);
        while sim.world().tick() < half {
            let world = sim.world();
            let runs = |task: &Execution| task.state == ExecutionState::Running;
            if submitted == 0 && world.job_master().executions().iter().all(runs) {
                submitted = world.rpc().counted();
            }
            halved = world.rpc().counted();
            sim.advance(1);
        }
        assert!(sim.run_to_end(TICKS_MAX) && submitted > 10 && halved > submitted, "{submitted} {halved}");
        let world = sim.world();
        Undisturbed { rows, ticks: world.tick(), half, calls: world.rpc().counted(), submitted, halved }
    }

    /// Runs it with a fault. Panics if it does not hold.
    fn run(self, fault: RpcFault, without: &Undisturbed, is_checkpoint: &mut bool) -> CallCounts {
        let mut sim = self.submit(Some(fault), without.half);
        let bound = without.ticks * 2 + PATIENCE_TICKS + u64::from(self.has_standby) * FAILOVER_TICKS;
        let ends = sim.run_to_end(bound);
        let world = sim.world();
        let (status, why) = (world.job_status(), world.job_master().failure().map(ToString::to_string));
        assert!(ends, "the job is {status} after {bound} ticks; {why:?}");
        let rows = rows(&sim);
        match (self.course, status) {
            (Course::Restarts | Course::FailsAtOnce, JobStatus::Finished) => {
                assert!(rows == without.rows, "it committed {rows:?}, not {:?}", without.rows);
            }
            (Course::FailsAtOnce, JobStatus::Failed) => {
                assert!(why.is_some_and(|why| why.len() > 20), "it does not say why it failed");
            }
            (Course::Cancelled, JobStatus::Canceled) => {}
            // It was cancelled before it was there.
            (Course::Cancelled, JobStatus::Finished) if fault.number <= without.submitted => {}
            _ => panic!("the job is {status}: {why:?}"),
        }
        if status != JobStatus::Finished {
            let mut left = without.rows.clone();
            for row in &rows {
                let place = left.iter().position(|other| other == row);
                left.remove(place.unwrap_or_else(|| panic!("{row} was committed, and should not be")));
            }
        }
        let mut counts = CallCounts {
            restarts: world.job_master().history().entries().count() as u64,
            ..CallCounts::default()
        };
        for event in world.trace().events().iter_from(0) {
            if event.fate == Fate::Lost && fault.delay_ticks.is_none() && counts.lost == 0 {
                *is_checkpoint = event.text.contains("heckpoint");
                counts.lost = 1;
            }
            counts.ignored += u64::from(matches!(event.fate, Fate::Late | Fate::Unknown));
        }
        counts.lost = u64::from(fault.delay_ticks.is_none());
        counts.late = 1 - counts.lost;
        counts.failed = u64::from(status == JobStatus::Failed);
        counts.longest = world.tick().saturating_sub(without.ticks);
        let part = match fault.number {
            number if number <= without.submitted => Part::Submission,
            number if number > without.halved && self.course == Course::Cancelled => Part::Cancellation,
            number if number > without.halved && self.has_standby => Part::Recovery,
            _ if *is_checkpoint => Part::Checkpoint,
            _ => Part::Run,
        };
        counts.by_part[part as usize] = 1;
        counts
    }

    /// Each of its calls, or every so many of them, lost and late.
    fn search(self, every: u64, tell: &(impl Fn(&str) + Sync)) -> CallCounts {
        let without = self.undisturbed();
        let mut counts = CallCounts { cases: 1, calls: without.calls, ..CallCounts::default() };
        for number in (1 + self.offset() % every..=without.calls).step_by(every as usize) {
            let mut is_checkpoint = false;
            for delay_ticks in [None, Some(DELAY_TICKS)] {
                let fault = RpcFault { number, delay_ticks };
                match held(|| self.run(fault, &without, &mut is_checkpoint)) {
                    Ok(more) => counts.add(more),
                    Err(message) => {
                        let kind = if delay_ticks.is_some() { "late" } else { "lost" };
                        let failure =
                            format!("{message}\n  replay it: cargo soak call {self} {kind} {number}");
                        tell(&failure);
                        counts.failures.push(failure);
                    }
                }
            }
            if counts.failures.len() >= FAILURES_MAX {
                break;
            }
        }
        tell(&format!("{self}: {} runs", counts.lost + counts.late));
        counts
    }

    /// Where not every call is tried, each case begins at another one.
    fn offset(self) -> u64 {
        Self::all().iter().position(|&case| case == self).map_or(0, |place| 7 * place as u64)
    }
}

/// What a run committed.
fn rows(sim: &Sim) -> Vec<String> {
    let lines = sim.world().output().iter_from(0).filter(|line| &*line.stream == TABLE);
    let mut rows: Vec<String> = lines.map(|line| line.text.to_string()).collect();
    rows.sort_unstable();
    rows
}

/// Loses and delays every so many calls of all cases on so many threads, and calls `tell` for each case and for each run
/// that does not hold.
pub fn lose_every_call(every: u64, threads: usize, tell: impl Fn(&str) + Sync) -> CallCounts {
    let (cases, next) = (Case::all(), AtomicUsize::new(0));
    let totals = Mutex::new(CallCounts::default());
    let lock = || totals.lock().expect("a thread that holds the totals does not panic");
    thread::scope(|scope| {
        for _ in 0..threads.max(1) {
            scope.spawn(|| {
                while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                    if lock().failures.len() < FAILURES_MAX {
                        let counts = held(|| case.search(every.max(1), &tell)).unwrap_or_else(|message| {
                            let failures = vec![format!("{case}: {message}")];
                            tell(&failures[0]);
                            CallCounts { failures, ..CallCounts::default() }
                        });
                        lock().add(counts);
                    }
                }
            });
        }
    });
    totals.into_inner().expect("all threads are over")
}

/// Replays one run, and tells what happened. Panics if it does not hold.
pub fn replay_call(arguments: &[String]) -> Result<String, String> {
    let [job, cluster, course, kind, number] = arguments else {
        return Err("a run is given as JOB CLUSTER COURSE lost|late NUMBER".to_owned());
    };
    let wanted = format!("{job} {cluster} {course}");
    let case = Case::all().into_iter().find(|case| case.to_string() == wanted);
    let case = case.ok_or_else(|| format!("there is no case {wanted}"))?;
    let number = number.parse().map_err(|_| format!("{number} is no number"))?;
    let fault = RpcFault { number, delay_ticks: (kind == "late").then_some(DELAY_TICKS) };
    let without = case.undisturbed();
    let mut sim = case.submit(Some(fault), without.half);
    sim.run_to_end(TICKS_MAX * 3);
    let mut told = String::new();
    for event in sim.world().trace().events().iter_from(0) {
        let fate = if event.fate == Fate::Taken { String::new() } else { format!(" ({:?})", event.fate) };
        let _ = writeln!(told, "{:6} {} → {}: {}{fate}", event.tick, event.from, event.to, event.text);
    }
    println!("{told}");
    Ok(case.run(fault, &without, &mut false).to_string())
}

impl CallCounts {
    fn add(&mut self, other: Self) {
        self.cases += other.cases;
        self.calls += other.calls;
        self.lost += other.lost;
        self.late += other.late;
        for (total, more) in self.by_part.iter_mut().zip(other.by_part) {
            *total += more;
        }
        self.restarts += other.restarts;
        self.failed += other.failed;
        self.ignored += other.ignored;
        self.longest = self.longest.max(other.longest);
        self.failures.extend(other.failures);
    }
}

impl fmt::Display for CallCounts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [submission, run, checkpoint, cancellation, recovery] = self.by_part;
        for (what, count) in [
            ("cases", self.cases),
            ("calls and answers in them", self.calls),
            ("runs with one that is lost", self.lost),
            ("runs with one that is late", self.late),
            ("  of the submission", submission),
            ("  of the run", run),
            ("  of a checkpoint", checkpoint),
            ("  of the cancellation", cancellation),
            ("  after the leader's death", recovery),
            ("failures of tasks", self.restarts),
            ("jobs that failed of it", self.failed),
            ("calls without effect", self.ignored),
            ("longest delay in ticks", self.longest),
            ("runs that do not hold", self.failures.len() as u64),
        ] {
            writeln!(f, "{what:27} {count}")?;
        }
        Ok(())
    }
}
