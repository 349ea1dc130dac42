//! The first seeds of the soak, for every run of the tests; `cargo soak` runs many more.

use weir_soak::soak;

const SEEDS: u64 = 18;

#[test]
fn random_jobs_give_the_same_on_every_cluster() {
    let totals = soak(0..SEEDS, std::thread::available_parallelism().map_or(1, usize::from), |_| ());
    let told: Vec<String> = totals.failures.iter().map(ToString::to_string).collect();
    assert!(told.is_empty(), "{}", told.join("\n"));
    let counts = totals.counts;
    println!("{counts}");
    assert_eq!(counts.jobs, SEEDS);
    // What the soak is there for has happened.
    assert!(counts.finished > 10 && counts.cancelled > 0 && counts.failed > 0, "{counts}");
    assert!(
        counts.spanned > 1000 && counts.soft > 100 && counts.hard > 10 && counts.returned > 0,
        "{counts}"
    );
    assert_eq!(counts.shapes.len() as u64, SEEDS, "{counts}");
}
