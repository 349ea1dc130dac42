//! The buffer pools and a result partition driven step by step, for checking them against what Flink's own
//! classes answered.

use serde::{Deserialize, Serialize};
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;
use weir_engine::base::ids::{ChannelId, PartitionId};
use weir_engine::base::limits::{BUFFERS_PER_SUBPARTITION_MAX, OVERDRAFT_BUFFERS_PER_PARTITION};
use weir_engine::network::barrier::{Alignment, CheckpointBarrier, CheckpointOptions, SnapshotType};
use weir_engine::network::buffer::DataType;
use weir_engine::network::event::Event;
use weir_engine::network::partition::{Reader, ResultPartition, SerializedRecord, WriteContext};
use weir_engine::network::pool::local::PoolLimits;
use weir_engine::network::pool::{LocalBufferPool, NetworkBufferPool};
use weir_engine::network::segment::{Home, PoolId, Segment, SegmentId};

use crate::object::to_js;

/// Size of a segment where nothing is written into it.
const SEGMENT_BYTES: u32 = 1024;
/// Segments where there are always enough.
const SEGMENTS_ENOUGH: u32 = 10_000;

#[derive(Deserialize)]
struct CreatePool {
    create_min: u32,
    create_max: Option<u32>,
}

#[derive(Serialize)]
struct PoolSizes {
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    sum_of_sizes: u32,
    /// Of the only pool.
    #[serde(skip_serializing_if = "Option::is_none")]
    size: Option<u32>,
}

/// The sizes of pools over so many segments as one after another is created.
#[wasm_bindgen(js_name = networkPools)]
pub fn network_pools(segments: u32, steps: JsValue) -> Result<JsValue, JsValue> {
    let steps: Vec<CreatePool> = serde_wasm_bindgen::from_value(steps)?;
    let mut pools = NetworkBufferPool::new(segments, SEGMENT_BYTES);
    let answers = steps.iter().map(|&CreatePool { create_min: min, create_max: max }| {
        let limits =
            PoolLimits { min, max, subpartitions: 0, per_subpartition_max: u32::MAX, overdraft_max: 0 };
        let error = pools.create_pool(limits).err().map(|error| error.to_string());
        let sizes: Vec<u32> = pools.pools().map(|(_, pool)| pool.size()).collect();
        let size = if sizes.len() == 1 { sizes.first().copied() } else { None };
        PoolSizes { error, sum_of_sizes: sizes.iter().sum(), size }
    });
    Ok(to_js(&answers.collect::<Vec<_>>()))
}

#[derive(Deserialize)]
struct LocalPoolCase {
    global_segments: u32,
    min: u32,
    max: u32,
    subpartitions: u32,
    max_buffers_per_subpartition: u32,
    overdraft: u32,
    steps: Vec<LocalPoolStep>,
}

#[derive(Deserialize)]
struct LocalPoolStep {
    request: Option<u32>,
    recycle: Option<u32>,
    set_num_buffers: Option<u32>,
}

#[derive(Serialize)]
struct LocalPoolState {
    #[serde(skip_serializing_if = "Option::is_none")]
    got: Option<bool>,
    pool_size: u32,
    available: bool,
    segments_at_hand: u32,
    requested: u32,
    used: u32,
    global_free: u32,
}

/// The whole state of a pool after each request, recycling or change of its size.
#[wasm_bindgen(js_name = localBufferPool)]
pub fn local_buffer_pool(case: JsValue) -> Result<JsValue, JsValue> {
    let case: LocalPoolCase = serde_wasm_bindgen::from_value(case)?;
    let mut pools = NetworkBufferPool::new(case.global_segments, SEGMENT_BYTES);
    let limits = PoolLimits {
        min: case.min,
        max: Some(case.max),
        subpartitions: case.subpartitions,
        per_subpartition_max: case.max_buffers_per_subpartition,
        overdraft_max: case.overdraft,
    };
    let id = pools.create_pool(limits).map_err(|error| JsValue::from_str(&error.to_string()))?;
    // Its size is what the case says, not what would be its share.
    pools.set_pool_size(id, case.min);
    let mut held: Vec<Vec<SegmentId>> = vec![Vec::new(); case.subpartitions as usize];
    let answers = case.steps.iter().map(|step| {
        let mut got = None;
        if let Some(subpartition) = step.request {
            let segment = pools.request(id, Some(subpartition));
            got = Some(segment.is_some());
            held[subpartition as usize].extend(segment);
        }
        if let Some(subpartition) = step.recycle
            && let Some(segment) = held[subpartition as usize].pop()
        {
            pools.recycle(id, segment, Some(subpartition));
        }
        if let Some(size) = step.set_num_buffers {
            pools.set_pool_size(id, size);
        }
        let state = |pool: &LocalBufferPool| LocalPoolState {
            got,
            pool_size: pool.size(),
            available: pool.is_available(),
            segments_at_hand: pool.at_hand(),
            requested: pool.requested(),
            used: pool.used(),
            global_free: pools.free(),
        };
        pools.pool(id).map(state)
    });
    Ok(to_js(&answers.collect::<Vec<_>>()))
}

#[derive(Deserialize)]
struct PartitionCase {
    subpartitions: u32,
    segment_bytes: u32,
    steps: Vec<PartitionStep>,
}

#[derive(Deserialize)]
struct PartitionStep {
    emit: Option<u32>,
    bytes: Option<usize>,
    broadcast_bytes: Option<usize>,
    event: Option<String>,
    flush: Option<u32>,
    flush_all: Option<bool>,
    finish: Option<bool>,
    poll: Option<u32>,
    resume: Option<u32>,
}

#[derive(Serialize)]
struct PartitionState {
    /// What a poll gave, if it gave something.
    #[serde(skip_serializing_if = "Option::is_none")]
    polled: Option<PolledBuffer>,
    subpartitions: Vec<SubpartitionState>,
}

#[derive(Serialize)]
struct PolledBuffer {
    #[serde(rename = "type")]
    data_type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    bytes: Option<usize>,
    backlog: u32,
    next_type: &'static str,
    sequence_number: u32,
}

#[derive(Serialize)]
struct SubpartitionState {
    notified: u32,
    queued: usize,
    available_with_credit: bool,
    available_without_credit: bool,
    backlog: u32,
}

/// A result partition, its memory, and what its readers were told since the last step.
struct PartitionBench {
    partition: ResultPartition,
    pools: NetworkBufferPool,
    next_buffer_id: u32,
    told: Vec<u32>,
}

/// What readers of a result partition see after each write, event, flush and poll.
#[wasm_bindgen(js_name = resultPartition)]
pub fn result_partition(case: JsValue) -> Result<JsValue, JsValue> {
    let case: PartitionCase = serde_wasm_bindgen::from_value(case)?;
    let mut pools = NetworkBufferPool::new(SEGMENTS_ENOUGH, case.segment_bytes);
    let limits = PoolLimits {
        min: SEGMENTS_ENOUGH / 2,
        max: None,
        subpartitions: case.subpartitions,
        per_subpartition_max: BUFFERS_PER_SUBPARTITION_MAX,
        overdraft_max: OVERDRAFT_BUFFERS_PER_PARTITION,
    };
    let pool = pools.create_pool(limits).map_err(|error| JsValue::from_str(&error.to_string()))?;
    let mut bench = PartitionBench::new(case.subpartitions, pools, pool);
    let answers: Vec<PartitionState> = case.steps.iter().map(|step| bench.step(step)).collect();
    Ok(to_js(&answers))
}

impl PartitionBench {
    fn new(subpartitions: u32, pools: NetworkBufferPool, pool: PoolId) -> Self {
        let mut partition = ResultPartition::new(PartitionId(0), subpartitions, pool);
        for subpartition in 0..subpartitions {
            partition.connect(subpartition, Reader::Local(ChannelId(subpartition)));
        }
        Self { partition, pools, next_buffer_id: 0, told: vec![0; subpartitions as usize] }
    }

    fn step(&mut self, step: &PartitionStep) -> PartitionState {
        self.told.fill(0);
        if let (Some(subpartition), Some(length)) = (step.emit, step.bytes) {
            let bytes = vec![0; length];
            let record = SerializedRecord { bytes: &bytes, dot: None, written: 0 };
            self.write(|partition, context| partition.emit(subpartition, record, context));
        }
        if let Some(length) = step.broadcast_bytes {
            let bytes = vec![0; length];
            let record = SerializedRecord { bytes: &bytes, dot: None, written: 0 };
            self.write(|partition, context| partition.broadcast(record, context));
        }
        if step.event.is_some() {
            let options = CheckpointOptions::new(SnapshotType::Checkpoint, Alignment::Aligned);
            let barrier = Event::CheckpointBarrier(CheckpointBarrier { id: 1, timestamp: 0, options });
            self.write(|partition, context| partition.broadcast_event(barrier, context));
        }
        if step.finish == Some(true) {
            self.write(|partition, context| partition.broadcast_event(Event::EndOfPartition, context));
        }
        let all = 0..self.told.len() as u32;
        let flushed = if step.flush_all == Some(true) { all } else { 0..0 };
        for subpartition in flushed.chain(step.flush) {
            self.told[subpartition as usize] += u32::from(self.partition.flush(subpartition));
        }
        if let Some(subpartition) = step.resume {
            self.partition.subpartition_mut(subpartition).resume();
        }
        let polled = step.poll.and_then(|subpartition| self.poll(subpartition));
        PartitionState { polled, subpartitions: self.state() }
    }

    fn write<R>(&mut self, write: impl FnOnce(&mut ResultPartition, &mut WriteContext<'_>) -> R) {
        let Self { partition, pools, next_buffer_id, told } = self;
        let mut tell = |subpartition: u32| told[subpartition as usize] += 1;
        write(partition, &mut WriteContext { pools, next_buffer_id, tell: &mut tell });
    }

    fn poll(&mut self, subpartition: u32) -> Option<PolledBuffer> {
        let Self { partition, pools, next_buffer_id, .. } = self;
        let polled = partition.poll(subpartition, next_buffer_id, |segment| recycle(pools, segment))?;
        let buffer = polled.buffer;
        let bytes = buffer.data_type.is_data().then_some(buffer.bytes.len());
        if let Some(segment) = buffer.segment {
            recycle(pools, segment);
        }
        Some(PolledBuffer {
            data_type: name(buffer.data_type),
            bytes,
            backlog: polled.backlog,
            next_type: polled.next.map_or("NONE", name),
            sequence_number: polled.sequence_number,
        })
    }

    fn state(&self) -> Vec<SubpartitionState> {
        let queues = self.partition.subpartitions().iter().zip(&self.told);
        let states = queues.map(|(queue, &notified)| SubpartitionState {
            notified,
            queued: queue.len(),
            available_with_credit: queue.availability(true).is_available,
            available_without_credit: queue.availability(false).is_available,
            backlog: queue.availability(true).backlog,
        });
        states.collect()
    }
}

const fn name(data_type: DataType) -> &'static str {
    match data_type {
        DataType::Data => "DATA_BUFFER",
        DataType::Event(event) => event.data_type_name(),
    }
}

fn recycle(pools: &mut NetworkBufferPool, segment: Segment) {
    match segment.home {
        Home::Subpartition { pool, subpartition } => pools.recycle(pool, segment.id, Some(subpartition)),
        Home::Shared { pool } => pools.recycle_shared(pool, segment.id),
        Home::Exclusive | Home::Floating { .. } => unreachable!("a partition writes into its own segments"),
    };
}
