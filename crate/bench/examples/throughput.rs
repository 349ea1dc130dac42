//! The jobs of `npm run bench` natively, beside the same by hand: for a profiler.
//!
//! `cargo run --release -p weir-bench --example throughput -- windows 4000000`

use std::time::Instant;

use weir_bench::{finish, open, open_windows, run_by_hand, run_windows_by_hand};

fn timed(action: impl FnOnce()) -> f64 {
    let start = Instant::now();
    action();
    start.elapsed().as_secs_f64()
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    let is_windows = arguments.next().is_some_and(|name| name == "windows");
    let records: i64 = arguments.next().and_then(|records| records.parse().ok()).unwrap_or(1_000_000);
    for parallelism in [1, 4] {
        let hand = timed(|| {
            if is_windows {
                run_windows_by_hand(records, 10_007, parallelism);
            } else {
                run_by_hand(records, 1000, parallelism);
            }
        });
        if is_windows {
            open_windows(records, 10_007, parallelism, 1000);
        } else {
            open(records, 1000, parallelism, 1, 1000);
        }
        let engine = timed(|| {
            finish();
        });
        let ratio = hand / engine;
        println!(
            "parallelism {parallelism}: {hand:.2} s by hand, {engine:.2} s on the engine, ratio {ratio:.3}"
        );
    }
}
