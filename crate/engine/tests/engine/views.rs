//! What the page is shown of buffers and channels, on a run whose records span buffers and cross links.

use std::rc::Rc;

use weir_engine::base::ids::ChannelId;
use weir_engine::graph::api::StreamExecutionEnvironment;
use weir_engine::graph::compiled::compile;
use weir_engine::graph::error::ApiError;
use weir_engine::graph::operator_spec::KeySelector;
use weir_engine::graph::watermark_strategy::{WatermarkGeneration, WatermarkStrategy};
use weir_engine::inspect::buffers::{self, Dot};
use weir_engine::inspect::{channels, detail};
use weir_engine::operator::native::NativeFunctions;
use weir_engine::record::{ElementKind, Value};
use weir_engine::scenario::Scenario;
use weir_engine::sim::Sim;
use weir_engine::sim::world::World;
use weir_engine::task::pace::Speed;

/// Pairs over a HASH edge to a reducer that takes its time, p = 2 on two TaskManagers, in segments that end inside
/// records.
fn slow_pairs(n: i64) -> Result<Sim, ApiError> {
    let mut functions = NativeFunctions::default();
    let pair = functions.map(|value| Value::tuple([value.clone(), Value::Long(1)]));
    let first = functions.reduce(|a, _| a.clone());
    let env = StreamExecutionEnvironment::get_execution_environment();
    env.set_parallelism(2)?;
    env.from_sequence(1, n)?.map(pair).key_by(KeySelector::Field(0)).reduce(first).name("slow").print(None);
    let mut scenario =
        Scenario { task_managers: 2, slots_per_task_manager: 1, segment_bytes: 100, ..Scenario::small(7) };
    scenario.speeds.insert("slow".into(), Speed::TicksPerRecord(3));
    Ok(Sim::submit(&compile(&env.job()?)?, Rc::new(functions), scenario).expect("the job can run"))
}

#[test]
fn a_record_over_two_buffers_is_found_from_both() -> Result<(), ApiError> {
    let mut sim = slow_pairs(200)?;
    let mut spans = 0;
    while !sim.is_over() {
        for channel in (0..sim.world().plan().channels.len() as u32).map(ChannelId) {
            for view in buffers::of_channel(sim.world(), channel) {
                let seen =
                    detail::buffer(sim.world(), channel.place(), view.id.0).expect("it is on the channel");
                let last = seen.parts.last().map_or("none", |part| part.what);
                let Some(after) = seen.after else { continue };
                assert!(last == "beginning" || last == "middle", "{last}");
                let next = detail::buffer(sim.world(), channel.place(), after).expect("it is on the channel");
                assert_eq!(next.before, Some(view.id.0), "buffer {after} goes on from {}", view.id);
                let first = next.parts.first().map_or("none", |part| part.what);
                assert!(first == "rest" || first == "middle", "{first}");
                spans += 1;
            }
        }
        sim.advance(1);
    }
    assert!(spans > 50, "{spans} spans seen");
    Ok(())
}

/// Pairs of numbers that are times, with a watermark every second tick, over a keyed exchange.
fn timed_pairs() -> Result<Sim, ApiError> {
    let mut functions = NativeFunctions::default();
    let pair = functions.map(|value| Value::tuple([value.clone(), Value::Long(1)]));
    let time = functions.map(Value::clone);
    let first = functions.reduce(|a, _| a.clone());
    let env = StreamExecutionEnvironment::get_execution_environment();
    env.set_parallelism(2)?;
    env.set_auto_watermark_interval(2)?;
    let strategy = WatermarkStrategy::of(WatermarkGeneration::Monotonous).with_timestamp_assigner(time);
    let numbers = env.from_sequence(1, 200)?.assign_timestamps_and_watermarks(strategy);
    numbers.map(pair).key_by(KeySelector::Field(0)).reduce(first).name("slow").print(None);
    let mut scenario =
        Scenario { task_managers: 2, slots_per_task_manager: 1, segment_bytes: 100, ..Scenario::small(7) };
    scenario.speeds.insert("slow".into(), Speed::TicksPerRecord(9));
    scenario.default_speed = Speed::TicksPerRecord(1);
    Ok(Sim::submit(&compile(&env.job()?)?, Rc::new(functions), scenario).expect("the job can run"))
}

/// What is drawn of the buffers of a channel, how many records they have, and whether any has a watermark.
fn told_apart(world: &World, channel: ChannelId) -> (Vec<Dot>, u32, bool) {
    let (mut dots, mut records, mut has_watermark) = (Vec::new(), 0, false);
    for view in buffers::of_channel(world, channel).iter().filter(|view| view.event.is_none()) {
        view.dots(|dot| dots.push(dot));
        records += view.records;
        has_watermark |= view.marks.has(ElementKind::Watermark);
    }
    (dots, records, has_watermark)
}

#[test]
fn watermarks_in_buffers_are_told_from_records() -> Result<(), ApiError> {
    let mut sim = timed_pairs()?;
    let (mut marks, mut at_work) = (0, 0);
    while !sim.is_over() {
        for channel in (0..sim.world().plan().channels.len() as u32).map(ChannelId) {
            let (dots, records, has_watermark) = told_apart(sim.world(), channel);
            let drawn = |kind| dots.iter().filter(|dot| dot.kind == kind).count() as u32;
            assert!(drawn(ElementKind::Record) <= records, "channel {channel}: {dots:?} of {records}");
            assert!(has_watermark || drawn(ElementKind::Watermark) == 0, "channel {channel}: {dots:?}");
            let times: Vec<i64> =
                dots.iter().filter(|dot| dot.kind == ElementKind::Watermark).map(|dot| dot.time).collect();
            assert!(times.iter().all(|&time| time == i64::MAX || (-1..200).contains(&time)), "{times:?}");
            marks += times.len();
            let views = buffers::of_channel(sim.world(), channel);
            at_work += views.iter().filter(|view| view.is_being_read && view.marks.others() > 0).count();
        }
        sim.advance(1);
    }
    assert!(marks > 50 && at_work > 10, "{marks} watermarks seen, {at_work} in a buffer that is read");
    Ok(())
}

#[test]
fn the_ends_of_a_channel_agree_with_its_buffers() -> Result<(), ApiError> {
    let mut sim = slow_pairs(600)?;
    let (mut most_taken, mut most_backlog) = (0, 0);
    while !sim.is_over() {
        for channel in (0..sim.world().plan().channels.len() as u32).map(ChannelId) {
            let ends = channels::ends_of(sim.world(), channel);
            let views = buffers::of_channel(sim.world(), channel);
            let received = views.iter().filter(|view| view.place == buffers::Whereabouts::Received);
            let taken = received.filter(|view| view.event.is_none()).count() as u32;
            if ends.is_remote && ends.exclusive > 0 {
                let free = ends.exclusive_free + ends.floating_free;
                assert_eq!(ends.exclusive + ends.floating - free, taken, "channel {channel}: {ends:?}");
                most_taken = most_taken.max(taken);
                most_backlog = most_backlog.max(ends.backlog);
            } else if !ends.is_remote {
                assert_eq!((ends.credit, ends.exclusive, ends.floating, ends.unannounced), (0, 0, 0, 0));
            }
        }
        sim.advance(1);
    }
    assert!(most_taken >= 2 && most_backlog >= 2, "{most_taken} taken, backlog {most_backlog} at most");
    Ok(())
}
