//! The list of messages between TaskManagers: that it is whole, what a filter leaves, and going back.

use std::collections::BTreeMap;
use std::rc::Rc;

use weir_engine::base::ids::{ChannelId, TaskManagerId};
use weir_engine::cluster::job_status::JobStatus;
use weir_engine::graph::api::StreamExecutionEnvironment;
use weir_engine::graph::compiled::compile;
use weir_engine::graph::error::ApiError;
use weir_engine::graph::operator_spec::{KeySelector, SinkSpec};
use weir_engine::inspect::messages::{MessageEntry, MessageFilter, MessageIndex};
use weir_engine::operator::native::NativeFunctions;
use weir_engine::scenario::Scenario;
use weir_engine::sim::Sim;
use weir_engine::sim::message_log::Contents;

const TICKS_MAX: u64 = 1_000_000;

/// `fromSequence → keyBy → reduce → sink` on two TaskManagers of one slot, with small segments.
fn job() -> Result<Sim, ApiError> {
    let mut functions = NativeFunctions::default();
    let key = functions.map(Clone::clone);
    let first = functions.reduce(|a, _| a.clone());
    let env = StreamExecutionEnvironment::get_execution_environment();
    env.set_parallelism(2)?;
    env.from_sequence(1, 1000)?.key_by(KeySelector::Function(key)).reduce(first).sink_to(SinkSpec::Discard);
    let scenario =
        Scenario { task_managers: 2, slots_per_task_manager: 1, segment_bytes: 128, ..Scenario::small(3) };
    Ok(Sim::submit(&compile(&env.job()?)?, Rc::new(functions), scenario).expect("the job can run"))
}

fn all(sim: &Sim, filter: &MessageFilter) -> Vec<MessageEntry> {
    MessageIndex::default().page(sim.world(), filter, Some(0), usize::MAX).entries
}

#[test]
fn every_buffer_of_a_remote_channel_is_listed_once() -> Result<(), ApiError> {
    let mut sim = job()?;
    assert!(sim.run_to_end(TICKS_MAX));
    assert_eq!(sim.world().job_status(), JobStatus::Finished);
    let mut next: BTreeMap<ChannelId, u32> = BTreeMap::new();
    let mut requested = 0;
    let entries = all(&sim, &MessageFilter::default());
    for MessageEntry { crossing, is_on_the_way } in &entries {
        assert!(!is_on_the_way && crossing.from != crossing.to);
        assert_eq!(crossing.arrived_at - crossing.sent_at, 3, "the latency of a link");
        match crossing.contents {
            Contents::Request { .. } => requested += 1,
            Contents::Buffer { sequence_number, .. } => {
                let expected = next.entry(crossing.channel).or_default();
                assert_eq!(sequence_number, *expected, "channel {}", crossing.channel);
                *expected += 1;
            }
            _ => {}
        }
    }
    assert_eq!((requested, next.len()), (2, 2), "one channel each way");
    assert!(entries.is_sorted_by_key(|entry| entry.crossing.arrived_at));
    let ends = entries.iter().filter(
        |entry| matches!(entry.crossing.contents, Contents::Buffer { holds, .. } if holds == "EndOfPartition"),
    );
    assert_eq!(ends.count(), 2);
    Ok(())
}

#[test]
fn a_filter_leaves_what_fits_and_a_page_is_a_part_of_it() -> Result<(), ApiError> {
    let mut sim = job()?;
    sim.advance(400);
    let none = MessageFilter::default();
    let everything = all(&sim, &none);
    assert!(everything.iter().any(|entry| entry.is_on_the_way), "something is on the way at this tick");
    let filters = [
        MessageFilter { kind: Some("AddCredit".to_owned()), ..none.clone() },
        MessageFilter { kind: Some("BufferResponse".to_owned()), ..none.clone() },
        MessageFilter { channel: Some(everything[0].crossing.channel), ..none.clone() },
        MessageFilter { task_manager: Some(TaskManagerId(1)), ..none.clone() },
        MessageFilter { kind: Some("ErrorResponse".to_owned()), ..none.clone() },
    ];
    // One index for all of them: it must notice that the filter is another one.
    let mut index = MessageIndex::default();
    for filter in filters {
        let expected: Vec<_> = everything
            .iter()
            .filter(|MessageEntry { crossing, .. }| {
                filter.kind.as_ref().is_none_or(|kind| kind == crossing.contents.kind())
                    && filter.channel.is_none_or(|channel| channel == crossing.channel)
                    && filter.task_manager.is_none_or(|id| id == crossing.from || id == crossing.to)
            })
            .cloned()
            .collect();
        let page = index.page(sim.world(), &filter, Some(0), usize::MAX);
        assert_eq!((page.from, page.total, &page.entries), (0, expected.len(), &expected), "{filter:?}");
        let last = index.page(sim.world(), &filter, None, 2);
        assert_eq!(last.entries, expected[expected.len().saturating_sub(2)..]);
        assert_eq!(last.from, expected.len().saturating_sub(2));
        let middle = index.page(sim.world(), &filter, Some(3), 4);
        assert_eq!(middle.entries, expected.iter().skip(3).take(4).cloned().collect::<Vec<_>>());
    }
    Ok(())
}

#[test]
fn going_back_takes_back_what_arrived_since() -> Result<(), ApiError> {
    let mut sim = job()?;
    let mut index = MessageIndex::default();
    let none = MessageFilter::default();
    sim.seek(200, 0);
    let early = index.page(sim.world(), &none, Some(0), usize::MAX);
    sim.seek(500, 0);
    assert!(index.page(sim.world(), &none, Some(0), 0).total > early.total);
    sim.seek(200, 0);
    assert_eq!(index.page(sim.world(), &none, Some(0), usize::MAX), early);
    Ok(())
}
