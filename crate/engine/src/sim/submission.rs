//! From a compiled job and a scenario to a run at its beginning.

use std::rc::Rc;

use super::command::Command;
use super::history::Sim;
use super::world::Fixed;
use crate::base::limits::TASK_MANAGERS_MAX;
use crate::checkpoint::restore::settings::RestoreSettings;
use crate::checkpoint::savepoint_file::{self, LoadedSnapshot};
use crate::checkpoint::storage::CheckpointStorage;
use crate::cluster::job_master::adaptive::bounds_of;
use crate::cluster::job_master::checkpointing::StartFrom;
use crate::cluster::process_fault::ProcessFault;
use crate::graph::compiled::CompiledJob;
use crate::graph::job_graph::JobType;
use crate::operator::function::UserFunctions;
use crate::scenario::Scenario;
use crate::scheduler::adaptive::slot_allocator::determine_parallelism;
use crate::scheduler::options::SchedulerOptions;
use crate::scheduler::plan::JobPlan;

/// Why a job is not run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SubmissionError {
    /// Something in the scenario makes no sense, in a sentence.
    Scenario(String),
    /// The job cannot start from that snapshot, in Flink's words.
    Restore(String),
}

impl Sim {
    /// A run of a job: the cluster is up, and the client is about to submit.
    pub fn submit(
        job: &CompiledJob,
        functions: Rc<dyn UserFunctions>,
        scenario: Scenario,
    ) -> Result<Self, SubmissionError> {
        Fixed::of(job, functions, scenario).map(Self::new)
    }

    /// The same, and the job starts from a savepoint or a checkpoint that was retained.
    pub fn submit_from(
        job: &CompiledJob,
        functions: Rc<dyn UserFunctions>,
        scenario: Scenario,
        start: StartFrom,
    ) -> Result<Self, SubmissionError> {
        let mut fixed = Fixed::of(job, functions, scenario)?;
        start.prepare(&mut fixed.plan).map_err(SubmissionError::Restore)?;
        fixed.name_job(&start.path);
        fixed.start_from = Some(start);
        Ok(Self::new(fixed))
    }
}

impl Sim {
    /// The same, and the job starts from a snapshot that was saved as one file.
    pub fn submit_from_file(
        job: &CompiledJob,
        functions: Rc<dyn UserFunctions>,
        scenario: Scenario,
        file: &[u8],
        settings: RestoreSettings,
    ) -> Result<Self, SubmissionError> {
        let loaded =
            savepoint_file::read(file).map_err(|error| SubmissionError::Restore(error.to_string()))?;
        let LoadedSnapshot { snapshot, files, committed } = loaded;
        let path = match &*snapshot.pointer {
            "" => format!("checkpoint {}", snapshot.id).into(),
            _ => Rc::clone(&snapshot.pointer),
        };
        let start = StartFrom {
            snapshot: Rc::new(snapshot),
            path,
            files: files.into(),
            committed: committed.into(),
            settings,
        };
        Self::submit_from(job, functions, scenario, start)
    }
}

impl Fixed {
    /// What stays the same in a run of a job.
    pub(super) fn of(
        job: &CompiledJob,
        functions: Rc<dyn UserFunctions>,
        scenario: Scenario,
    ) -> Result<Self, SubmissionError> {
        scenario.check().map_err(SubmissionError::Scenario)?;
        let mut plan = JobPlan::new(&job.job_graph, &job.execution_graph, |vertex| {
            let names = vertex.operators.iter().map(|operator| &*operator.name);
            scenario.speed_of(std::iter::once(&*vertex.name).chain(names))
        });
        let load_balance = scenario.slot_manager.load_balance;
        plan.scheduler = SchedulerOptions { load_balance, ..scenario.scheduler };
        if scenario.scheduler.is_adaptive() && plan.job_type == JobType::Streaming {
            plan.adaptive_job = Some(Rc::new(job.job_graph.clone()));
            plan = foreseen(plan, scenario.task_managers * scenario.slots_per_task_manager);
        }
        // One that is not there yet may be by then.
        let is_active = scenario.is_active();
        let mut task_managers = if is_active { TASK_MANAGERS_MAX - 1 } else { scenario.task_managers };
        for &(_, fault) in &scenario.process_faults {
            fault
                .check(scenario.managers(), task_managers, plan.executions.len() as u32)
                .map_err(SubmissionError::Scenario)?;
            task_managers += u32::from(fault == ProcessFault::StartTaskManager && !is_active);
        }
        let schedule = schedule(&plan, &scenario);
        let mut fixed = Self { plan, scenario, functions, schedule, start_from: None };
        fixed.name_job("");
        Ok(fixed)
    }

    /// Gives the job the id that the directories of its checkpoints are called by: not that of the job that wrote what
    /// it starts from. Flink draws it.
    fn name_job(&mut self, start: &str) {
        let mut bytes = [self.plan.job_name.as_bytes(), start.as_bytes()].concat();
        bytes.extend(self.scenario.seed.to_be_bytes());
        let hash = murmur3::murmur3_x64_128(&mut bytes.as_slice(), 0).expect("memory can be read");
        self.plan.job_id = format!("{hash:032x}").into();
        let savepoints = self.scenario.savepoint_directory.as_ref();
        self.plan.storage = CheckpointStorage::of_job(&self.plan.checkpoint, &self.plan.job_id, savepoints);
    }
}

/// The plan with as many slots as there are at first: what the picture shows before the job runs.
fn foreseen(plan: JobPlan, slots: u32) -> JobPlan {
    let asked: Vec<_> = plan
        .vertices
        .iter()
        .map(|it| {
            let bounds = bounds_of(plan.scheduler, it.max_parallelism, it.parallelism);
            (Rc::clone(&it.slot_sharing_group), bounds)
        })
        .collect();
    match determine_parallelism(&asked, slots) {
        Some(parallelism) => plan.at_parallelism(&parallelism),
        None => plan,
    }
}

/// The commands of a scenario. As with speeds, a name that the job does not have changes nothing.
fn schedule(plan: &JobPlan, scenario: &Scenario) -> Vec<(u64, Command)> {
    let mut schedule = Vec::new();
    for change in &scenario.speed_changes {
        for (vertex, planned) in (0..).zip(&plan.vertices) {
            let mut operators = planned.chain.iter().map(|operator| &operator.name);
            if planned.name == change.name || operators.any(|name| *name == change.name) {
                schedule.push((change.at_tick, Command::SetSpeed { vertex, speed: change.speed }));
            }
        }
    }
    let faults = scenario.link_faults.iter();
    schedule.extend(faults.map(|scheduled| (scheduled.at_tick, Command::Link(scheduled.fault))));
    schedule.extend(scenario.commands.iter().map(|(at, command)| (*at, command.clone().into())));
    schedule.extend(scenario.process_faults.iter().map(|&(at, fault)| (at, Command::Process(fault))));
    schedule
}
