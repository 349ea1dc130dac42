//! What is said of checkpoints: how far each subtask is, and what one that takes long waits for.

use std::collections::BTreeSet;
use std::rc::Rc;

use weir_engine::base::ids::TaskId;
use weir_engine::cluster::process_fault::ProcessFault;
use weir_engine::graph::api::StreamExecutionEnvironment;
use weir_engine::graph::checkpoint_settings::CheckpointingMode;
use weir_engine::graph::compiled::compile;
use weir_engine::graph::error::ApiError;
use weir_engine::graph::operator_spec::KeySelector;
use weir_engine::inspect::checkpoints::{self, Phase};
use weir_engine::inspect::held_state::{self, Held, HeldKind};
use weir_engine::operator::native::NativeFunctions;
use weir_engine::record::Value;
use weir_engine::scenario::Scenario;
use weir_engine::sim::Sim;
use weir_engine::sim::command::Command;
use weir_engine::sim::history::StepUnit;
use weir_engine::task::pace::Speed;

/// `fromSequence → pairs → keyBy → slow`, p = 2 on two TaskManagers, a checkpoint each 100 ms.
fn slow_pairs() -> Result<Sim, ApiError> {
    let mut functions = NativeFunctions::default();
    let pair = functions.map(|value| Value::tuple([value.clone(), Value::Long(1)]));
    let first = functions.reduce(|a, _| a.clone());
    let env = StreamExecutionEnvironment::get_execution_environment();
    env.set_parallelism(2)?.enable_checkpointing(100, CheckpointingMode::ExactlyOnce)?;
    env.from_sequence(1, 3000)?
        .map(pair)
        .key_by(KeySelector::Field(0))
        .reduce(first)
        .name("slow")
        .print(None);
    let mut scenario =
        Scenario { task_managers: 2, slots_per_task_manager: 1, segment_bytes: 100, ..Scenario::small(7) };
    scenario.speeds.insert("slow".into(), Speed::TicksPerRecord(3));
    Ok(Sim::submit(&compile(&env.job()?)?, Rc::new(functions), scenario).expect("the job can run"))
}

#[test]
fn a_checkpoint_that_waits_says_for_whom_and_behind_what() -> Result<(), ApiError> {
    let mut sim = slow_pairs()?;
    let (mut phases, mut texts) = (BTreeSet::new(), BTreeSet::new());
    while sim.world().tick() < 1500 && !sim.is_over() {
        sim.advance(1);
        let world = sim.world();
        let Some(pending) =
            checkpoints::coordinator(world).and_then(|coordinator| coordinator.pending().first())
        else {
            continue;
        };
        let progress = checkpoints::progress(world, pending);
        assert_eq!(progress.len(), 4, "sources and reducers");
        assert!(progress.iter().all(|one| one.barriers <= one.channels), "{progress:?}");
        let open = progress.iter().filter(|one| one.phase != Phase::Acknowledged).count();
        assert_eq!(open, pending.unacknowledged().len(), "{progress:?}");
        phases.extend(progress.iter().map(|one| one.phase as u8));
        let text = checkpoints::sentence(world).to_string();
        assert!(text.starts_with(&format!("Checkpoint {} ", pending.id)), "{text}");
        texts.insert(text);
    }
    assert!(phases.len() >= 4, "phases seen: {phases:?}");
    for part in [
        "has not been told of it yet.",
        "on 0 of 2 channels",
        "buffers stand before it.",
        "2 of 4 tasks have",
    ] {
        assert!(texts.iter().any(|text| text.contains(part)), "nothing says \"{part}\": {texts:?}");
    }
    let coordinator = checkpoints::coordinator(sim.world()).expect("the job streams");
    assert!(coordinator.statistics().counts().completed >= 1, "{:?}", coordinator.statistics().counts());
    Ok(())
}

/// The entries of a subtask of an operator that is restored with it: in any order.
fn of_subtask(all: &[Held], name: &str, subtask_idx: u32) -> BTreeSet<String> {
    let own = all.iter().filter(|held| &*held.operator == name && held.subtask_idx == Some(subtask_idx));
    own.filter(|held| matches!(held.kind, HeldKind::Keyed | HeldKind::Timer | HeldKind::Split))
        .map(|held| format!("{:?} {} {} {}", held.kind, held.name, held.key, held.value))
        .collect()
}

#[test]
fn what_a_checkpoint_holds_is_what_its_tasks_have_once_they_are_restored() -> Result<(), ApiError> {
    let mut sim = slow_pairs()?;
    let newest = |sim: &Sim| {
        let coordinator = checkpoints::coordinator(sim.world()).expect("the job streams");
        coordinator.store().latest().map(|latest| latest.id)
    };
    while newest(&sim).is_none_or(|id| id < 2) {
        sim.advance(1);
    }
    let id = newest(&sim).expect("it was there just now");
    let held = held_state::of_checkpoint(sim.world(), id).expect("it is kept").expect("it can be read");
    assert!(held_state::of_checkpoint(sim.world(), id + 1).is_none(), "no such checkpoint was taken");
    let operators =
        [("slow", 0), ("slow", 1), ("Source: Sequence Source", 0), ("Source: Sequence Source", 1)];
    let wanted = operators.map(|(name, subtask)| of_subtask(&held, name, subtask));
    assert!(wanted.iter().all(|entries| !entries.is_empty()), "{held:?}");
    let differs = |sim: &Sim| {
        let now = held_state::of_now(sim.world());
        let all = operators.iter().zip(&wanted);
        all.map(|(&(name, subtask), wanted)| of_subtask(&now, name, subtask) != *wanted).collect::<Vec<_>>()
    };
    sim.advance(20);
    assert_eq!(differs(&sim), [true; 4], "the job went on");
    sim.command(Command::Process(ProcessFault::FailTask(TaskId(0))));
    let mut restored = [false; 4];
    while restored != [true; 4] {
        assert!(sim.step(StepUnit::Turn), "not all tasks had what the checkpoint holds: {restored:?}");
        assert_eq!(newest(&sim), Some(id), "the next one came before all were seen: {restored:?}");
        differs(&sim).iter().zip(&mut restored).for_each(|(differs, seen)| *seen |= !differs);
    }
    Ok(())
}
