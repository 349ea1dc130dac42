//! What the lab says about back-pressure: which subtask is at fault, who waits for it, and when it is over.

use std::rc::Rc;

use weir_engine::base::ids::{TaskId, TaskManagerId};
use weir_engine::cluster::link::LinkSpeed;
use weir_engine::cluster::link_fault::{LinkFault, Links};
use weir_engine::graph::api::{DataStream, StreamExecutionEnvironment};
use weir_engine::graph::compiled::compile;
use weir_engine::graph::error::ApiError;
use weir_engine::graph::operator_spec::{KeySelector, SinkSpec};
use weir_engine::inspect::back_pressure;
use weir_engine::inspect::sentence::{Subject, sentence};
use weir_engine::operator::native::NativeFunctions;
use weir_engine::record::Value;
use weir_engine::scenario::{Scenario, SpeedChange};
use weir_engine::sim::Sim;
use weir_engine::sim::command::Command;
use weir_engine::task::memory::options::MemoryOptions;
use weir_engine::task::memory::size::MemorySize;
use weir_engine::task::pace::Speed;

const TICKS_MAX: u64 = 1_000_000;

fn scenario(task_managers: u32, slots: u32) -> Scenario {
    Scenario { task_managers, slots_per_task_manager: slots, segment_bytes: 128, ..Scenario::small(42) }
}

/// `fromSequence → middle → slow → sink` on parallelism 2, each operator a task of its own.
fn row_of_three(scenario: Scenario) -> Result<Sim, ApiError> {
    let mut functions = NativeFunctions::default();
    let same = functions.map(Clone::clone);
    let env = StreamExecutionEnvironment::get_execution_environment();
    env.set_parallelism(2)?;
    let middle: DataStream = (*env.from_sequence(1, 8000)?.rebalance()?.map(same).name("middle")).clone();
    let slow: DataStream = (*middle.rebalance()?.map(same).name("slow")).clone();
    slow.sink_to(SinkSpec::Discard);
    Ok(Sim::submit(&compile(&env.job()?)?, Rc::new(functions), scenario).expect("the job can run"))
}

fn task_named(sim: &Sim, name: &str) -> TaskId {
    let executions = &sim.world().plan().executions;
    let place = executions.iter().position(|execution| execution.name.starts_with(name));
    TaskId(place.expect("there is such a task") as u32)
}

/// The links of the sentence, as words.
fn named(sim: &Sim) -> Vec<(String, Subject)> {
    let sentence = sentence(sim.world());
    let parts = sentence.parts().iter();
    parts.filter_map(|part| part.subject.map(|subject| (part.text.clone(), subject))).collect()
}

#[test]
fn back_pressure_is_followed_to_the_slow_subtask_and_told_until_it_ends() -> Result<(), ApiError> {
    let slow_at = |at_tick, speed| SpeedChange { at_tick, name: "slow".into(), speed };
    let speed_changes =
        vec![slow_at(300, Speed::TicksPerRecord(5)), slow_at(3000, Speed::RecordsPerTick(10))];
    let mut sim = row_of_three(Scenario { speed_changes, ..scenario(2, 1) })?;

    sim.seek(290, 0);
    assert!(sentence(sim.world()).to_string().contains("none is back-pressured"));

    let middle_first = (300..1500).find(|&tick| {
        sim.seek(tick, 0);
        !back_pressure::bottlenecks(sim.world()).is_empty()
    });
    let found = back_pressure::bottlenecks(sim.world());
    let is_of = |task: TaskId, name: &str| sim.world().plan().executions[task.index()].name.contains(name);
    assert!(middle_first.is_some());
    assert!(found.iter().all(|one| is_of(one.cause, "slow")), "{found:?}");
    let first_waiting: Vec<_> = found.iter().flat_map(|one| &one.waiting).collect();
    assert!(first_waiting.iter().all(|one| is_of(one.task, "middle") && one.distance == 1), "{found:?}");
    assert!(!sentence(sim.world()).to_string().contains("come up to the source"));

    sim.seek(2500, 0);
    let text = sentence(sim.world()).to_string();
    assert!(text.starts_with("The slow part is slow"), "{text}");
    assert!(text.contains("come up to the source"), "{text}");
    let found = back_pressure::bottlenecks(sim.world());
    let source = task_named(&sim, "Source");
    let waiting = found.iter().flat_map(|one| &one.waiting).find(|one| one.task == source);
    assert_eq!(waiting.map(|one| one.distance), Some(2), "the source waits through the middle: {found:?}");

    sim.seek(3400, 0);
    let text = sentence(sim.world()).to_string();
    assert!(text.contains("write again"), "{text}");
    sim.seek(5000, 0);
    assert!(sentence(sim.world()).to_string().contains("none is back-pressured"));
    assert!(sim.run_to_end(TICKS_MAX));
    Ok(())
}

#[test]
fn the_words_lead_to_what_they_name() -> Result<(), ApiError> {
    let mut scenario = scenario(2, 1);
    scenario.speeds.insert("slow".into(), Speed::TicksPerRecord(5));
    let mut sim = row_of_three(scenario)?;
    sim.seek(2000, 0);
    let links = named(&sim);
    let plan = sim.world().plan();
    for (text, subject) in &links {
        match subject {
            Subject::Task(task) => assert_eq!(*text, *plan.executions[task.index()].name),
            Subject::Channel(channel) => {
                let planned = &plan.channels[channel.index()];
                let to_slow = &plan.executions[planned.to.index()].name;
                assert!(to_slow.starts_with("slow"), "{to_slow}");
                assert!(plan.executions[planned.from.index()].name.starts_with("middle"));
            }
            Subject::TaskManager(id) => panic!("no link is faulty, and TaskManager {id} is named"),
        }
    }
    assert!(
        matches!(links[0].1, Subject::Task(task) if plan.executions[task.index()].name.starts_with("slow"))
    );
    assert!(links.iter().any(|(_, subject)| matches!(subject, Subject::Channel(_))), "{links:?}");
    Ok(())
}

/// A source with two consumers, of which the one that comes first in the order of vertices is idle: the way
/// goes along the full channel, not to the next vertex.
#[test]
fn the_way_follows_the_full_channels() -> Result<(), ApiError> {
    for slow in ["left", "right"] {
        let mut functions = NativeFunctions::default();
        let same = functions.map(Clone::clone);
        let env = StreamExecutionEnvironment::get_execution_environment();
        let source = env.from_sequence(1, 4000)?;
        for name in ["left", "right"] {
            source.rebalance()?.map(same).name(name).sink_to(SinkSpec::Discard);
        }
        let mut scenario = scenario(1, 1);
        scenario.speeds.insert(slow.into(), Speed::TicksPerRecord(4));
        scenario.default_speed = Speed::RecordsPerTick(2);
        let mut sim =
            Sim::submit(&compile(&env.job()?)?, Rc::new(functions), scenario).expect("the job can run");
        sim.seek(1500, 0);
        let found = back_pressure::bottlenecks(sim.world());
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(found[0].cause, task_named(&sim, slow));
        assert_eq!(found[0].waiting.len(), 1);
        assert_eq!(found[0].waiting[0].task, task_named(&sim, "Source"));
    }
    Ok(())
}

#[test]
fn a_subtask_that_has_most_of_the_work_is_told_from_its_vertex() -> Result<(), ApiError> {
    let mut functions = NativeFunctions::default();
    let key = functions.map(|value| match value {
        Value::Long(n) if n % 10 < 9 => Value::Long(0),
        other => other.clone(),
    });
    let first = functions.reduce(|a, _| a.clone());
    let env = StreamExecutionEnvironment::get_execution_environment();
    env.set_parallelism(4)?;
    env.from_sequence(1, 8000)?
        .map(key)
        .key_by(KeySelector::Identity)
        .reduce(first)
        .name("busy")
        .sink_to(SinkSpec::Discard);
    let mut scenario = scenario(2, 2);
    scenario.speeds.insert("busy".into(), Speed::TicksPerRecord(2));
    let mut sim = Sim::submit(&compile(&env.job()?)?, Rc::new(functions), scenario).expect("the job can run");
    sim.seek(1500, 0);
    let found = back_pressure::bottlenecks(sim.world());
    assert_eq!((found.len(), found[0].waiting.len()), (1, 4), "{found:?}");
    let text = sentence(sim.world()).to_string();
    assert!(text.contains("The other 3 subtasks of busy"), "{text}");
    assert!(text.contains("the load is skewed"), "{text}");
    Ok(())
}

#[test]
fn a_link_that_is_cut_or_slow_is_named_until_it_is_mended() -> Result<(), ApiError> {
    let mut sim = row_of_three(scenario(2, 1))?;
    let (from, to) = (TaskManagerId(0), TaskManagerId(1));
    let links = Links { from, to, both_ways: false };
    sim.seek(100, 0);
    sim.command(Command::Link(LinkFault::Cut(links)));
    sim.seek(300, 0);
    let text = sentence(sim.world()).to_string();
    assert!(text.starts_with("The link from TaskManager 1 to TaskManager 2 is cut"), "{text}");
    assert!(text.contains(" writes waits on its way to "), "{text}");
    let links_named: Vec<Subject> = named(&sim).into_iter().map(|(_, subject)| subject).take(2).collect();
    assert_eq!(links_named, [Subject::TaskManager(from), Subject::TaskManager(to)]);
    let speed = LinkSpeed { latency_ticks: 50, bytes_per_tick: 1000 };
    sim.command(Command::Link(LinkFault::Restore(links)));
    sim.advance(1);
    assert!(!sentence(sim.world()).to_string().contains("The link"));
    sim.command(Command::Link(LinkFault::Slow(Links { both_ways: true, ..links }, speed)));
    sim.advance(1);
    let text = sentence(sim.world()).to_string();
    assert!(
        text.contains("The link from TaskManager 1 to TaskManager 2 is slow: 50 ms, and 1000 bytes a ms.")
    );
    assert!(text.contains("The link from TaskManager 2 to TaskManager 1 is slow"), "{text}");
    Ok(())
}

/// Records of many segments, for a reader that is slow: the writer stops in the middle of one.
#[test]
fn a_task_that_waits_with_a_record_in_hand_is_told_from_one_that_waits_before_it() -> Result<(), ApiError> {
    let mut functions = NativeFunctions::default();
    let long = functions.map(|value| Value::String("x".repeat(5000 + value.to_string().len()).into()));
    let env = StreamExecutionEnvironment::get_execution_environment();
    let same = functions.map(Clone::clone);
    env.from_sequence(1, 200)?.map(long).rebalance()?.map(same).name("reader").sink_to(SinkSpec::Discard);
    let mut scenario = scenario(1, 1);
    scenario.speeds.insert("reader".into(), Speed::TicksPerRecord(50));
    let mut sim = Sim::submit(&compile(&env.job()?)?, Rc::new(functions), scenario).expect("the job can run");
    sim.seek(1500, 0);
    let text = sentence(sim.world()).to_string();
    assert!(text.starts_with("The slow part is reader"), "{text}");
    assert!(text.contains("waits with a record in hand for a segment (hard back-pressure)"), "{text}");
    Ok(())
}

#[test]
fn memory_that_is_missing_is_named_as_flink_does() -> Result<(), ApiError> {
    let memory = MemoryOptions {
        network_min: MemorySize::parse("1 kb").ok(),
        network_max: MemorySize::parse("1 kb").ok(),
        ..MemoryOptions::of_distribution()
    };
    let mut sim = row_of_three(Scenario { memory, ..scenario(2, 1) })?;
    assert!(sim.run_to_end(TICKS_MAX));
    let text = sentence(sim.world()).to_string();
    assert!(text.starts_with("The job failed: the network let down "), "{text}");
    assert!(text.contains("Insufficient number of network buffers: required "), "{text}");
    assert!(named(&sim).len() == 1, "the task that failed is a link");
    Ok(())
}
