//! Every kind of bounded data: written, read, read again, given up.

use super::*;
use crate::base::ids::ChannelId;
use crate::network::buffer::QueuedBuffer;
use crate::network::disk::{Completed, DiskOptions};
use crate::network::segment::{Home, PoolId, SegmentId};
use crate::record::ElementKind;

const KINDS: [BoundedDataKind; 3] = [BoundedDataKind::File, BoundedDataKind::Mmap, BoundedDataKind::FileMmap];

fn reader(number: u32) -> Reader {
    Reader::Local(ChannelId(number))
}

fn disk() -> Disk {
    Disk::new(DiskOptions { latency_ticks: 1, bytes_per_tick: 100 })
}

/// Completes what the disk is asked for, up to the last; answers the tick.
fn settle(subpartition: &mut BoundedBlockingSubpartition, disk: &mut Disk, from: u64) -> u64 {
    let mut now = from;
    while let Some(next) = disk.next_completion(now) {
        now = now.max(next);
        disk.take_up(now);
        while let Some(Completed { client, bytes, .. }) = disk.complete_next(now) {
            match client {
                DiskClient::Writer { .. } => {
                    subpartition.on_written();
                }
                DiskClient::Reader { reader, .. } => {
                    subpartition.on_read(reader, &bytes, disk);
                }
                DiskClient::Caller | DiskClient::Nobody => {}
            }
        }
    }
    now
}

fn segment(n: u32) -> Segment {
    Segment { id: SegmentId(n), home: Home::Subpartition { pool: PoolId(0), subpartition: 1 } }
}

/// One with the buffers of these lengths and its end, not settled. The n-th holds bytes n.
fn write(kind: BoundedDataKind, lengths: &[u32], disk: &mut Disk) -> (BoundedBlockingSubpartition, u32) {
    let mut subpartition = BoundedBlockingSubpartition::new(PartitionId(3), 1, kind, disk);
    let mut recycled = 0;
    for (n, &length) in (0..).zip(lengths) {
        let mut buffer = QueuedBuffer::new(BufferId(n), segment(n), length);
        buffer.begin_record(Some(n), ElementKind::Record);
        buffer.append(&vec![n as u8; length as usize]);
        buffer.finish();
        subpartition.write(buffer.take_readable(BufferId(n)), disk, |_| recycled += 1);
    }
    subpartition.write(Buffer::event(BufferId(1000), Event::EndOfPartition), disk, |_| recycled += 1);
    (subpartition, recycled)
}

/// Reads to the end: (bytes, records, backlog) of each buffer.
fn read(
    subpartition: &mut BoundedBlockingSubpartition,
    disk: &mut Disk,
    reader: Reader,
) -> Vec<(usize, u32, u32)> {
    let mut read = Vec::new();
    loop {
        settle(subpartition, disk, 1000);
        let Some(polled) = subpartition.poll(reader, disk) else { return read };
        let is_data = polled.buffer.data_type.is_data();
        if is_data {
            assert!(polled.buffer.bytes.iter().all(|&byte| usize::from(byte) == read.len()));
            assert_eq!(polled.buffer.dots.as_slice(), [read.len() as u32]);
            subpartition.recycle(reader, disk);
        }
        assert_eq!(polled.sequence_number as usize, read.len());
        read.push((polled.buffer.bytes.len(), polled.buffer.records, polled.backlog));
    }
}

#[test]
fn every_kind_gives_back_what_was_written_as_often_as_wanted() {
    for kind in KINDS {
        let mut disk = disk();
        let (mut subpartition, _) = write(kind, &[10, 200, 1], &mut disk);
        settle(&mut subpartition, &mut disk, 0);
        for number in 0..2 {
            subpartition.connect(reader(number), &mut disk);
        }
        for number in 0..2 {
            let expected = [(10, 1, 2), (200, 1, 1), (1, 1, 0), (4, 0, 0)];
            assert_eq!(read(&mut subpartition, &mut disk, reader(number)), expected, "{kind:?}");
        }
        let bytes = subpartition.bytes();
        assert_eq!((bytes, disk.used_bytes()), (10 + 200 + 1 + 4 + 4 * 8, bytes));
        subpartition.release(&mut disk, |_| panic!("all is written"));
        assert_eq!((disk.files().count(), disk.next_completion(0)), (0, None));
    }
}

#[test]
fn a_segment_is_free_when_its_bytes_are_written() {
    let mut disk = disk();
    let (mut subpartition, recycled) = write(BoundedDataKind::File, &[100, 100], &mut disk);
    assert_eq!((recycled, subpartition.writing()), (0, 3));
    assert!(!subpartition.is_complete());
    assert_eq!(settle(&mut subpartition, &mut disk, 0), 3, "228 bytes, 100 a tick, and the latency");
    assert!(subpartition.is_complete());

    let (mapped, recycled) = write(BoundedDataKind::Mmap, &[100, 100], &mut disk);
    assert_eq!(recycled, 2, "a mapping takes the bytes at once");
    assert!(mapped.is_complete());
}

#[test]
fn a_file_reader_has_two_buffers_in_memory() {
    let mut disk = disk();
    let (mut subpartition, _) = write(BoundedDataKind::File, &[10; 5], &mut disk);
    settle(&mut subpartition, &mut disk, 0);
    assert!(!subpartition.connect(reader(0), &mut disk), "the disk has to read first");
    settle(&mut subpartition, &mut disk, 10);
    assert_eq!(subpartition.views().next().map(|view| (view.ready, view.asked)), Some((2, 0)));
    subpartition.poll(reader(0), &mut disk);
    assert_eq!(subpartition.views().next().map(|view| (view.ready, view.asked)), Some((1, 0)));
    subpartition.recycle(reader(0), &mut disk);
    assert_eq!(subpartition.views().next().map(|view| (view.ready, view.asked)), Some((1, 1)));
}

#[test]
fn pages_in_memory_serve_the_second_reader() {
    let read_bytes = |kind| {
        let mut disk = disk();
        let (mut subpartition, _) = write(kind, &[3000; 4], &mut disk);
        settle(&mut subpartition, &mut disk, 0);
        let mut bytes = Vec::new();
        for number in 0..2 {
            subpartition.connect(reader(number), &mut disk);
            read(&mut subpartition, &mut disk, reader(number));
            bytes.push(disk.moved().read_bytes);
        }
        bytes
    };
    let all = 4 * 3008 + 12;
    assert_eq!(read_bytes(BoundedDataKind::File), [all, 2 * all]);
    assert_eq!(read_bytes(BoundedDataKind::Mmap), [0, 0]);
    assert_eq!(read_bytes(BoundedDataKind::FileMmap), [all, all]);
}

#[test]
fn what_is_given_up_leaves_no_segment_and_no_file() {
    let mut disk = disk();
    let (mut subpartition, _) = write(BoundedDataKind::File, &[100, 100], &mut disk);
    disk.take_up(0);
    let mut recycled = 0;
    subpartition.release(&mut disk, |_| recycled += 1);
    assert_eq!((recycled, disk.files().count(), disk.next_completion(5)), (2, 0, None));

    let (mut subpartition, _) = write(BoundedDataKind::File, &[100, 100], &mut disk);
    settle(&mut subpartition, &mut disk, 0);
    subpartition.connect(reader(0), &mut disk);
    subpartition.disconnect(reader(0));
    settle(&mut subpartition, &mut disk, 10);
    assert_eq!(subpartition.views().count(), 0);
}
