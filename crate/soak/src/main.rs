//! `cargo soak`: runs many seeds on all cores, and prints what they met; or replays one.

use std::process::ExitCode;
use std::thread;
use std::time::Instant;

use weir_soak::{JoinSeed, RescaleSeed, Seed, TimerSeed, Trial, WindowSeed, soak};

const USAGE: &str = "\
usage: cargo soak [windows | joins | timers | rescale] [--seeds N] [--from SEED] [--threads N]
       cargo soak [windows | joins | timers | rescale] --seed SEED

Runs random jobs on random clusters, by default the 10000 seeds from 0 on, and compares what comes out with what
must. With \"windows\", these are jobs of one window operator, with \"joins\" of one join. \"rescale\" starts one job from
every kind of snapshot at every parallelism. With --seed: tells one job, and runs it.";

/// What the jobs are of.
#[derive(Clone, Copy)]
enum Subject {
    Anything,
    Windows,
    Joins,
    Timers,
    Rescale,
}

struct Options {
    of: Subject,
    /// One seed to replay.
    seed: Option<u64>,
    from: u64,
    /// As many as the subject has, unless it was said.
    seeds: Option<u64>,
    threads: usize,
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
    }
}

fn options() -> Result<Option<Options>, lexopt::Error> {
    use lexopt::prelude::{Long, Short, Value, ValueExt as _};
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let mut options = Options { of: Subject::Anything, seed: None, from: 0, seeds: None, threads };
    let mut arguments = lexopt::Parser::from_env();
    while let Some(argument) = arguments.next()? {
        match argument {
            Value(name) if name == "windows" => options.of = Subject::Windows,
            Value(name) if name == "joins" => options.of = Subject::Joins,
            Value(name) if name == "timers" => options.of = Subject::Timers,
            Value(name) if name == "rescale" => options.of = Subject::Rescale,
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
