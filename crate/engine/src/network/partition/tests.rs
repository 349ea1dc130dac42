//! What a partition writes over which segments, and when it waits.

use super::*;
use crate::network::pool::local::PoolLimits;

/// A partition over segments of its own.
struct Setup {
    partition: ResultPartition,
    pools: NetworkBufferPool,
    ids: u32,
    told: Vec<u32>,
}

impl Setup {
    fn new(subpartitions: u32, segment_bytes: u32, overdraft_max: u32, segments: u32) -> Self {
        let mut pools = NetworkBufferPool::new(segments, segment_bytes);
        let limits = PoolLimits {
            min: subpartitions + 1,
            max: Some(2 * subpartitions + 8),
            subpartitions,
            per_subpartition_max: 10,
            overdraft_max,
        };
        let pool = pools.create_pool(limits).expect("there are enough segments");
        let mut partition = ResultPartition::new(PartitionId(0), subpartitions, pool);
        for subpartition in 0..subpartitions {
            assert!(!partition.connect(subpartition, Reader::Local(ChannelId(subpartition))));
        }
        Self { partition, pools, ids: 0, told: Vec::new() }
    }

    fn with<R>(&mut self, step: impl FnOnce(&mut ResultPartition, &mut WriteContext<'_>) -> R) -> R {
        let Self { partition, pools, ids, told } = self;
        let mut tell = |subpartition| told.push(subpartition);
        step(partition, &mut WriteContext { pools, next_buffer_id: ids, tell: &mut tell })
    }

    fn emit(&mut self, subpartition: u32, bytes: &[u8]) -> Written {
        self.emit_rest(subpartition, bytes, 0)
    }

    fn emit_rest(&mut self, subpartition: u32, bytes: &[u8], written: usize) -> Written {
        let record = SerializedRecord { bytes, dot: None, written };
        self.with(|partition, context| partition.emit(subpartition, record, context))
    }

    fn broadcast(&mut self, bytes: &[u8]) -> Written {
        let record = SerializedRecord { bytes, dot: None, written: 0 };
        self.with(|partition, context| partition.broadcast(record, context))
    }

    fn end(&mut self) {
        self.with(|partition, context| partition.broadcast_event(Event::EndOfPartition, context));
    }

    fn recycle(&mut self, segment: Segment) {
        match segment.home {
            Home::Subpartition { pool, subpartition } => {
                self.pools.recycle(pool, segment.id, Some(subpartition));
            }
            Home::Shared { pool } => {
                self.pools.recycle_shared(pool, segment.id);
            }
            Home::Exclusive | Home::Floating { .. } => panic!("a partition writes into its own segments"),
        }
    }

    /// Reads all that is there: bytes, bytes of an earlier record, whether a record goes on, records.
    fn drain(&mut self, subpartition: u32) -> Vec<(usize, u32, bool, u32)> {
        let mut polled = Vec::new();
        loop {
            let mut empty = Vec::new();
            let next = self.partition.poll(subpartition, &mut self.ids, |segment| empty.push(segment));
            for segment in empty {
                self.recycle(segment);
            }
            let Some(Polled { buffer, .. }) = next else { return polled };
            polled.push((
                buffer.bytes.len(),
                buffer.partial_record_bytes,
                buffer.ends_in_record,
                buffer.records,
            ));
            if let Some(segment) = buffer.segment {
                self.recycle(segment);
            }
        }
    }

    fn used(&self) -> u32 {
        self.pools.pool(self.partition.pool()).expect("it is there").used()
    }

    fn told(&mut self) -> Vec<u32> {
        std::mem::take(&mut self.told)
    }
}

#[test]
fn a_record_spans_as_many_buffers_as_it_needs() {
    let mut setup = Setup::new(1, 10, 20, 100);
    setup.emit(0, &[1; 4]);
    assert!(setup.told().is_empty(), "an open buffer is not announced");
    assert_eq!(setup.emit(0, &[2; 25]), Written::Whole);
    assert_eq!(setup.told(), [0], "the first finished one is");
    assert!(!setup.partition.flush(0), "the reader knows already");
    assert_eq!(setup.drain(0), [(10, 0, true, 2), (10, 10, true, 0), (9, 9, false, 0)]);
    assert_eq!(setup.used(), 1, "the open segment stays with its builder");
    assert_eq!(setup.partition.counters(), (20, 2), "what is finished counts");
}

#[test]
fn a_flush_shows_the_open_buffer_once() {
    let mut setup = Setup::new(1, 100, 20, 100);
    assert!(!setup.partition.flush(0), "nothing to show");
    setup.emit(0, &[1; 4]);
    assert!(setup.partition.flush(0));
    assert!(!setup.partition.flush(0));
    assert_eq!(setup.drain(0), [(4, 0, false, 1)]);
    setup.emit(0, &[1; 6]);
    assert!(setup.partition.subpartitions()[0].next_type().is_none(), "not flushed yet");
    setup.end();
    assert_eq!(setup.drain(0), [(6, 0, false, 1), (4, 0, false, 0)]);
    assert_eq!(setup.used(), 0);
}

#[test]
fn a_broadcast_record_takes_one_segment_for_all() {
    let mut setup = Setup::new(3, 100, 20, 100);
    setup.broadcast(&[1; 7]);
    setup.broadcast(&[1; 7]);
    assert_eq!(setup.used(), 1);
    setup.end();
    for subpartition in 0..3 {
        assert_eq!(setup.used(), 1);
        assert_eq!(setup.drain(subpartition), [(14, 0, false, 2), (4, 0, false, 0)]);
    }
    assert_eq!(setup.used(), 0);
    assert_eq!(setup.partition.counters(), (42, 3), "once for each subpartition");
}

#[test]
fn writing_for_one_ends_what_was_open_for_all() {
    let mut setup = Setup::new(2, 100, 20, 100);
    setup.broadcast(&[1; 7]);
    setup.emit(1, &[1; 5]);
    setup.broadcast(&[1; 3]);
    setup.end();
    assert_eq!(setup.drain(0), [(7, 0, false, 1), (3, 0, false, 1), (4, 0, false, 0)]);
    assert_eq!(setup.drain(1), [(7, 0, false, 1), (5, 0, false, 1), (3, 0, false, 1), (4, 0, false, 0)]);
    assert_eq!(setup.used(), 0);
}

#[test]
fn a_record_waits_where_the_memory_ends_and_goes_on_from_there() {
    let mut setup = Setup::new(1, 10, 0, 2);
    assert_eq!(setup.emit(0, &[1; 35]), Written::UpTo(20));
    assert_eq!(setup.emit_rest(0, &[1; 35], 20), Written::UpTo(20), "still nothing");
    assert_eq!(setup.drain(0), [(10, 0, true, 1), (10, 10, true, 0)]);
    assert_eq!(setup.emit_rest(0, &[1; 35], 20), Written::Whole);
    setup.end();
    assert_eq!(setup.drain(0), [(10, 10, true, 0), (5, 5, false, 0), (4, 0, false, 0)]);
}

#[test]
fn a_small_buffer_grows_again_when_there_is_no_other() {
    let mut setup = Setup::new(1, 100, 0, 2);
    setup.partition.subpartition_mut(0).set_buffer_bytes(10);
    setup.emit(0, &[1; 4]);
    setup.emit(0, &[1; 8]);
    assert_eq!(setup.partition.subpartitions()[0].len(), 2, "the second does not fit into 10 bytes");
    setup.emit(0, &[1; 30]);
    assert_eq!(setup.drain(0), [(10, 0, true, 2), (32, 2, false, 1)]);
}

#[test]
fn a_lone_full_buffer_is_not_seen_before_a_flush() {
    let mut setup = Setup::new(1, 10, 20, 100);
    setup.emit(0, &[1; 10]);
    assert!(setup.told().is_empty() && setup.partition.subpartitions()[0].next_type().is_none());
    assert!(setup.partition.flush(0));
    assert_eq!(setup.drain(0), [(10, 0, false, 1)]);
}
