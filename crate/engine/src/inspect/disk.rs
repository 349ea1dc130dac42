//! The disk of a TaskManager under the inspector: its files, who writes and reads them, what waits for it; and how
//! far a task's results and its sorting are.

use std::rc::Rc;

use crate::base::ids::{ChannelId, PartitionId, TaskId, TaskManagerId};
use crate::cluster::task_executor::TaskExecutor;
use crate::network::bounded_blocking::{BoundedBlockingSubpartition, ViewState};
use crate::network::disk::{Disk, DiskFile, FileId, RequestView};
use crate::network::partition::{Reader, ResultPartition};
use crate::network::shuffle::ShuffleEnvironment;
use crate::sim::world::World;
use crate::task::sorting::sorter::SorterState;

/// A disk.
#[derive(Clone, Debug)]
pub struct DiskDetail {
    pub latency_ticks: u32,
    pub bytes_per_tick: u32,
    /// Of all files.
    pub used_bytes: u64,
    /// Since the start.
    pub read_bytes: u64,
    pub written_bytes: u64,
    /// Oldest first.
    pub files: Vec<FileDetail>,
    /// What it does now and then, in order.
    pub requests: Vec<RequestDetail>,
}

/// A file.
#[derive(Clone, Debug)]
pub struct FileDetail {
    pub name: Rc<str>,
    pub bytes: u64,
    /// From its start, in memory because it is mapped.
    pub mapped_bytes: u64,
    /// Of those, not on the disk yet.
    pub dirty_bytes: u64,
    pub content: FileContent,
}

/// What a file is for.
#[derive(Clone, Debug)]
pub enum FileContent {
    /// A subpartition of a blocking result.
    Subpartition(SubpartitionFile),
    /// Records of an input in order, which did not fit into memory.
    SortedRun { task: Rc<str>, input: u8 },
}

/// A subpartition of a blocking result as a file.
#[derive(Clone, Debug)]
pub struct SubpartitionFile {
    pub partition: PartitionId,
    pub subpartition: u32,
    /// The task that writes it or wrote it.
    pub producer: Rc<str>,
    /// Flink's name of the kind of bounded data.
    pub kind: &'static str,
    pub state: ResultState,
    /// Data buffers in it, with those that the disk is still to write.
    pub data_buffers: u32,
    /// Buffers and events that the disk is still to write: the segments of the buffers are not free.
    pub writing: u32,
    pub readers: Vec<ReaderDetail>,
}

/// A consumer of a file.
#[derive(Clone, Debug)]
pub struct ReaderDetail {
    pub channel: ChannelId,
    /// The task that reads.
    pub consumer: Rc<str>,
    /// Buffers and events that it has taken, of so many.
    pub polled: u32,
    pub count: u32,
    /// In its memory and not taken yet.
    pub ready: u32,
    /// Asked of the disk.
    pub asked: u32,
}

/// A request of a disk.
#[derive(Clone, Debug)]
pub struct RequestDetail {
    pub file: Rc<str>,
    pub is_read: bool,
    pub bytes: u64,
    /// The tick at which it completes, once it is taken up.
    pub done_at: Option<u64>,
}

/// How far a result is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResultState {
    /// Its producer is not deployed.
    Planned,
    /// It is written, and nobody reads it.
    Writing,
    /// It is complete, and nobody reads it.
    Finished,
    /// It is read; a pipelined one while it is written.
    Reading,
    /// It is gone.
    Released,
}

impl ResultState {
    /// What the lab shows.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Planned => "planned",
            Self::Writing => "being written",
            Self::Finished => "finished",
            Self::Reading => "being read",
            Self::Released => "released",
        }
    }
}

/// A result of a task.
#[derive(Clone, Copy, Debug)]
pub struct ResultDetail {
    pub partition: PartitionId,
    /// Flink's name of its `ResultPartitionType`.
    pub result_type: &'static str,
    pub state: ResultState,
    /// Flink's name of the kind of bounded data, if it is blocking and there.
    pub kind: Option<&'static str>,
    /// Bytes in its files, their headers included.
    pub file_bytes: u64,
}

/// An input of a task that is sorted.
#[derive(Clone, Copy, Debug)]
pub struct SortingDetail {
    pub input: u8,
    pub state: SorterState,
}

/// The disk of a TaskManager of the cluster.
pub fn disk(world: &World, id: TaskManagerId) -> Option<DiskDetail> {
    let executor = world.executors().get(id.index())?;
    let disk = executor.shuffle().disk();
    Some(DiskDetail {
        latency_ticks: disk.options().latency_ticks,
        bytes_per_tick: disk.options().bytes_per_tick,
        used_bytes: disk.used_bytes(),
        read_bytes: disk.moved().read_bytes,
        written_bytes: disk.moved().written_bytes,
        files: disk.files().filter_map(|(id, file)| file_detail(world, executor, id, file)).collect(),
        requests: disk.requests().filter_map(|request| request_detail(disk, &request)).collect(),
    })
}

/// The results of a task, in the order of its partitions.
pub fn results(world: &World, task: TaskId) -> Vec<ResultDetail> {
    let shuffle = world.task(task).map(|(_, executor)| executor.shuffle());
    let partitions = &world.plan().executions[task.index()].partitions;
    let result = |planned: &crate::task::descriptor::PartitionDescriptor| {
        let partition =
            shuffle.and_then(|shuffle| shuffle.partition_by_id(world.partition_id(task, planned.id)));
        let files = partition.map_or(&[][..], ResultPartition::files);
        ResultDetail {
            partition: planned.id,
            result_type: planned.result_type.name(),
            state: match (shuffle, partition) {
                (None, _) => ResultState::Planned,
                (Some(_), None) => ResultState::Released,
                (Some(_), Some(partition)) => state_of(partition),
            },
            kind: files.first().map(|file| file.kind().name()),
            file_bytes: files.iter().map(BoundedBlockingSubpartition::bytes).sum(),
        }
    };
    partitions.iter().map(result).collect()
}

/// The inputs of a task that are sorted, while it runs.
pub fn sorting(world: &World, task: TaskId) -> Vec<SortingDetail> {
    let sorting = world.task(task).and_then(|(task, _)| task.sorting());
    sorting
        .into_iter()
        .flat_map(|sorting| sorting.states().map(|(input, state)| SortingDetail { input, state }))
        .collect()
}

fn state_of(partition: &ResultPartition) -> ResultState {
    let is_read = if partition.is_blocking() {
        partition.files().iter().any(|file| file.views().next().is_some())
    } else {
        (0..partition.subpartitions().len() as u32).any(|n| partition.reader(n).is_some())
    };
    match (is_read, partition.is_blocking() && partition.is_written()) {
        (true, _) => ResultState::Reading,
        (false, true) => ResultState::Finished,
        (false, false) => ResultState::Writing,
    }
}

fn file_detail(world: &World, executor: &TaskExecutor, id: FileId, file: &DiskFile) -> Option<FileDetail> {
    let content = subpartition_of(world, executor, id)
        .map(FileContent::Subpartition)
        .or_else(|| sorted_run_of(executor, id))?;
    Some(FileDetail {
        name: Rc::clone(file.name()),
        bytes: file.len(),
        mapped_bytes: file.mapped_bytes(),
        dirty_bytes: file.dirty_bytes(),
        content,
    })
}

fn subpartition_of(world: &World, executor: &TaskExecutor, id: FileId) -> Option<SubpartitionFile> {
    let shuffle = executor.shuffle();
    let plan = world.plan();
    executor.tasks().iter().find_map(|task| {
        let descriptor = task.descriptor();
        let partitions = task.partitions().iter().filter_map(|&idx| shuffle.partition(idx));
        let mut files =
            partitions.flat_map(|partition| (0..).zip(partition.files()).map(move |f| (partition, f)));
        let (partition, (subpartition, file)) = files.find(|(_, (_, file))| file.file() == id)?;
        let reader = |view: ViewState| {
            let channel = channel_of(shuffle, view.reader)?;
            let consumer = plan.channels[channel.index()].to;
            let consumer = Rc::clone(&plan.executions[consumer.index()].name);
            let ViewState { polled, count, ready, asked, .. } = view;
            Some(ReaderDetail { channel, consumer, polled, count, ready, asked })
        };
        Some(SubpartitionFile {
            partition: partition.id(),
            subpartition,
            producer: Rc::clone(&descriptor.name),
            kind: file.kind().name(),
            state: state_of(partition),
            data_buffers: file.data_buffers(),
            writing: file.writing() as u32,
            readers: file.views().filter_map(reader).collect(),
        })
    })
}

fn sorted_run_of(executor: &TaskExecutor, id: FileId) -> Option<FileContent> {
    executor.tasks().iter().find_map(|task| {
        let (input, _) = task.sorting()?.files().find(|&(_, file)| file == id)?;
        Some(FileContent::SortedRun { task: Rc::clone(&task.descriptor().name), input })
    })
}

fn channel_of(shuffle: &ShuffleEnvironment, reader: Reader) -> Option<ChannelId> {
    match reader {
        Reader::Local(channel) => Some(channel),
        Reader::Remote(number) => shuffle.server().reader(number).map(|reader| reader.receiver),
    }
}

fn request_detail(disk: &Disk, request: &RequestView) -> Option<RequestDetail> {
    let file = Rc::clone(disk.file(request.file)?.name());
    Some(RequestDetail { file, is_read: request.is_read, bytes: request.bytes, done_at: request.done_at })
}
