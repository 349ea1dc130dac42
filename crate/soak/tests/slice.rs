//! A few seeds of the soak, for every run of the tests; `cargo soak` runs many more.

use std::ops::Range;
use std::thread::available_parallelism;

use weir_soak::{
    JoinSeed, Part, RescaleSeed, Seed, Tally, TimerSeed, Totals, Trial, WindowSeed, crash_everywhere,
    disturb_everywhere, lose_every_call, replay_failover, soak,
};

/// Seeds that are quick and see a bit of everything.
const SEEDS: Range<u64> = 140..154;
const WINDOW_SEEDS: Range<u64> = 0..80;
/// Every kind of snapshot of three subtasks, restored by four and by five.
const RESCALE_SEEDS: Range<u64> = 17 * 15..17 * 17;
/// A matrix has so many; each of the small jobs has one after the first.
const RESCALE_PLACES: u64 = 17 * 36;

/// What came of seeds, all of which hold.
fn counts_of<T: Trial>(seeds: Range<u64>) -> T::Counts {
    let Totals { counts, failures, .. } =
        soak::<T>(seeds, available_parallelism().map_or(1, usize::from), |_| ());
    let told: Vec<String> = failures.iter().map(ToString::to_string).collect();
    assert!(told.is_empty(), "{}", told.join("\n"));
    println!("{counts}");
    counts
}

#[test]
fn random_jobs_give_the_same_on_every_cluster() {
    let counts = counts_of::<Seed>(SEEDS);
    assert_eq!((counts.jobs, counts.shapes.len()), (14, 14), "{counts}");
    // What the soak is there for has happened.
    assert!(counts.finished > 5 && counts.cancelled > 0 && counts.failed > 0, "{counts}");
    assert!(counts.spanned > 1000 && counts.soft > 50 && counts.hard > 0, "{counts}");
    assert!(
        counts.batch > 0 && counts.with_windows > 0 && counts.links_broken > 0 && counts.returned > 0,
        "{counts}"
    );
}

#[test]
fn windows_are_what_they_are_by_definition() {
    let counts = counts_of::<WindowSeed>(WINDOW_SEEDS);
    assert_eq!(counts.inputs, 80);
    assert!(counts.by_known.iter().all(|&inputs| inputs > 5), "{counts}");
    assert!(counts.firings > 1000 && counts.merged > 50, "{counts}");
    assert!(counts.late_firings > 50 && counts.dropped > 50 && counts.side_outputs > 50, "{counts}");
}

#[test]
fn timers_fire_when_their_time_has_come() {
    let counts = counts_of::<TimerSeed>(0..40);
    assert_eq!(counts.inputs, 40);
    assert!(counts.in_processing_time > 5 && counts.fired > 1000, "{counts}");
}

#[test]
fn joins_are_what_they_are_by_definition() {
    let counts = counts_of::<JoinSeed>(0..40);
    assert_eq!(counts.joins, 40);
    assert!(counts.by_kind.iter().all(|&joins| joins > 5) && counts.results > 1000, "{counts}");
}

#[test]
fn jobs_go_on_from_every_kind_of_snapshot_at_another_parallelism() {
    let mut counts = counts_of::<RescaleSeed>(RESCALE_SEEDS);
    // Subtasks that begin without state write on into a table that knows their earlier transactions.
    counts.add(counts_of::<RescaleSeed>(17 * 12..17 * 12 + 3));
    for job in 1..=5 {
        let from = RESCALE_PLACES * job + 17 * (5 * job + 2) + 3 * job;
        counts.add(counts_of::<RescaleSeed>(from..from + 4));
    }
    assert!(counts.runs > 45, "{counts}");
    assert!(counts.in_flight_rescaled > 5 && counts.refused > 5, "{counts}");
    assert!(counts.saved_files > 100 && counts.saved_bytes > 10_000, "{counts}");
}

#[test]
fn whatever_crashes_the_same_is_committed() {
    let threads = available_parallelism().map_or(1, usize::from);
    // A tick of every second case, another one in each.
    let part = Part { every: 400, ..Part::default() };
    let counts = crash_everywhere(&part, threads, |_| ());
    assert!(counts.failures.is_empty(), "{}", counts.failures.join("\n"));
    assert!(counts.cases == 40 && counts.runs.iter().sum::<u64>() > 100, "{counts}");
    // What the search is there for has happened.
    assert!(counts.restored > 60 && counts.used > 10 && counts.bytes_in_flight > 10_000, "{counts}");
    assert!(counts.unharmed > 0, "{counts}");
    println!("{counts}");
}

#[test]
fn whatever_goes_wrong_in_the_cluster_the_job_goes_on_or_is_told_to_be_lost() {
    let threads = available_parallelism().map_or(1, usize::from);
    // A few ticks of each case, others in each.
    let part = Part { every: 250, ..Part::default() };
    let counts = disturb_everywhere(&part, threads, |_| ());
    assert!(counts.failures.is_empty(), "{}", counts.failures.join("\n"));
    assert!(counts.cases == 54 && counts.runs.iter().all(|&runs| runs > 3), "{counts}");
    // What the search is there for has happened.
    assert!(counts.failovers > 3 && counts.lost > 3 && counts.restarts > 10, "{counts}");
    assert!(counts.rescales > 3 && counts.continued > 0 && counts.stale > 20, "{counts}");
    println!("{counts}");
}

/// The JobManager finds a checkpoint complete and the job at another parallelism in one tick; a TaskManager hears that it
/// is given up when its cluster has ended; an ApplicationMaster goes on that leads no more, and does so again.
#[test]
fn what_was_found_in_the_cluster_holds() {
    for run in [
        "11 sink rescale alone silent-jobmanager 104",
        "11 sink stop alone application silent-taskmanager-0 86",
        "11 wordcount run ha yarn silent-jobmanager 2561",
    ] {
        let run: Vec<String> = run.split(' ').map(str::to_owned).collect();
        assert!(replay_failover(&run).is_ok());
    }
}

#[test]
fn whichever_call_is_lost_or_late_the_job_goes_on() {
    // Every 40th call of each case, another one in each.
    let counts = lose_every_call(40, available_parallelism().map_or(1, usize::from), |_| ());
    assert!(counts.failures.is_empty(), "{}", counts.failures.join("\n"));
    assert!(counts.cases == 18 && counts.lost > 40 && counts.late == counts.lost, "{counts}");
    // What the search is there for has happened.
    assert!(counts.by_part.iter().all(|&runs| runs > 0), "{counts}");
    assert!(counts.restarts > 10 && counts.failed > 0 && counts.ignored > 10, "{counts}");
    println!("{counts}");
}
