//! What `npm run bench` calls in wasm: a job on the engine, the same by hand, and moments of a small job.
//!
//! Functions of plain numbers, so that the module needs no bindings and what is timed is Rust alone.

pub mod jobs;
pub mod state;

mod by_hand;

use std::cell::RefCell;

use weir_engine::cluster::job_status::JobStatus;
use weir_engine::graph::checkpoint_settings::CheckpointingMode;
use weir_engine::inspect::frame::FrameWriter;
use weir_engine::sim::Sim;
use weir_engine::sim::history::StepUnit;
use weir_engine::sim::world::World;

use jobs::{SequenceSum, Sink, WindowSum};

/// More ticks than any job here takes.
const TICKS_MAX: u64 = 100_000_000;

thread_local! {
    static RUN: RefCell<Option<Run>> = const { RefCell::new(None) };
}

/// A run under the clock, and a snapshot of it that is kept while it goes on.
struct Run {
    sim: Sim,
    snapshot: Option<World>,
    frame: FrameWriter,
}

/// Does something with the run that [`open`] began.
fn with_run<R>(action: impl FnOnce(&mut Run) -> R) -> R {
    RUN.with_borrow_mut(|run| action(run.as_mut().expect("open() comes first")))
}

/// Runs the job by hand; see `by_hand`.
#[unsafe(no_mangle)]
pub extern "C" fn run_by_hand(records: i64, keys: i64, parallelism: u32) -> i64 {
    by_hand::sequence_sum(records, keys, parallelism)
}

/// Runs the window job by hand; see `by_hand`.
#[unsafe(no_mangle)]
pub extern "C" fn run_windows_by_hand(records: i64, keys: i64, parallelism: u32) -> i64 {
    by_hand::window_sum(records, keys, parallelism)
}

/// Submits the job on one TaskManager; a checkpoint is taken every so many ms, with 0 none. [`finish`] then runs it.
#[unsafe(no_mangle)]
pub extern "C" fn open_checkpointed(
    records: i64,
    keys: i64,
    parallelism: u32,
    records_per_tick: u32,
    interval_ms: i64,
) {
    let job = SequenceSum {
        records,
        keys,
        parallelism: parallelism as i32,
        task_managers: 1,
        slots_per_task_manager: parallelism,
        records_per_tick,
        sink: Sink::Discard,
    };
    let sim = job.submit_with(|env| match interval_ms {
        0 => Ok(()),
        _ => env.enable_checkpointing(interval_ms, CheckpointingMode::ExactlyOnce).map(drop),
    });
    RUN.set(Some(Run { sim: sim.expect("the job builds"), snapshot: None, frame: FrameWriter::default() }));
}

/// How many checkpoints the run has completed.
#[unsafe(no_mangle)]
pub extern "C" fn checkpoints_completed() -> u32 {
    with_run(|run| {
        let checkpoints = run.sim.world().job_master().checkpoints();
        checkpoints.map_or(0, |it| it.coordinator().statistics().counts().completed)
    })
}

/// Submits the window job; [`finish`] then runs it.
#[unsafe(no_mangle)]
pub extern "C" fn open_windows(records: i64, keys: i64, parallelism: u32, records_per_tick: u32) {
    let job = WindowSum { records, keys, parallelism: parallelism as i32, records_per_tick };
    let sim = job.submit().expect("the job builds");
    RUN.set(Some(Run { sim, snapshot: None, frame: FrameWriter::default() }));
}

/// Submits the job on a cluster with as many slots as it needs; [`finish`] then runs it. On one TaskManager all
/// channels are local, on `n` of them one in `n`.
#[unsafe(no_mangle)]
pub extern "C" fn open(records: i64, keys: i64, parallelism: u32, task_managers: u32, records_per_tick: u32) {
    let job = SequenceSum {
        records,
        keys,
        parallelism: parallelism as i32,
        task_managers,
        slots_per_task_manager: parallelism.div_ceil(task_managers),
        records_per_tick,
        sink: Sink::Discard,
    };
    let sim = job.submit().expect("the job builds");
    RUN.set(Some(Run { sim, snapshot: None, frame: FrameWriter::default() }));
}

/// Runs the job to its end; answers the ticks that it took.
#[unsafe(no_mangle)]
pub extern "C" fn finish() -> i64 {
    with_run(|run| {
        assert!(run.sim.run_to_end(TICKS_MAX), "the job ends");
        assert_eq!(run.sim.world().job_status(), JobStatus::Finished);
        run.sim.world().tick() as i64
    })
}

/// Runs so many ticks.
#[unsafe(no_mangle)]
pub extern "C" fn advance(ticks: u32) {
    with_run(|run| run.sim.advance(u64::from(ticks)));
}

/// Writes the frame that the page would draw; answers its words.
#[unsafe(no_mangle)]
pub extern "C" fn write_frame() -> u32 {
    with_run(|run| run.frame.write(&run.sim).len() as u32)
}

/// Takes a snapshot of the world, and lets the one before go.
#[unsafe(no_mangle)]
pub extern "C" fn snapshot() {
    with_run(|run| run.snapshot = Some(run.sim.world().clone()));
}

/// A tick back.
#[unsafe(no_mangle)]
pub extern "C" fn step_back() {
    with_run(|run| assert!(run.sim.step_back(StepUnit::Tick), "there is a tick before"));
}

/// Jumps to a tick.
#[unsafe(no_mangle)]
pub extern "C" fn seek(tick: u32) {
    with_run(|run| run.sim.seek(u64::from(tick), 0));
}

/// Smaller than the standard library's for wasm, and faster where much is small and lives short.
#[cfg(target_family = "wasm")]
#[global_allocator]
static ALLOCATOR: talc::wasm::WasmDynamicTalc = talc::wasm::new_wasm_dynamic_allocator();
