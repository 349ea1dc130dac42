//! What the page is shown of buffers and channels, on a run whose records span buffers and cross links.

use std::rc::Rc;

use weir_engine::base::ids::ChannelId;
use weir_engine::graph::api::StreamExecutionEnvironment;
use weir_engine::graph::compiled::compile;
use weir_engine::graph::error::ApiError;
use weir_engine::graph::operator_spec::KeySelector;
use weir_engine::inspect::{buffers, channels, detail};
use weir_engine::operator::native::NativeFunctions;
use weir_engine::record::Value;
use weir_engine::scenario::Scenario;
use weir_engine::sim::Sim;
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
                let seen = detail::buffer(sim.world(), channel, view.id.0).expect("it is on the channel");
                let last = seen.parts.last().map_or("none", |part| part.what);
                let Some(after) = seen.after else { continue };
                assert!(last == "beginning" || last == "middle", "{last}");
                let next = detail::buffer(sim.world(), channel, after).expect("it is on the channel");
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
