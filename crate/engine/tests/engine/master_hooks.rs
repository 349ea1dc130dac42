//! Hooks of the master: asked before the tasks, kept with the checkpoint, given back with it.

use std::cell::RefCell;
use std::rc::Rc;

use weir_engine::base::ids::TaskId;
use weir_engine::checkpoint::coordinator::hooks::parts_of;
use weir_engine::checkpoint::restore::settings::RestoreSettings;
use weir_engine::cluster::job_master::checkpointing::Checkpoints;
use weir_engine::cluster::job_status::JobStatus;
use weir_engine::cluster::process_fault::ProcessFault;
use weir_engine::graph::api::StreamExecutionEnvironment;
use weir_engine::graph::checkpoint_settings::CheckpointingMode;
use weir_engine::graph::compiled::{CompiledJob, compile};
use weir_engine::graph::error::ApiError;
use weir_engine::graph::operator_spec::{SinkSpec, SourceSpec};
use weir_engine::graph::watermark_strategy::{WatermarkGeneration, WatermarkStrategy};
use weir_engine::inspect::checkpoints::sentence;
use weir_engine::inspect::held_state::{HeldKind, of_checkpoint};
use weir_engine::network::barrier::{SavepointFormat, SnapshotType};
use weir_engine::operator::context::OperatorContext;
use weir_engine::operator::function::{Method, UserError, UserFunction};
use weir_engine::operator::native::NativeFunctions;
use weir_engine::record::Value;
use weir_engine::scenario::Scenario;
use weir_engine::sim::Sim;
use weir_engine::sim::command::Command;

const TICKS_MAX: u64 = 20_000;

/// Counts in its field how often it was asked, and keeps the count.
#[derive(Clone)]
struct Hook {
    identifier: &'static str,
    /// Takes so long.
    delay: i64,
    /// Throws when it is asked for the second time.
    throws: bool,
    /// Its answer is that it cannot.
    fails: bool,
    /// Throws when it is to go back.
    throws_back: bool,
    log: Rc<RefCell<Vec<String>>>,
}

const NONE: Value = Value::Null;

impl UserFunction for Hook {
    fn call(
        &self,
        method: Method,
        args: &[Value],
        _context: &mut OperatorContext,
    ) -> Result<Value, UserError> {
        let asked = |fields: &Value| if let Value::Long(asked) = fields { *asked } else { 0 };
        let said: Vec<String> = args.iter().skip(1).map(ToString::to_string).collect();
        if !matches!(method, Method::TriggerHook | Method::Open) {
            self.log.borrow_mut().push(format!("{method:?} {}", said.join(" ")));
        }
        match method {
            Method::Open => Ok(Value::tuple([Value::Long(0), self.identifier.into()])),
            Method::TriggerHook if self.throws && asked(&args[0]) == 1 => Err(UserError::new("no")),
            Method::TriggerHook => {
                let asked = asked(&args[0]) + 1;
                let failure = if self.fails { "not now".into() } else { NONE };
                Ok(Value::tuple([asked.into(), self.delay.into(), 3.into(), asked.into(), failure]))
            }
            Method::RestoreHook if self.throws_back => Err(UserError::new("never")),
            Method::RestoreHook => match &args[2] {
                Value::Tuple(state) => Ok(state[1].clone()),
                _ => Ok(Value::Long(-1)),
            },
            _ => Ok(Value::Long(0)),
        }
    }
}

fn hook(identifier: &'static str) -> Hook {
    Hook { identifier, delay: 0, throws: false, fails: false, throws_back: false, log: Rc::default() }
}

/// `numbers, 200 a second → map → collect`, whose map brings a hook.
fn job(hooks: &[Hook]) -> Result<(CompiledJob, NativeFunctions), ApiError> {
    let mut functions = NativeFunctions::default();
    let number = functions.add_with_method(|_, args, _| Ok(args[0].clone()));
    let env = StreamExecutionEnvironment::get_execution_environment();
    env.enable_checkpointing(40, CheckpointingMode::ExactlyOnce)?;
    env.get_checkpoint_config().set_tolerable_checkpoint_failure_number(0)?;
    env.configure([
        ("restart-strategy.type", "fixed-delay"),
        ("restart-strategy.fixed-delay.delay", "20 ms"),
    ])?;
    let source = SourceSpec::DataGenerator { function: number, count: 80, records_per_second: Some(200.0) };
    let strategy = WatermarkStrategy::of(WatermarkGeneration::None);
    let mut stream = env.from_source(source, strategy, "numbers").uid("numbers").rebalance()?;
    for (n, hook) in hooks.iter().enumerate() {
        let map = functions.map(Value::clone);
        functions.add_master_hook(map, Rc::new(hook.clone()));
        stream = stream.map(map).uid(&format!("map {n}")).rebalance()?;
    }
    stream.sink_to(SinkSpec::Collect { name: "all".into() }).uid("all");
    Ok((compile(&env.job()?)?, functions))
}

fn scenario() -> Scenario {
    Scenario { task_managers: 2, slots_per_task_manager: 2, ..Scenario::small(7) }
}

fn submit(hooks: &[Hook]) -> Result<Sim, ApiError> {
    let (job, functions) = job(hooks)?;
    Ok(Sim::submit(&job, Rc::new(functions), scenario()).expect("the job can run"))
}

fn checkpoints(sim: &Sim) -> &Checkpoints {
    sim.world().job_master().checkpoints().expect("it streams")
}

/// Names, versions and states.
fn newest_states(sim: &Sim) -> Vec<(String, Value, Value)> {
    let latest = checkpoints(sim).coordinator().store().latest();
    let states = latest.iter().flat_map(|latest| latest.master_states.iter().filter_map(parts_of));
    states.map(|(name, version, state)| (name.to_string(), version.clone(), state.clone())).collect()
}

fn failure_messages(sim: &Sim) -> Vec<String> {
    let history = checkpoints(sim).coordinator().statistics().history().iter();
    history.map(|stats| stats.failure_message()).filter(|message| !message.is_empty()).collect()
}

#[test]
fn what_hooks_had_is_kept_with_the_checkpoint_and_given_back_after_a_crash() -> Result<(), ApiError> {
    let (first, second) = (hook("first"), hook("second"));
    let mut sim = submit(&[first.clone(), second, Hook { delay: 9, ..hook("first") }])?;
    sim.advance(200);
    let states = newest_states(&sim);
    let names: Vec<&str> = states.iter().map(|state| &*state.0).collect();
    assert_eq!(
        (names, &states[0].1),
        (vec!["first", "second"], &Value::Long(3)),
        "of one name the first counts"
    );
    let latest = checkpoints(&sim).coordinator().store().latest().expect("some are complete").id;
    let held = of_checkpoint(sim.world(), latest).expect("it is kept").expect("it can be read");
    let of_hooks = held.iter().filter(|held| held.kind == HeldKind::Master);
    let of_hooks: Vec<String> = of_hooks.map(|it| format!("{} {} {}", it.name, it.key, it.value)).collect();
    assert_eq!(of_hooks, [format!("first version 3 {latest}"), format!("second version 3 {latest}")]);
    sim.command(Command::Process(ProcessFault::FailTask(TaskId(0))));
    sim.advance(30);
    let restored = checkpoints(&sim).coordinator().statistics().restored().expect("it was restored");
    let back = format!("RestoreHook {0} (3,{0})", restored.id);
    assert_eq!(
        *first.log.borrow(),
        ["ResetHook ".to_owned(), back],
        "at first there was nothing to go back to"
    );
    assert!(sim.run_to_end(TICKS_MAX) && sim.world().job_status() == JobStatus::Finished);
    assert_eq!(first.log.borrow().last().map(String::as_str), Some("Close "));
    sim.seek(150, 0);
    assert_eq!(
        newest_states(&sim)[0].2,
        Value::Long(checkpoints(&sim).coordinator().store().latest().expect("one").id as i64),
        "a hook's fields go back with the run"
    );
    Ok(())
}

/// Those of a whole partition show their function as others do; one that sorts has none. Flink: `MapPartitionOperator`.
#[test]
fn functions_of_whole_partitions_bring_hooks() -> Result<(), ApiError> {
    let (hook, mut functions) = (hook("partition"), NativeFunctions::default());
    let function = functions.apply(|_, _| Ok(Value::Null));
    functions.add_master_hook(function, Rc::new(hook.clone()));
    let env = StreamExecutionEnvironment::get_execution_environment();
    env.enable_checkpointing(40, CheckpointingMode::ExactlyOnce)?;
    let partition = env.from_sequence(1, 300)?.full_window_partition();
    partition.map_partition(function)?.sink_to(SinkSpec::Collect { name: "all".into() });
    let mut sim = Sim::submit(&compile(&env.job()?)?, Rc::new(functions), scenario()).expect("it can run");
    assert!(sim.run_to_end(TICKS_MAX));
    assert_eq!(*hook.log.borrow(), ["ResetHook ", "Close "]);
    Ok(())
}

#[test]
fn tasks_are_told_when_all_hooks_have_answered() -> Result<(), ApiError> {
    let mut sim = submit(&[Hook { delay: 25, ..hook("slow") }])?;
    let mut waited = 0;
    let text =
        |sim: &Sim| -> String { sentence(sim.world()).parts().iter().map(|part| &*part.text).collect() };
    while checkpoints(&sim).coordinator().store().latest().is_none() {
        sim.advance(1);
        if text(&sim).ends_with("waits for the JobMaster's hook slow.") {
            waited += 1;
            let pending = &checkpoints(&sim).coordinator().pending()[0];
            assert_eq!(pending.unacknowledged().len(), pending.plan.wait.len());
        }
        assert!(sim.world().tick() < TICKS_MAX);
    }
    assert!((25..=26).contains(&waited), "{waited}");
    let latest = checkpoints(&sim).coordinator().store().latest().expect("one is complete");
    assert!(latest.completed_at - latest.timestamp > 25);
    Ok(())
}

#[test]
fn a_hook_that_fails_ends_the_checkpoint_and_not_the_job() -> Result<(), ApiError> {
    let mut sim = submit(&[Hook { throws: true, ..hook("numbers") }])?;
    sim.advance(300);
    assert_eq!(sim.world().job_status(), JobStatus::Running);
    let expected = "Trigger checkpoint failure. FlinkException: Error while triggering checkpoint master hook \
                    'numbers'. Caused by: no";
    assert!(failure_messages(&sim).contains(&expected.to_owned()), "{:?}", failure_messages(&sim));
    let mut sim = submit(&[Hook { fails: true, delay: 5, ..hook("numbers") }])?;
    sim.advance(200);
    let expected = "Trigger checkpoint failure. FlinkException: Checkpoint master hook 'numbers' produced an \
                    exception. Caused by: not now";
    assert!(failure_messages(&sim).iter().all(|message| message == expected), "{:?}", failure_messages(&sim));
    assert_eq!(checkpoints(&sim).coordinator().store().latest().map(|latest| latest.id), None);
    Ok(())
}

#[test]
fn a_hook_that_cannot_go_back_fails_all_that_starts_again() -> Result<(), ApiError> {
    let mut sim = submit(&[Hook { throws_back: true, ..hook("numbers") }])?;
    sim.advance(200);
    assert!(!newest_states(&sim).is_empty());
    sim.command(Command::Process(ProcessFault::FailTask(TaskId(0))));
    assert!(sim.run_to_end(TICKS_MAX));
    let master = sim.world().job_master();
    assert_eq!(master.status(), JobStatus::Failed, "one restart is allowed, and it fails too");
    let said = master.failure().map(ToString::to_string).unwrap_or_default();
    assert_eq!(
        said,
        "FlinkException: Error while calling restoreCheckpoint on checkpoint hook 'numbers'. Caused by: never"
    );
    Ok(())
}

#[test]
fn a_changed_job_is_told_of_state_of_a_hook_that_it_has_not() -> Result<(), ApiError> {
    let mut sim = submit(&[hook("old")])?;
    sim.advance(150);
    sim.command(Command::RequestCheckpoint {
        snapshot: SnapshotType::Savepoint,
        format: SavepointFormat::Canonical,
        target: None,
    });
    sim.advance(60);
    let savepoint = checkpoints(&sim).answers()[0].result.clone().expect("nothing is in the way").id;
    let file = sim.world().export_snapshot(savepoint).expect("it is there").expect("all of it");
    for (name, allow, expected) in [
        ("old", false, Ok(format!("RestoreHook {savepoint} (3,{savepoint})"))),
        ("new", true, Ok(format!("RestoreHook {savepoint} null"))),
        ("new", false, Err("IllegalStateException: Found state 'old' which is not resumed by any hook.")),
    ] {
        let other = hook(name);
        let (job, functions) = job(std::slice::from_ref(&other))?;
        let settings = RestoreSettings { allow_non_restored_state: allow, ..RestoreSettings::default() };
        let started = Sim::submit_from_file(&job, Rc::new(functions), scenario(), &file, settings);
        let mut second = started.expect("the operators fit");
        second.run_to_end(TICKS_MAX);
        let master = second.world().job_master();
        match expected {
            Ok(said) => {
                assert_eq!(master.status(), JobStatus::Finished);
                assert_eq!(other.log.borrow()[..2], ["ResetHook ".to_owned(), said]);
            }
            Err(why) => {
                assert_eq!(master.status(), JobStatus::Failed);
                assert_eq!(master.failure().map(ToString::to_string).as_deref(), Some(why));
            }
        }
    }
    Ok(())
}
