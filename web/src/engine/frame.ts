/**
 * The frame: what is drawn, as one `Uint32Array`, struct of arrays. The engine writes it
 * (`crate/engine/src/inspect/frame.rs`, the other half of this contract), the page only reads it.
 *
 * Layout: header, then each task field for all tasks, each channel field for all channels, each buffer
 * field for all buffers, then the dots. Tasks and channels stand in the topology's order.
 */

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
  reserved: 15,
  length: 16,
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

export const ACTOR_KINDS = ["none", "task", "link", "rpc", "timer", "command"] as const;

/** Per task: one array of `taskCount` each, in this order. */
export const TASK_FIELDS = [
  "state", // index into EXECUTION_STATES
  "busy", // per mille of the last second
  "backPressured",
  "idle",
  "recordsIn", // numRecordsIn, modulo 2^32
  "recordsOut",
  "operator", // 1 + place in the chain of the operator that worked in the last turn; 0: none
  "mailbox", // mails waiting
  "poolUsed", // network segments that the task's output pools hold
  "poolSize",
] as const;

/** Per channel. Its buffers stand in a row from `firstBuffer`: queued, then in flight, then received. */
export const CHANNEL_FIELDS = [
  "firstBuffer",
  "queued", // buffers in the sender's subpartition
  "inFlight", // on the link; always 0 on a local channel
  "received", // in the receiver's input channel; on a local channel only the one that is being read
  "credit", // what the sender may still send; 0 on a local channel
  "flags", // bit 0: finished (EndOfPartition was read)
] as const;

/** Per buffer. */
export const BUFFER_FIELDS = [
  "id",
  "bytes", // filled
  "flags", // BufferFlag
  "records", // records that begin in it
  "firstDot",
  "dots", // how many of its records have a dot
  "progress", // in flight: per mille of the way
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
  /** Bits 8 to 15: the event's id as Flink's EventSerializer numbers it (0 EndOfPartition, 8 EndOfData). */
  eventShift: 8,
} as const;

/** A dot is the hash of a record's key: equal keys, equal colours. */
export type Dot = number;
