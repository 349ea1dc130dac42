//! One case of the crash search: a job, how it takes checkpoints, where its state is.

use std::rc::Rc;

use weir_engine::base::choice::Driver;
use weir_engine::base::ordered::SortedMap;
use weir_engine::checkpoint::storage::file_system::FileSystemOptions;
use weir_engine::graph::api::StreamExecutionEnvironment;
use weir_engine::graph::checkpoint_settings::CheckpointingMode;
use weir_engine::graph::error::ApiError;
use weir_engine::operator::native::NativeFunctions;
use weir_engine::scenario::Scenario;
use weir_engine::sim::Sim;
use weir_engine::task::pace::Speed;

use crate::small_jobs::{Job, PACES};

/// How checkpoints are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    Aligned,
    Unaligned,
    /// Aligned, and unaligned where that takes too long.
    Timeout,
    AtLeastOnce,
}

/// Where keyed state is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backend {
    Heap,
    Lsm,
}

/// See the module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Case {
    /// Of the order of turns.
    pub seed: u64,
    pub job: Job,
    pub mode: Mode,
    pub backend: Backend,
}

impl Mode {
    pub const ALL: [Self; 4] = [Self::Aligned, Self::Unaligned, Self::Timeout, Self::AtLeastOnce];

    /// What the command calls it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Aligned => "aligned",
            Self::Unaligned => "unaligned",
            Self::Timeout => "timeout",
            Self::AtLeastOnce => "at-least-once",
        }
    }
}

impl Backend {
    pub const ALL: [Self; 2] = [Self::Heap, Self::Lsm];

    /// What the command calls it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Heap => "heap",
            Self::Lsm => "lsm",
        }
    }
}

impl Case {
    /// All cases, job by job.
    pub fn all(seed: u64) -> Vec<Self> {
        let mut cases = Vec::new();
        for job in Job::ALL {
            for mode in Mode::ALL {
                cases.extend(Backend::ALL.map(|backend| Self { seed, job, mode, backend }));
            }
        }
        cases
    }

    /// A run of it at its beginning: two TaskManagers, with a subtask of everything each.
    pub fn submit(self) -> Sim {
        let mut functions = NativeFunctions::default();
        let built = self.environment().and_then(|env| self.job.build(&env, &mut functions));
        let job = built.unwrap_or_else(|error| panic!("the job is refused: {}", error.message));
        let mut speeds: SortedMap<Rc<str>, Speed> = SortedMap::new();
        for (name, ticks) in PACES {
            speeds.insert(name.into(), Speed::TicksPerRecord(ticks));
        }
        let scenario = Scenario {
            task_managers: 2,
            slots_per_task_manager: 1,
            segment_bytes: 96,
            driver: Driver::Seeded,
            file_system: FileSystemOptions { latency_ticks: 2, bytes_per_tick: 400 },
            speeds,
            ..Scenario::small(self.seed)
        };
        Sim::submit(&job, Rc::new(functions), scenario)
            .unwrap_or_else(|error| panic!("the job is refused: {error:?}"))
    }

    fn environment(self) -> Result<StreamExecutionEnvironment, ApiError> {
        let env = StreamExecutionEnvironment::get_execution_environment();
        env.set_parallelism(2)?.set_buffer_timeout(4)?.set_auto_watermark_interval(5)?;
        env.enable_checkpointing(20, CheckpointingMode::ExactlyOnce)?;
        let config = env.get_checkpoint_config();
        config.set_checkpoint_timeout(300)?;
        match self.mode {
            Mode::Aligned => {}
            Mode::Unaligned => config.enable_unaligned_checkpoints(true),
            Mode::Timeout => {
                config.enable_unaligned_checkpoints(true);
                config.set_aligned_checkpoint_timeout(6)?;
            }
            Mode::AtLeastOnce => config.set_checkpointing_consistency_mode(CheckpointingMode::AtLeastOnce),
        }
        env.configure([
            ("execution.checkpointing.dir", "checkpoints"),
            ("execution.checkpointing.data-inline-threshold", "48"),
        ])?;
        // Long enough that a TaskManager that is gone is missed by then: else each restart before would fail, too.
        env.configure([
            ("restart-strategy.type", "fixed-delay"),
            ("restart-strategy.fixed-delay.attempts", "100"),
            ("restart-strategy.fixed-delay.delay", "21 s"),
        ])?;
        match self.backend {
            Backend::Heap => {
                // One failure fails the job here; there, none does.
                config.set_tolerable_checkpoint_failure_number(0)?;
            }
            Backend::Lsm => {
                config.set_tolerable_checkpoint_failure_number(1_000_000)?;
                env.configure([
                    ("state.backend.type", "rocksdb"),
                    ("execution.checkpointing.incremental", "true"),
                    ("state.backend.rocksdb.writebuffer.size", "64"),
                ])?;
            }
        }
        Ok(env)
    }
}
