/**
 * The messages between the page and the engine, one union each way, the same over a worker's port and
 * on the main thread. A request carries a number, its answer carries it back.
 */
import type { FileContents } from "./files";
import type { DiskDetail, ResultDetail, SortingDetail } from "./batch-detail";
import type { CheckpointRows } from "./checkpoints";
import type { EventTime, OperatorPlace, RecordOrigin, TaskWatermarks, TimerEntry } from "./event-time";
import type { Graphs } from "./graphs";
import type { Command, GivenCommand, ScenarioOptions, SnapshotStart } from "./scenario";

export type { DiskDetail, FileContent, ResultDetail, ResultState, SortingDetail } from "./batch-detail";
export type {
  CheckpointEntry,
  CheckpointRows,
  Checkpoints,
  SubtaskCheckpoint,
  SubtaskProgress,
} from "./checkpoints";
export { FATES, TIME_KINDS } from "./event-time";
export type { FileContents, FileEntry, Files } from "./files";
export type { HeldEntry, HeldState } from "./held-state";
export type { Graphs } from "./graphs";
export type {
  EventTime,
  OperatorPlace,
  RecordOrigin,
  TaskWatermarks,
  TimeLog,
  TimerEntry,
} from "./event-time";
export type {
  BoundedDataKind,
  BufferDebloat,
  Command,
  FileSystemFault,
  GivenCommand,
  HighAvailability,
  LinkFault,
  Links,
  ProcessFault,
  ScenarioCommand,
  ScenarioOptions,
  ScheduledProcessFault,
  SchedulerOptions,
  SetTimestamp,
  SlotManagerOptions,
  SnapshotStart,
  SpeedChange,
} from "./scenario";

/** A place in the job's source, both from 1. */
export interface SourcePosition {
  readonly line: number;
  readonly column: number;
}

/** Why a job was not built, or failed. */
export interface JobError {
  /**
   * `syntax`: does not parse; `api`: misuse of the API; `graph`: Flink rejects the graph; `user`: a user
   * function threw; `network`: the network failed a task; `endless`: user code did not return; `panic`: a bug
   * of the engine; `load`: the page could not load what it needs for the job.
   */
  readonly kind: "syntax" | "api" | "graph" | "restore" | "user" | "network" | "endless" | "panic" | "load";
  readonly message: string;
  readonly at?: SourcePosition;
  /** The operator and subtask, as in `Flat Map (1/2)`. */
  readonly task?: string;
  /** Tick at which it happened, for `user`, `endless`, `panic`. */
  readonly tick?: number;
}

export type StepUnit = "turn" | "tick" | "record";

export type ToEngine =
  /** Builds a job and its graphs, and runs nothing: for the editor, and before `open` replaces a run. */
  | {
      readonly kind: "check";
      readonly request: number;
      readonly source: string;
      readonly scenario: ScenarioOptions;
    }
  /**
   * Submits a job to a new world at tick 0. A job that does not build leaves the old world as it is. With the
   * commands that a run was given it is that run again.
   */
  | {
      readonly kind: "open";
      readonly request: number;
      readonly source: string;
      readonly scenario: ScenarioOptions;
      readonly commands?: readonly GivenCommand[];
      readonly from?: SnapshotStart;
    }
  /** Runs so many ticks forwards (stops where the job ends). */
  | { readonly kind: "advance"; readonly request: number; readonly ticks: number }
  /** One step; `task` (place in the topology) narrows a step by record to that task. */
  | {
      readonly kind: "step";
      readonly request: number;
      readonly by: StepUnit;
      readonly direction: 1 | -1;
      readonly task?: number;
    }
  /** Jumps to any moment, back or ahead; past the end it stops there. */
  | { readonly kind: "seek"; readonly request: number; readonly tick: number; readonly turn: number }
  | { readonly kind: "command"; readonly request: number; readonly command: Command }
  /** The run's commands from a tick on are these instead: it is run again from there to the moment where it stands. */
  | {
      readonly kind: "amend";
      readonly request: number;
      readonly from: number;
      readonly commands: readonly GivenCommand[];
    }
  /** Where the record was given its time that is an entry of an operator's log; its number counts from 0 on. */
  | {
      readonly kind: "originOf";
      readonly request: number;
      readonly operator: OperatorPlace;
      readonly entry: number;
    }
  | { readonly kind: "inspectTask"; readonly request: number; readonly task: number }
  | {
      readonly kind: "inspectBuffer";
      readonly request: number;
      readonly channel: number;
      readonly buffer: number;
    }
  | { readonly kind: "inspectTaskManager"; readonly request: number; readonly taskManager: number }
  /** Trace entries (RPC messages, state changes) from number `from`, at most `limit`. */
  | { readonly kind: "trace"; readonly request: number; readonly from: number; readonly limit: number }
  /** Messages between TaskManagers that fit `filter`: from a number on at most `limit`, or the last ones. */
  | {
      readonly kind: "messages";
      readonly request: number;
      readonly filter: MessageFilter;
      readonly from: number | "end";
      readonly limit: number;
    }
  /** The operators that watermarks reach, and what happened to event time in one of them: the newest entries. */
  | {
      readonly kind: "eventTime";
      readonly request: number;
      readonly operator: OperatorPlace | null;
      readonly limit: number;
    }
  /** The job's checkpoints. */
  | { readonly kind: "checkpoints"; readonly request: number }
  /** What a checkpoint holds, by its number, beside what the job has now. */
  | { readonly kind: "heldState"; readonly request: number; readonly checkpoint: number }
  /** The file system of the checkpoints. */
  | { readonly kind: "files"; readonly request: number }
  | { readonly kind: "fileContents"; readonly request: number; readonly path: string }
  /** A checkpoint that is kept, or a savepoint, as one file. */
  | { readonly kind: "exportSnapshot"; readonly request: number; readonly checkpoint: number }
  /** From a tick on, each call of a user function is told by `calling`: the port looks for an endless one. */
  | { readonly kind: "announce"; readonly request: number; readonly fromTick: number };

export type FromEngine =
  | { readonly kind: "ready"; readonly version: string }
  | { readonly kind: "checked"; readonly request: number; readonly graphs: Graphs }
  | { readonly kind: "opened"; readonly request: number; readonly graphs: Graphs; readonly moment: Moment }
  /** The answer to advance, step and seek. */
  | { readonly kind: "moved"; readonly request: number; readonly moment: Moment }
  /** The answer to a command: the tick at whose start it happens. */
  | { readonly kind: "commanded"; readonly request: number; readonly tick: number; readonly moment: Moment }
  | { readonly kind: "amended"; readonly request: number; readonly moment: Moment }
  /** Null: it was given no time that could be another one. */
  | { readonly kind: "origin"; readonly request: number; readonly origin: RecordOrigin | null }
  | { readonly kind: "task"; readonly request: number; readonly task: TaskDetail }
  | { readonly kind: "buffer"; readonly request: number; readonly buffer: BufferDetail | null }
  | { readonly kind: "taskManager"; readonly request: number; readonly taskManager: TaskManagerDetail }
  | {
      readonly kind: "trace";
      readonly request: number;
      readonly entries: readonly TraceEntry[];
      readonly total: number;
    }
  | ({ readonly kind: "messages"; readonly request: number } & MessagePage)
  | ({ readonly kind: "eventTime"; readonly request: number } & EventTime)
  /** As `readCheckpoints` reads it. Null: the job can have none. */
  | { readonly kind: "checkpoints"; readonly request: number; readonly rows: CheckpointRows | null }
  /** As `readHeldState` reads it. Null: it is not kept. */
  | { readonly kind: "heldState"; readonly request: number; readonly rows: CheckpointRows | null }
  /** As `readFiles` reads it. */
  | { readonly kind: "files"; readonly request: number; readonly rows: CheckpointRows }
  /** Null: it is not there. `text` says what it is, and whether it is whole. */
  | { readonly kind: "fileContents"; readonly request: number; readonly file: FileContents | null }
  /** Null: there is none of this number. */
  | { readonly kind: "snapshot"; readonly request: number; readonly bytes: Uint8Array | null }
  | { readonly kind: "announcing"; readonly request: number }
  /** No answer, but a sign of life during a long one, and where the run has come to. */
  | { readonly kind: "alive"; readonly tick: number }
  /** No answer: a user function is about to be called. */
  | { readonly kind: "calling"; readonly task: string; readonly at?: SourcePosition }
  | { readonly kind: "error"; readonly request: number; readonly error: JobError };

/** All that the page draws of one moment. */
export interface Moment {
  /** See frame.ts. Its buffer is transferred. */
  readonly frame: Uint32Array;
  /** Present where its version changed since the last moment sent. */
  readonly topology?: Topology;
  /** Lines from number `from` on replace what the page has from there. */
  readonly stdout: { readonly from: number; readonly lines: readonly StdoutLine[] };
  /** The furthest tick that was run: how far ahead of `tick` one can jump at once. */
  readonly furthestTick: number;
  /** Set while the job stands FAILED. */
  readonly failure?: JobError;
  /** What is going on, in words: read one after the other, the parts are the whole text. */
  readonly sentence: readonly SentencePart[];
}

/** Words, which lead to what they name: a task or a channel by its place in the topology, a TaskManager by its id. */
export interface SentencePart {
  readonly text: string;
  readonly task?: number;
  readonly channel?: number;
  readonly taskManager?: number;
}

export interface StdoutLine {
  /** `stdout`, `stderr`, or the name of a collecting sink's table. */
  readonly stream: string;
  readonly text: string;
  readonly tick: number;
  /** Place of the task in the topology. */
  readonly task: number;
}

/** Who is where: changes when tasks are deployed, not from tick to tick. */
export interface Topology {
  readonly version: number;
  readonly jobName: string;
  /** What failed so far, the newest first, each before what failed along with it. */
  readonly exceptions?: readonly ExceptionEntry[];
  /** Why the job that failed was not restarted. */
  readonly verdict?: string | null;
  /** By id. */
  readonly jobManagers: readonly {
    readonly name: string;
    readonly role: string;
    /** In which it leads, as far as it knows; or empty. */
    readonly session: string;
    /** There is a JobMaster in it. */
    readonly hasJob: boolean;
  }[];
  readonly taskManagers: readonly {
    readonly id: number;
    readonly name: string;
    readonly slots: number;
    readonly segments: number;
    /** Its process does nothing. */
    readonly paused: boolean;
  }[];
  /** The NodeManagers, on YARN: the TaskManagers in their containers, and in words what is in others. */
  readonly nodes?: readonly {
    readonly name: string;
    readonly taskManagers: readonly number[];
    readonly others: readonly string[];
  }[];
  readonly vertices: readonly {
    readonly id: string;
    readonly name: string;
    readonly parallelism: number;
    readonly maxParallelism: number;
    readonly slotSharingGroup: string;
    /** Head first. */
    readonly operators: readonly { readonly id: string; readonly name: string }[];
  }[];
  readonly tasks: readonly {
    /** `Flat Map (1/3)`: vertex name, subtask from 1, parallelism. */
    readonly name: string;
    readonly vertex: number;
    readonly subtask: number;
    readonly attempt: number;
    readonly taskManager: number;
    readonly slot: number;
  }[];
  readonly channels: readonly {
    readonly from: number;
    /** Which result partition of the sender, which of its subpartitions. */
    readonly output: number;
    readonly subpartition: number;
    readonly to: number;
    /** Which input gate of the receiver, which of its channels. */
    readonly gate: number;
    readonly channel: number;
    readonly remote: boolean;
    readonly shipStrategy: string;
  }[];
}

/** A failure in the exception history. */
export interface ExceptionEntry {
  readonly at: number;
  /** The task; null: the job as a whole failed. */
  readonly task: string | null;
  /** The id of the TaskManager that it ran on. */
  readonly taskManager: number | null;
  readonly failure: string;
  /** It came with the one before it. */
  readonly concurrent: boolean;
}

/** One task under the inspector. */
export interface TaskDetail {
  readonly task: number;
  readonly name: string;
  readonly state: string;
  readonly keyGroups: { readonly first: number; readonly last: number } | null;
  readonly operators: readonly {
    readonly id: string;
    readonly name: string;
    readonly recordsIn: number;
    readonly recordsOut: number;
  }[];
  readonly mailbox: readonly string[];
  readonly keyedState: readonly {
    readonly operator: string;
    readonly state: string;
    readonly keyGroup: number;
    readonly key: string;
    /** What it is for beside the key: a window, say; empty for nothing. */
    readonly namespace: string;
    readonly value: string;
    /** Changed in the current tick: the value before. */
    readonly before?: string;
  }[];
  /** Null until it is deployed. */
  readonly watermarks: TaskWatermarks | null;
  /** Timers that wait: those of event time, then those of processing time, first to come first. */
  readonly timers: readonly TimerEntry[];
  readonly gates: readonly {
    readonly channels: readonly {
      readonly channel: number;
      readonly from: string;
      readonly buffers: readonly BufferSummary[];
      readonly credit: number;
    }[];
  }[];
  readonly outputs: readonly {
    readonly name: string;
    readonly result: ResultDetail;
    readonly poolUsed: number;
    readonly poolSize: number;
    readonly subpartitions: readonly {
      readonly channel: number;
      readonly to: string;
      readonly buffers: readonly BufferSummary[];
    }[];
  }[];
  /** Inputs that are sorted before a record is processed: in batch, of a keyed operator, while it runs. */
  readonly sorting: readonly SortingDetail[];
  /** By Flink's names: numRecordsIn, numBytesOut, busyTimeMsPerSecond, ... */
  readonly metrics: Readonly<Record<string, number>>;
  readonly backPressure: BackPressureLevel;
  /** Of the worst of the vertex's subtasks. */
  readonly vertexBackPressure: BackPressureLevel;
}

/** As Flink's REST interface says it: up to 10 % of the time, up to half of it, more. */
export type BackPressureLevel = "ok" | "low" | "high";

export interface BufferSummary {
  readonly buffer: number;
  readonly bytes: number;
  readonly records: number;
  readonly open: boolean;
  readonly event: string | null;
}

/** A buffer under the inspector: its bytes, and what they say. */
export interface BufferDetail extends BufferSummary {
  readonly where: "queued" | "in flight" | "received";
  readonly segmentBytes: number;
  /** The first 2,048 bytes. */
  readonly content: Uint8Array;
  /** What begins in it, at most 200; `text` as `print` writes it; null for a part of a record that spans buffers. */
  readonly parts: readonly {
    readonly offset: number;
    readonly length: number;
    readonly text: string | null;
    readonly what: "record" | "rest" | "middle" | "beginning" | "event";
  }[];
  /** The buffer that its first record began in; null where none goes over, or that buffer is read already. */
  readonly before: number | null;
  /** The buffer that its last record goes on in; null where none goes over, or there is no such buffer yet. */
  readonly after: number | null;
}

/** A TaskManager under the inspector. */
export interface TaskManagerDetail {
  readonly taskManager: number;
  readonly name: string;
  readonly segmentBytes: number;
  /** Totals before the parts that they are made of; `depth` counts the totals that a part is inside of. */
  readonly memory: readonly {
    readonly depth: number;
    readonly name: string;
    /** The option of Flink that sets it. */
    readonly option: string | null;
    readonly bytes: number;
    /** As Flink writes it: `128.000mb (134217730 bytes)`. */
    readonly text: string;
  }[];
  /** By Flink's names: Status.Shuffle.Netty.UsedMemorySegments, ... */
  readonly metrics: Readonly<Record<string, number>>;
  /** The managed memory of each slot, in pages. */
  readonly slots: readonly { readonly pages: number; readonly free: number }[];
  readonly disk: DiskDetail;
}

/** Which messages between TaskManagers are wanted; what is not set does not matter. */
export interface MessageFilter {
  /** By Flink's name. */
  readonly kind?: string;
  /** Its place in the topology. */
  readonly channel?: number;
  /** The id of the sender or receiver. */
  readonly taskManager?: number;
}

/** A part of the messages that fit a filter: those that arrived, and after them those that are on their way. */
export interface MessagePage {
  /** The number of the first one. */
  readonly from: number;
  readonly entries: readonly MessageEntry[];
  /** Messages that fit. */
  readonly total: number;
}

/** A message from one TaskManager to another. */
export interface MessageEntry {
  readonly sentAt: number;
  /** When it arrived, or will, if nothing comes between. */
  readonly arrivedAt: number;
  readonly onTheWay: boolean;
  /** `BufferResponse`, `AddCredit`, ... */
  readonly kind: string;
  /** Ids of TaskManagers. */
  readonly from: number;
  readonly to: number;
  readonly channel: number;
  /** What it says, in words. */
  readonly contents: string;
}

/** One line of the trace. */
export interface TraceEntry {
  readonly number: number;
  readonly tick: number;
  /** `rpc`, `state`, `job`, `buffer`, ... */
  readonly kind: string;
  readonly from: string;
  readonly to: string;
  readonly text: string;
  /** Of a call: when it was sent. */
  readonly sentAt: number;
  /** The phase of the job's life that it belongs to; 0: none of its own. */
  readonly phase: number;
  /** What became of a call: `lost`, `late`, `unknown`, `stale`, or empty where it was taken. */
  readonly fate: string;
}
