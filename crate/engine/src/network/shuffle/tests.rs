//! Two TaskManagers that exchange messages by hand: requests for partitions that are not there, and what is lost
//! with a connection.

use super::*;
use crate::base::limits::{PARTITION_REQUEST_BACKOFF_TICKS_MAX, PARTITION_REQUEST_TIMEOUT_TICKS};
use crate::network::barrier::{Alignment, CheckpointBarrier, CheckpointOptions, SnapshotType};
use crate::network::buffer::DataType;
use crate::network::channel::RemoteChannel;
use crate::network::event::Event;
use crate::network::partition::SerializedRecord;

const TYPE: ResultPartitionType = ResultPartitionType::PipelinedBounded;
const PRODUCER: TaskManagerId = TaskManagerId(0);
const CONSUMER: TaskManagerId = TaskManagerId(1);
const PARTITION: PartitionId = PartitionId(5);
const CHANNEL: ChannelId = ChannelId(9);

const fn configuration(segments: u32) -> NetworkConfiguration {
    NetworkConfiguration {
        segment_bytes: 10,
        segments,
        exclusive_per_channel: 2,
        debloat: None,
        blocking_shuffle: BoundedDataKind::File,
        disk: DiskOptions { latency_ticks: 1, bytes_per_tick: 1 },
    }
}

fn environment(here: TaskManagerId) -> ShuffleEnvironment {
    ShuffleEnvironment::new(here, configuration(100))
}

fn channel(source: ChannelSource) -> Vec<InputChannel> {
    vec![InputChannel::new(CHANNEL, PARTITION, 0, source)]
}

const fn remote_source() -> ChannelSource {
    ChannelSource::Remote(RemoteChannel::from_producer(PRODUCER))
}

fn remote() -> Vec<InputChannel> {
    channel(remote_source())
}

/// Hands over all that one has for the other. Answers the names of the messages.
fn deliver(from: &mut ShuffleEnvironment, to: &mut ShuffleEnvironment, now: u64) -> Vec<&'static str> {
    let mut names = Vec::new();
    while let Some(message) = from.send_next(to.here()) {
        names.push(message.name());
        to.receive(from.here(), message, now);
    }
    names
}

fn write(environment: &mut ShuffleEnvironment, partition: PartitionIdx, bytes: &[u8]) {
    environment.emit(partition, 0, SerializedRecord { bytes, dot: None, written: 0 });
    environment.broadcast_event(partition, Event::EndOfPartition);
}

/// Reads to the end; answers the bytes of each buffer.
fn read(environment: &mut ShuffleEnvironment, gate: GateIdx) -> Vec<usize> {
    let mut lengths = Vec::new();
    while let Ok(Some((place, buffer))) = environment.poll_gate(gate) {
        lengths.push(buffer.bytes.len());
        environment.recycle(gate, place, &buffer);
    }
    lengths
}

#[test]
fn a_request_waits_for_its_partition() -> Result<(), NetworkError> {
    let (mut producer, mut consumer) = (environment(PRODUCER), environment(CONSUMER));
    let gate = consumer.create_gate(remote())?;
    consumer.request_partitions(gate, 0);
    assert_eq!(deliver(&mut consumer, &mut producer, 3), ["PartitionRequest"]);
    assert_eq!(producer.next_timer(), Some(3 + PARTITION_REQUEST_TIMEOUT_TICKS));
    let partition = producer.create_partition(PARTITION, TYPE, 1, 50)?;
    assert_eq!(producer.next_timer(), None);
    write(&mut producer, partition, &[1; 15]);
    assert_eq!(deliver(&mut producer, &mut consumer, 60), ["BufferResponse"; 3]);
    assert_eq!(read(&mut consumer, gate), [10, 5, 4]);
    assert_eq!(deliver(&mut consumer, &mut producer, 63), ["CancelPartitionRequest"]);
    assert!(producer.partition(partition).is_none(), "its last reader is done");
    Ok(())
}

#[test]
fn a_partition_that_does_not_come_is_asked_for_again_and_then_missed() -> Result<(), NetworkError> {
    let (mut producer, mut consumer) = (environment(PRODUCER), environment(CONSUMER));
    let gate = consumer.create_gate(remote())?;
    consumer.request_partitions(gate, 0);
    let (mut now, mut requests) = (0, 0);
    while consumer.channel(CHANNEL).is_some_and(|channel| channel.error.is_none()) {
        assert_eq!(deliver(&mut consumer, &mut producer, now), ["PartitionRequest"]);
        requests += 1;
        now += PARTITION_REQUEST_TIMEOUT_TICKS;
        assert!(producer.run_timers(now) && !producer.run_timers(now));
        assert_eq!(deliver(&mut producer, &mut consumer, now), ["ErrorResponse"]);
        assert_eq!(consumer.take_state_checks(), [CHANNEL]);
        consumer.retry_later(CHANNEL, now);
        if let Some(at) = consumer.next_timer() {
            assert!(at - now <= PARTITION_REQUEST_BACKOFF_TICKS_MAX);
            now = at;
            assert!(consumer.run_timers(now));
        }
    }
    // 100, 200, 400, ... 6400, 10000.
    assert_eq!(requests, 1 + 8);
    assert_eq!(
        consumer.poll_gate(gate).err(),
        Some(NetworkError::PartitionNotFound { partition: PARTITION })
    );
    Ok(())
}

#[test]
fn a_local_partition_that_is_not_there_is_asked_for_again() -> Result<(), NetworkError> {
    let mut environment = environment(PRODUCER);
    let gate = environment.create_gate(channel(ChannelSource::Local))?;
    environment.request_partitions(gate, 7);
    assert_eq!(environment.next_timer(), Some(107));
    let partition = environment.create_partition(PARTITION, TYPE, 1, 20)?;
    write(&mut environment, partition, &[1; 5]);
    assert!(environment.run_timers(107));
    assert_eq!(read(&mut environment, gate), [5, 4]);
    assert!(environment.partition(partition).is_none());
    environment.close_partition(partition);
    environment.close_gate(gate);
    assert_eq!(environment.segments_in_use(), 0);
    Ok(())
}

#[test]
fn a_lost_connection_fails_the_channel_and_drops_the_reader() -> Result<(), NetworkError> {
    let (mut producer, mut consumer) = (environment(PRODUCER), environment(CONSUMER));
    let partition = producer.create_partition(PARTITION, TYPE, 1, 0)?;
    let gate = consumer.create_gate(remote())?;
    consumer.request_partitions(gate, 0);
    deliver(&mut consumer, &mut producer, 3);
    write(&mut producer, partition, &[1; 35]);
    let error = NetworkError::ConnectionLost { peer: PRODUCER };
    producer.connection_failed(CONSUMER, |peer, _| NetworkError::ConnectionLost { peer });
    consumer.connection_failed(PRODUCER, |peer, _| NetworkError::ConnectionLost { peer });
    assert!(deliver(&mut producer, &mut consumer, 5).is_empty() && producer.partition(partition).is_none());
    assert_eq!(consumer.poll_gate(gate).err(), Some(error));
    consumer.close_gate(gate);
    producer.close_partition(partition);
    assert_eq!((producer.segments_in_use(), consumer.segments_in_use()), (0, 0));
    Ok(())
}

#[test]
fn a_buffer_out_of_sequence_is_an_error() -> Result<(), NetworkError> {
    let (mut producer, mut consumer) = (environment(PRODUCER), environment(CONSUMER));
    let partition = producer.create_partition(PARTITION, TYPE, 1, 0)?;
    let gate = consumer.create_gate(remote())?;
    consumer.request_partitions(gate, 0);
    deliver(&mut consumer, &mut producer, 3);
    write(&mut producer, partition, &[1; 35]);
    let _lost = producer.send_next(CONSUMER);
    let second = producer.send_next(CONSUMER).expect("there are two credits");
    consumer.receive(PRODUCER, second, 5);
    let error = consumer.poll_gate(gate).err();
    assert_eq!(error, Some(NetworkError::BufferReordering { expected: 0, actual: 1 }));
    Ok(())
}

#[test]
fn a_failed_producer_tells_its_remote_readers() -> Result<(), NetworkError> {
    let (mut producer, mut consumer) = (environment(PRODUCER), environment(CONSUMER));
    producer.create_partition(PARTITION, TYPE, 1, 0)?;
    let gate = consumer.create_gate(remote())?;
    consumer.request_partitions(gate, 0);
    deliver(&mut consumer, &mut producer, 3);
    producer.fail_partition(PARTITION);
    assert_eq!(deliver(&mut producer, &mut consumer, 5), ["ErrorResponse"]);
    let error = consumer.poll_gate(gate).err();
    assert_eq!(error, Some(NetworkError::ProducerFailed { partition: PARTITION }));
    assert_eq!(producer.segments_in_use(), 0);
    Ok(())
}

#[test]
fn a_gate_that_finds_too_little_memory_keeps_none() {
    let mut environment = ShuffleEnvironment::new(CONSUMER, configuration(4));
    let channels = (0..3).map(|n| {
        let source = ChannelSource::Remote(RemoteChannel::from_producer(PRODUCER));
        InputChannel::new(ChannelId(n), PartitionId(n), 0, source)
    });
    let error = environment.create_gate(channels.collect()).err();
    let expected =
        NetworkError::InsufficientBuffers { required: 2, available: 1, total: 4, segment_bytes: 10 };
    assert_eq!(error, Some(expected));
    assert_eq!(environment.segments_in_use(), 0);
    assert_eq!(environment.network_pool().required(), 0);
}

const fn barrier(alignment: Alignment) -> Event {
    let options = CheckpointOptions::new(SnapshotType::Checkpoint, alignment);
    Event::CheckpointBarrier(CheckpointBarrier { id: 1, timestamp: 0, options })
}

/// What is read, each as its event's name or `data`.
fn read_kinds(environment: &mut ShuffleEnvironment, gate: GateIdx) -> Vec<&'static str> {
    let mut kinds = Vec::new();
    while let Ok(Some((place, buffer))) = environment.poll_gate(gate) {
        kinds.push(match buffer.data_type {
            DataType::Data => "data",
            DataType::Event(event) => event.data_type_name(),
        });
        environment.recycle(gate, place, &buffer);
    }
    kinds
}

#[test]
fn an_event_with_priority_overtakes_what_waits_at_the_sender() -> Result<(), NetworkError> {
    let (mut producer, mut consumer) = (environment(PRODUCER), environment(CONSUMER));
    let partition = producer.create_partition(PARTITION, TYPE, 1, 0)?;
    let gate = consumer.create_gate(remote())?;
    consumer.request_partitions(gate, 0);
    deliver(&mut consumer, &mut producer, 3);
    producer.emit(partition, 0, SerializedRecord { bytes: &[1; 45], dot: None, written: 0 });
    // Two credits: two of the buffers go, and three wait.
    assert_eq!(deliver(&mut producer, &mut consumer, 6), ["BufferResponse"; 2]);
    producer.broadcast_event(partition, barrier(Alignment::Unaligned));
    assert_eq!(deliver(&mut producer, &mut consumer, 9), ["BufferResponse"], "an event needs no credit");
    assert_eq!(read_kinds(&mut consumer, gate), ["PRIORITIZED_EVENT_BUFFER", "data", "data"]);
    deliver(&mut consumer, &mut producer, 12);
    producer.flush_all(partition);
    deliver(&mut producer, &mut consumer, 15);
    assert_eq!(read_kinds(&mut consumer, gate), ["data"; 3]);
    Ok(())
}

#[test]
fn a_local_channel_with_priority_is_read_first() -> Result<(), NetworkError> {
    let mut environment = environment(PRODUCER);
    let partitions = [PartitionId(0), PartitionId(1)]
        .map(|id| environment.create_partition(id, TYPE, 1, 0).expect("there is memory"));
    let local = |n| InputChannel::new(ChannelId(n), PartitionId(n), 0, ChannelSource::Local);
    let gate = environment.create_gate(vec![local(0), local(1)])?;
    environment.request_partitions(gate, 0);
    for partition in partitions {
        environment.emit(partition, 0, SerializedRecord { bytes: &[1; 5], dot: None, written: 0 });
        environment.flush_all(partition);
    }
    environment.broadcast_event(partitions[1], barrier(Alignment::Unaligned));
    let (first, _) = environment.poll_gate(gate)?.expect("there is something");
    assert_eq!(first, 1);
    assert_eq!(read_kinds(&mut environment, gate), ["data", "data"]);
    Ok(())
}

#[test]
fn nothing_follows_an_aligned_barrier_until_the_reader_resumes() -> Result<(), NetworkError> {
    for is_remote in [false, true] {
        let (mut producer, mut other) = (environment(PRODUCER), environment(CONSUMER));
        let partition = producer.create_partition(PARTITION, TYPE, 1, 0)?;
        let source = if is_remote { remote() } else { channel(ChannelSource::Local) };
        let gate = if is_remote { other.create_gate(source)? } else { producer.create_gate(source)? };
        let reader = |producer: &mut ShuffleEnvironment, other: &mut ShuffleEnvironment| {
            if !is_remote {
                return read_kinds(producer, gate);
            }
            deliver(other, producer, 0);
            deliver(producer, other, 0);
            read_kinds(other, gate)
        };
        if is_remote {
            other.request_partitions(gate, 0);
        } else {
            producer.request_partitions(gate, 0);
        }
        producer.broadcast_event(partition, barrier(Alignment::Aligned));
        write(&mut producer, partition, &[1; 5]);
        assert_eq!(reader(&mut producer, &mut other), ["ALIGNED_CHECKPOINT_BARRIER"]);
        let end = if is_remote { &mut other } else { &mut producer };
        assert!(end.gate(gate).channels()[0].is_blocked);
        end.resume_consumption(gate, 0);
        assert_eq!(reader(&mut producer, &mut other), ["data", "END_OF_PARTITION"]);
    }
    Ok(())
}

#[test]
fn exclusive_buffers_wait_for_those_who_have_more_than_was_promised_to_them() -> Result<(), NetworkError> {
    let mut here = ShuffleEnvironment::new(CONSUMER, configuration(10));
    let partition = here.create_partition(PARTITION, TYPE, 1, 0)?;
    let reader = here.create_gate(channel(ChannelSource::Local))?;
    here.request_partitions(reader, 0);
    // Nine segments: far more than the two that are promised to a partition of one subpartition.
    write(&mut here, partition, &[1; 85]);
    let other = vec![InputChannel::new(ChannelId(10), PartitionId(6), 0, remote_source())];
    let gate = here.create_gate(other)?;
    assert_eq!(here.awaited_by(gate), 2, "they are promised, and not free");
    assert!(!here.equip_gate(gate));
    read(&mut here, reader);
    assert!(here.equip_gate(gate));
    assert_eq!((here.awaited_by(gate), here.network_pool().exclusive()), (0, 2));

    // Promised is promised: who is gone before it took its segments leaves them to others.
    let required = here.network_pool().required();
    here.close_gate(gate);
    assert_eq!(here.network_pool().required(), required - 3);
    let more = here.network_pool().total() - here.network_pool().required() - 1;
    let many =
        (0..more).map(|n| InputChannel::new(ChannelId(20 + n), PARTITION, 0, remote_source())).collect();
    assert!(matches!(here.create_gate(many), Err(NetworkError::InsufficientBuffers { required: 2, .. })));
    assert_eq!(
        here.network_pool().required(),
        required - 3,
        "what was promised before the error is given back"
    );
    Ok(())
}
