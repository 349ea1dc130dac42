/**
 * The frame: what is drawn, as one `Uint32Array`, struct of arrays. The engine writes it
 * (`crate/engine/src/inspect/frame.rs`, the other half of this contract), the page only reads it.
 *
 * Layout: the header; then a block of rows each for tasks, channels, outputs, gates, TaskManagers, links, buffers,
 * messages and dots, in this order and field by field (each field for all rows of its block). Tasks, channels and
 * TaskManagers stand in the topology's order.
 */

/** A frame of another version is refused. */
export const LAYOUT_VERSION = 6;

/** Places of the header. */
export const Header = {
  layoutVersion: 0,
  /** Ask for the topology again when this differs. */
  topologyVersion: 1,
  tickLow: 2,
  tickHigh: 3,
  /** Turns already run in this tick; 0 between two ticks. */
  turn: 4,
  /** Index into `JOB_STATUS`. */
  jobStatus: 5,
  taskCount: 6,
  channelCount: 7,
  bufferCount: 8,
  dotCount: 9,
  /** Whose turn was the last one: index into `ACTOR_KINDS`; 0 for none. */
  actorKind: 10,
  /** That actor: a task's place, a TaskManager's id, a channel's place. */
  actor: 11,
  stdoutCount: 12,
  /** RPC messages on their way. */
  messagesInFlight: 13,
  /** Bit 0: nothing can happen any more (the job ended). */
  flags: 14,
  outputCount: 15,
  gateCount: 16,
  managerCount: 17,
  linkCount: 18,
  messageCount: 19,
  /** Ticks until tasks start again that wait for the delay of a restart strategy; 0: none does. */
  restartsIn: 20,
  length: 21,
} as const;

export const JOB_STATUS = [
  "INITIALIZING",
  "CREATED",
  "RUNNING",
  "FAILING",
  "FAILED",
  "CANCELLING",
  "CANCELED",
  "FINISHED",
  "RESTARTING",
  "SUSPENDED",
  "RECONCILING",
  /** No status of Flink's: the JobManager is gone, and nobody knows of the job any more. */
  "LOST",
] as const;

export const EXECUTION_STATES = [
  "CREATED",
  "SCHEDULED",
  "DEPLOYING",
  "INITIALIZING",
  "RUNNING",
  "FINISHED",
  "CANCELING",
  "CANCELED",
  "FAILED",
] as const;

export const ACTOR_KINDS = [
  "none",
  "task",
  "link",
  "rpc",
  "timer",
  "command",
  "storage",
  "fileSystem",
] as const;

/** Per task: one array of `taskCount` each, in this order. */
export const TASK_FIELDS = [
  "state", // index into EXECUTION_STATES
  "busy", // per mille of the last second
  "backPressured", // soft and hard together
  "hardBackPressured", // the part of it inside a record
  "idle",
  "recordsIn", // numRecordsIn, modulo 2^32
  "recordsOut",
  "operator", // 1 + place in the chain of the operator that worked in the last turn; 0: none
  "mailbox", // mails waiting
  "firstOutput", // its result partitions stand in a row from here
  "outputs",
  "firstGate", // its input gates stand in a row from here
  "gates",
  "watermarkLow", // event time in its head, from the least Long on: 0 for none
  "watermarkHigh",
  "checkpoint", // under way and waiting for it: its id from bit 3 on, and below how far the task is; 0: none
] as const;

/** Per channel. Its buffers stand in a row from `firstBuffer`: queued, then in flight, then received. */
export const CHANNEL_FIELDS = [
  "firstBuffer",
  "queued", // buffers in the sender's subpartition
  "inFlight", // on the link; always 0 on a local channel
  "received", // in the receiver's input channel; on a local channel only the one that is being read
  "credit", // what the sender may still send; 0 on a local channel, as are all the following but `used`
  "flags", // ChannelFlag
  "firstMessage", // its protocol messages in flight stand in a row from here
  "messages",
  "used", // segments of the sender's pool that the subpartition holds, at most 10 before its task waits
  "backlog", // data buffers that wait at the sender, as the receiver was told last
  "exclusive", // the receiver's own buffers for this channel
  "exclusiveFree",
  "floating", // those that it has borrowed from its gate's pool
  "floatingFree",
  "unannounced", // credits that the receiver has not announced yet
] as const;

export const ChannelFlag = {
  /** Finished: EndOfPartition was read. */
  ended: 1,
  /** Its receiver reads nothing of it until it resumes the channel. */
  blocked: 2,
  /** The link to the receiver is cut. */
  cut: 4,
  /** The link back to the sender is cut. */
  cutBack: 8,
  /** Its connection failed. */
  failed: 16,
  /** The link to the receiver, or the one back, is slower or faster than usual. */
  slow: 32,
} as const;

/** Per result partition: its LocalBufferPool. */
export const OUTPUT_FIELDS = [
  "size", // segments that it may have; what it holds beyond is overdraft
  "requested", // segments that it holds
  "atHand", // those of them that nobody uses
  "flags", // bit 0: no record may begin, the task waits
] as const;

/** Per input gate: the LocalBufferPool of its floating buffers. */
export const GATE_FIELDS = ["size", "requested", "atHand"] as const;

/** Per TaskManager: its NetworkBufferPool. */
export const MANAGER_FIELDS = [
  "segments", // in total
  "used", // those that pools and channels hold
] as const;

/** Per link between two TaskManagers that is not idle and well: the others have no row. */
export const LINK_FIELDS = [
  "from", // the TaskManager's id
  "to",
  "state", // index into LINK_STATES
  "messages", // in flight, buffers among them
  "bytes", // of them
] as const;

export const LINK_STATES = ["up", "cut", "slow"] as const;

/** Per buffer. */
export const BUFFER_FIELDS = [
  "id",
  "bytes", // filled
  "flags", // BufferFlag
  "records", // records that begin in it; of a barrier, its checkpoint
  "firstDot",
  "dots", // how many of its elements have a dot
  "progress", // in flight: per mille of the way
  "rest", // bytes at its start that belong to a record of an earlier buffer
] as const;

/** Per message in flight that is no buffer. */
export const MESSAGE_FIELDS = [
  "kind", // id of Flink's NettyMessage
  "number", // what it carries: credits, a backlog, a size
  "flags", // bit 0: it goes with the buffers, not against them
  "progress", // per mille of the way
  "sentAt", // the tick, modulo 2^32
] as const;

export const BufferFlag = {
  /** Still being written. */
  open: 1,
  /** An event (EndOfData, EndOfPartition, barrier), not data. */
  event: 2,
  /** Begins with the rest of a record from the buffer before. */
  startsInRecord: 4,
  /** Ends inside a record. */
  endsInRecord: 8,
  /** Its records are being read; `bytes`, `records` and dots are what is left of it. */
  beingRead: 16,
  /** Holds a watermark. */
  watermark: 32,
  /** Holds a status: idle, or active again. */
  status: 64,
  latencyMarker: 128,
  /** Bits 8 to 15: the event's id as Flink's EventSerializer numbers it (0 EndOfPartition, 8 EndOfData). */
  eventShift: 8,
} as const;

/** Per dot, which stands for an element of the stream: a record mostly. */
export const DOT_FIELDS = [
  "hash", // of a record's key: equal keys, equal colours; of a watermark the low half of its time
  "bytes", // its length with the prefix, as far as it stands in this buffer
  "kind", // DotKind
  "high", // of a watermark the high half of its time, which is counted from the least Long
] as const;

export const DotKind = { record: 0, watermark: 1, idle: 2, active: 3, latencyMarker: 4 } as const;
