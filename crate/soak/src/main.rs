//! `cargo soak`: runs many seeds on all cores, and prints what they met; or replays one.

use std::process::ExitCode;
use std::thread;
use std::time::Instant;

use weir_soak::{
    JoinSeed, Part, RescaleSeed, Seed, TimerSeed, Trial, WindowSeed, crash_everywhere, disturb_everywhere,
    lose_every_call, replay_call, replay_crash, replay_failover, soak,
};

const USAGE: &str = "\
usage: cargo soak [windows | joins | timers | rescale] [--seeds N] [--from SEED] [--threads N]
       cargo soak [windows | joins | timers | rescale] --seed SEED
       cargo soak crashes [--from CASE] [--count N] [--every N] [--offset N] [--seed SEED] [--threads N]
       cargo soak crash SEED JOB MODE BACKEND [VICTIM TICK]
       cargo soak cluster [--from CASE] [--count N] [--every N] [--offset N] [--seed SEED] [--threads N]
       cargo soak cluster-run SEED JOB STORY ha|alone [application|yarn] [VICTIM TICK]
       cargo soak calls [--every N] [--threads N]
       cargo soak call JOB CLUSTER COURSE lost|late NUMBER

Runs random jobs on random clusters, by default the 10000 seeds from 0 on, and compares what comes out with what
must. With \"windows\", these are jobs of one window operator, with \"joins\" of one join. \"rescale\" starts six jobs from
every kind of snapshot at every parallelism. With --seed: tells one job, and runs it.

With \"crashes\", everything crashes at every tick: of five small jobs, in all modes and on both backends, each task,
each TaskManager and the store, one run for each; what is committed must be what is committed without. --every N takes
every Nth tick. With \"crash\": replays one of those runs.

With \"cluster\", it is the cluster's processes and links, at every tick of three small jobs that are submitted, run,
rescaled, stopped, cancelled, with another JobManager that stands by and without: one run each. \"cluster-run\" replays
one.

With \"calls\", every call between the processes of three small jobs, and every answer, is lost in one run and late in
another; --every N takes every Nth. \"call\" replays one of those runs.";

/// What the jobs are of.
#[derive(Clone, Copy)]
enum Subject {
    Anything,
    Windows,
    Joins,
    Timers,
    Rescale,
    Crashes,
    Cluster,
    Calls,
}

struct Options {
    of: Subject,
    /// One seed to replay.
    seed: Option<u64>,
    from: u64,
    /// As many as the subject has, unless it was said.
    seeds: Option<u64>,
    threads: usize,
    part: Part,
    /// A run of a crash search to replay.
    replayed: Vec<String>,
}

fn main() -> ExitCode {
    let options = match options() {
        Ok(Some(options)) => options,
        Ok(None) => {
            println!("{USAGE}");
            return ExitCode::SUCCESS;
        }
        Err(error) => {
            eprintln!("cargo soak: {error}\n{USAGE}");
            return ExitCode::FAILURE;
        }
    };
    match options.of {
        Subject::Anything => run::<Seed>(&options),
        Subject::Windows => run::<WindowSeed>(&options),
        Subject::Joins => run::<JoinSeed>(&options),
        Subject::Timers => run::<TimerSeed>(&options),
        Subject::Rescale => run::<RescaleSeed>(&options),
        Subject::Crashes if !options.replayed.is_empty() => replay_run(replay_crash(&options.replayed)),
        Subject::Cluster if !options.replayed.is_empty() => replay_run(replay_failover(&options.replayed)),
        Subject::Calls if !options.replayed.is_empty() => replay_run(replay_call(&options.replayed)),
        Subject::Calls => run_search(&options, |part| {
            let counts = lose_every_call(part.every, options.threads, |told| println!("{told}"));
            (counts.to_string(), counts.failures.is_empty())
        }),
        Subject::Crashes => run_search(&options, |part| {
            let counts = crash_everywhere(part, options.threads, |told| println!("{told}"));
            (counts.to_string(), counts.failures.is_empty())
        }),
        Subject::Cluster => run_search(&options, |part| {
            let counts = disturb_everywhere(part, options.threads, |told| println!("{told}"));
            (counts.to_string(), counts.failures.is_empty())
        }),
    }
}

fn options() -> Result<Option<Options>, lexopt::Error> {
    use lexopt::prelude::{Long, Short, Value, ValueExt};
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let (part, replayed) = (Part::default(), Vec::new());
    let mut options =
        Options { of: Subject::Anything, seed: None, from: 0, seeds: None, threads, part, replayed };
    let mut arguments = lexopt::Parser::from_env();
    while let Some(argument) = arguments.next()? {
        match argument {
            Value(name) if name == "windows" => options.of = Subject::Windows,
            Value(name) if name == "joins" => options.of = Subject::Joins,
            Value(name) if name == "timers" => options.of = Subject::Timers,
            Value(name) if name == "rescale" => options.of = Subject::Rescale,
            Value(name) if name == "crashes" => options.of = Subject::Crashes,
            Value(name) if name == "cluster" => options.of = Subject::Cluster,
            Value(name) if name == "calls" => options.of = Subject::Calls,
            Value(name) if name == "call" => {
                options.of = Subject::Calls;
                options.replayed = arguments.raw_args()?.map(ValueExt::string).collect::<Result<_, _>>()?;
            }
            Value(name) if name == "crash" || name == "cluster-run" => {
                options.of = if name == "crash" { Subject::Crashes } else { Subject::Cluster };
                options.replayed = arguments.raw_args()?.map(ValueExt::string).collect::<Result<_, _>>()?;
            }
            Long("count") => options.part.count = arguments.value()?.parse()?,
            Long("every") => options.part.every = arguments.value()?.parse()?,
            Long("offset") => options.part.offset = arguments.value()?.parse()?,
            Long("seed") => options.seed = Some(arguments.value()?.parse()?),
            Long("seeds") => options.seeds = Some(arguments.value()?.parse()?),
            Long("from") => options.from = arguments.value()?.parse()?,
            Long("threads") => options.threads = arguments.value()?.parse()?,
            Long("help") | Short('h') => return Ok(None),
            other => return Err(other.unexpected()),
        }
    }
    Ok(Some(options))
}

fn run<T: Trial>(options: &Options) -> ExitCode {
    match options.seed {
        Some(seed) => replay::<T>(seed),
        None => run_many::<T>(options),
    }
}

/// Tells the job before it runs, so that one sees what a seed that hangs is about.
fn replay<T: Trial>(seed: u64) -> ExitCode {
    let drawn = T::new(seed);
    println!("{}\n", drawn.outline());
    print!("{}", drawn.run());
    ExitCode::SUCCESS
}

/// Tells one run of a crash search.
fn replay_run(told: Result<String, String>) -> ExitCode {
    match told {
        Ok(told) => {
            println!("{told}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("cargo soak: {error}\n{USAGE}");
            ExitCode::FAILURE
        }
    }
}

/// Runs a part of a crash search, which answers what it saw, and whether all of it holds.
fn run_search(options: &Options, search: impl FnOnce(&Part) -> (String, bool)) -> ExitCode {
    let start = Instant::now();
    let seed = options.seed.unwrap_or(Part::default().seed);
    let part = Part { from: options.from as usize, seed, ..options.part.clone() };
    let (counts, holds) = search(&part);
    print!("{counts}");
    println!("{:.0} s", start.elapsed().as_secs_f64());
    if holds { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn run_many<T: Trial>(options: &Options) -> ExitCode {
    let start = Instant::now();
    let seeds = options.from..options.from + options.seeds.unwrap_or(T::SEEDS);
    let totals = soak::<T>(seeds, options.threads, |failure| println!("{failure}\n"));
    let (longest, slowest) = totals.slowest;
    print!("{}", totals.counts);
    println!(
        "{} seeds do not hold; {:.0} s, the slowest seed {slowest} {:.1} s",
        totals.failures.len(),
        start.elapsed().as_secs_f64(),
        longest.as_secs_f64()
    );
    if totals.failures.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
