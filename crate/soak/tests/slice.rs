//! A few seeds of the soak, for every run of the tests; `cargo soak` runs many more.

use std::ops::Range;

use weir_soak::soak;

/// Seeds that are quick and see a bit of everything.
const SEEDS: Range<u64> = 80..98;

#[test]
fn random_jobs_give_the_same_on_every_cluster() {
    let totals = soak(SEEDS, std::thread::available_parallelism().map_or(1, usize::from), |_| ());
    let told: Vec<String> = totals.failures.iter().map(ToString::to_string).collect();
    assert!(told.is_empty(), "{}", told.join("\n"));
    let counts = totals.counts;
    println!("{counts}");
    assert_eq!((counts.jobs, counts.shapes.len()), (18, 18), "{counts}");
    // What the soak is there for has happened.
    assert!(counts.finished > 5 && counts.cancelled > 0 && counts.failed > 0, "{counts}");
    assert!(counts.spanned > 1000 && counts.soft > 50 && counts.hard > 0, "{counts}");
    assert!(counts.batch > 0 && counts.links_broken > 0 && counts.returned > 0, "{counts}");
}
