//! Every limit of the engine that is not part of a scenario, by name.

/// Size of a memory segment in bytes. Flink: `taskmanager.memory.segment-size`.
pub const SEGMENT_BYTES: u32 = 32 * 1024;
/// The least size of a segment that a scenario may ask for.
pub const SEGMENT_BYTES_MIN: u32 = 64;
/// Exclusive buffers of a remote input channel. Flink: hard-coded 2 since 2.0.
pub const EXCLUSIVE_BUFFERS_PER_CHANNEL: u32 = 2;
/// Floating buffers of an input gate. Flink: hard-coded 8 since 2.0.
pub const FLOATING_BUFFERS_PER_GATE: u32 = 8;
/// Buffers that one subpartition may hold before its task must wait. Flink: hard-coded 10 since 2.0.
pub const BUFFERS_PER_SUBPARTITION_MAX: u32 = 10;
/// Upper bound of a max parallelism. Flink: `KeyGroupRangeAssignment.UPPER_BOUND_MAX_PARALLELISM`.
pub const MAX_PARALLELISM_MAX: u32 = 1 << 15;
/// Dots that a buffer remembers for the picture; later records of a buffer have none.
pub const DOTS_PER_BUFFER: usize = 8;
/// Mails that a task runs in one tick beside its records; the rest wait for the next tick.
pub const MAILS_PER_TICK_MAX: u32 = 64;
/// Timers that fire for one watermark; more is a job whose timers register each other without end.
pub const TIMERS_PER_TURN_MAX: u32 = 1_000_000;
/// Turns in one tick; more is a loop without progress, a bug.
pub const TURNS_PER_TICK_MAX: u32 = 50_000_000;
/// JobManagers of a cluster, those that stand by included.
pub const JOB_MANAGERS_MAX: u32 = 5;
/// TaskManagers of a cluster, slots of a TaskManager.
pub const TASK_MANAGERS_MAX: u32 = 64;
/// See [`TASK_MANAGERS_MAX`].
pub const SLOTS_PER_TASK_MANAGER_MAX: u32 = 128;
/// Ticks that a message between two TaskManagers may take at most.
pub const LINK_LATENCY_TICKS_MAX: u32 = 60_000;
/// Ticks after which a connection that does not answer counts as failed, unless the scenario says otherwise.
/// Flink: `taskmanager.network.netty.client.connectTimeoutSec` for one that is being made. One that stands is
/// given up by the operating system (on Linux after some 15 minutes, or as `client.tcp.keepIdleSec` and its
/// siblings say); here one time holds for both.
pub const CONNECTION_TIMEOUT_TICKS: u64 = 120_000;
/// Size of a page of a memory-mapped file in bytes, as on x86-64.
pub const MAPPED_PAGE_BYTES: u64 = 4096;
/// Buffers that a reader of a file keeps in memory. Flink: `FileChannelBoundedData.FileBufferReader.NUM_BUFFERS`.
pub const FILE_READER_BUFFERS: u32 = 2;
/// Sorted runs that are merged at once. Flink: `taskmanager.runtime.max-fan`.
pub const SORT_MERGE_FAN_MAX: u32 = 128;
/// Segments that a pipelined result partition may take beyond its pool's size. Flink: hard-coded 20 since 2.0.
pub const OVERDRAFT_BUFFERS_PER_PARTITION: u32 = 20;
/// Ticks until a partition that was not there is asked for again, at first and at most. Flink:
/// `taskmanager.network.request-backoff.initial` and `.max`.
pub const PARTITION_REQUEST_BACKOFF_TICKS: u64 = 100;
/// See [`PARTITION_REQUEST_BACKOFF_TICKS`].
pub const PARTITION_REQUEST_BACKOFF_TICKS_MAX: u64 = 10_000;
/// Ticks that a request waits for its partition at the producer. Flink:
/// `taskmanager.network.partition-request-timeout`.
pub const PARTITION_REQUEST_TIMEOUT_TICKS: u64 = 10_000;
/// Pages of managed memory that a sorter needs at least. Flink: `MIN_NUM_SORT_MEM_SEGMENTS` and
/// `MIN_NUM_WRITE_BUFFERS` of `ExternalSorterBuilder`.
pub const SORT_PAGES_MIN: u32 = 12;

/// How long a task that is set up waits for the exclusive buffers of its channels. Flink:
/// `taskmanager.network.memory.exclusive-buffers-request-timeout-ms`.
pub const EXCLUSIVE_BUFFERS_TIMEOUT_TICKS: u64 = 30_000;

/// A process that is slow acts in every so many ticks at most: fewer than would let its heartbeats time out.
pub const SLOWNESS_MAX: u32 = 40_000;

/// How long an answer to a call is waited for. Flink: `pekko.ask.timeout`.
pub const ASK_TIMEOUT_TICKS: u64 = 10_000;
/// The same of a registration, at most. Flink: `cluster.registration.max-timeout`.
pub const REGISTRATION_TIMEOUT_TICKS_MAX: u64 = 30_000;

/// How long a job waits for slots. Flink: `slot.request.timeout`.
pub const SLOT_REQUEST_TIMEOUT_TICKS: u64 = 300_000;

/// After how long a slot that a job does not use is given back. Flink: `slot.idle.timeout`.
pub const SLOT_IDLE_TIMEOUT_TICKS: u64 = 50_000;
