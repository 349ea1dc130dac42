//! Prints the trace hash of some jobs, run natively: `npm test` compares them with the wasm build's.
//!
//! A line each: parallelism, TaskManagers, slots of each, records a tick, ticks, hash.

use weir_bench::jobs::{SequenceSum, Sink};

const TICKS_MAX: u64 = 1_000_000;

fn main() {
    for (parallelism, task_managers, slots_per_task_manager, records_per_tick) in
        [(1, 1, 1, 1), (2, 2, 1, 1), (4, 2, 2, 3), (3, 1, 4, 64)]
    {
        let sink = Sink::Print;
        let job = SequenceSum {
            records: 500,
            keys: 7,
            parallelism,
            task_managers,
            slots_per_task_manager,
            records_per_tick,
            sink,
        };
        let mut sim = job.submit().expect("the job builds");
        assert!(sim.run_to_end(TICKS_MAX), "the job ends");
        let (ticks, hash) = (sim.world().tick(), sim.world().trace().hash());
        println!(
            "{parallelism} {task_managers} {slots_per_task_manager} {records_per_tick} {ticks} {hash:016x}"
        );
    }
}
