/**
 * The messages between the page and the engine, one union each way, the same over a worker's port and
 * on the main thread. A request carries a number, its answer carries it back.
 */
import type { FileContents } from "./files";
import type { DiskDetail, ResultDetail, SortingDetail } from "./batch-detail";
import type { CheckpointRows } from "./checkpoints";
import type { EventTime, OperatorPlace, RecordOrigin, TaskWatermarks, TimerEntry } from "./event-time";
import type { Graphs } from "./graphs";

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

/** What to run, besides the job. */
export interface ScenarioOptions {
  /** Seed of every choice that threads, networks or random numbers would make. */
  readonly seed: number;
  readonly taskManagers: number;
  readonly slotsPerTaskManager: number;
  /** Texts that `readTextFile(path)` reads. */
  readonly files: Readonly<Record<string, string>>;
  /** Work of a task in a tick: records a tick (default 1); by task name, all others `default`. */
  readonly speeds?: Readonly<Record<string, number>>;
  /** Speeds that change while the job runs. */
  readonly speedChanges?: readonly SpeedChange[];
  /** Size of a network memory segment in bytes (default 32768). */
  readonly segmentBytes?: number;
  /**
   * The memory of each TaskManager, by Flink's options: `"taskmanager.memory.network.max": "1m"`. Without a
   * total a process has 1728m, as in Flink's distribution.
   */
  readonly memory?: Readonly<Record<string, string>>;
  /** Buffers that each remote input channel owns (default 2, as hard-coded in Flink since 2.0). */
  readonly exclusiveBuffersPerChannel?: number;
  /** Sizes buffers so that what is in flight is read in a given time; without it they fill their segments. */
  readonly bufferDebloat?: BufferDebloat;
  /** What goes wrong between TaskManagers, at the start of which tick. */
  readonly linkFaults?: readonly { readonly tick: number; readonly fault: LinkFault }[];
  /** Whether JobManagers stand by (default: none). */
  readonly highAvailability?: HighAvailability;
  /** What goes wrong with tasks and processes, at the start of which tick. */
  readonly processFaults?: readonly ScheduledProcessFault[];
  /** What the client asks for, and what goes wrong with the files of the checkpoints, at the start of which tick. */
  readonly commands?: readonly { readonly tick: number; readonly command: ScenarioCommand }[];
  /** Ticks after which a connection that does not answer counts as failed (default 120,000). */
  readonly connectionTimeoutTicks?: number;
  /**
   * Ticks of a step of a process's start; without it the cluster is up when the run begins, and a TaskManager that is
   * started later is there at once.
   */
  readonly startUpStepTicks?: number;
  /**
   * How the cluster is deployed (default `session`): `application`: the job's main runs in the JobManager's process, and
   * the cluster ends with the job; `yarn-application`: the same in containers of YARN, asked for as they are needed.
   */
  readonly deployment?: "session" | "application" | "yarn-application";
  /** On YARN: its NodeManagers (default 2). */
  readonly nodeManagers?: number;
  /** On YARN: memory of a NodeManager for containers (default 8192); each takes a multiple of 1024. */
  readonly nodeMemoryMb?: number;
  /** Ticks that a message between two TaskManagers takes (default 3). */
  readonly linkLatencyTicks?: number;
  /** Bytes that a link takes up in a tick (default 125,000, which is 1 Gbit/s). */
  readonly linkBytesPerTick?: number;
  /**
   * How the files of blocking results are written and read (default `"FILE"`): Flink's
   * `taskmanager.network.blocking-shuffle.type`.
   */
  readonly blockingShuffle?: BoundedDataKind;
  /** Ticks from the last byte that a disk reads or writes for a request to its completion (default 1). */
  readonly diskLatencyTicks?: number;
  /** Bytes that a TaskManager's disk moves in a tick (default 200,000, which are 200 MB/s). */
  readonly diskBytesPerTick?: number;
  /** Ticks that the file system of the checkpoints takes for an answer (default 20). */
  readonly fileSystemLatencyTicks?: number;
  /** Bytes that it moves in a tick, reads and writes together (default 50,000). */
  readonly fileSystemBytesPerTick?: number;
  /** How the job is scheduled. */
  readonly scheduler?: SchedulerOptions;
  /** How the ResourceManager works. */
  readonly slotManager?: SlotManagerOptions;
}

/** How a job is scheduled. Times are those of Flink's options, in ticks, with Flink's defaults. */
export interface SchedulerOptions {
  /** Flink's `jobmanager.scheduler`; `"reactive"` is `"adaptive"` with `scheduler-mode: reactive`. */
  readonly kind?: "default" | "adaptive" | "reactive";
  /** `slot.request.timeout` (300,000). */
  readonly slotRequestTimeoutTicks?: number;
  /** `slot.idle.timeout` (50,000). */
  readonly slotIdleTimeoutTicks?: number;
  /** `jobmanager.adaptive-scheduler.submission.resource-wait-timeout` (300,000; reactive: no end). */
  readonly waitTimeoutTicks?: number;
  /** `….submission.resource-stabilization-timeout` (10,000; reactive: 0). */
  readonly submissionStabilizationTicks?: number;
  /** `….executing.resource-stabilization-timeout` (60,000). */
  readonly stabilizationTicks?: number;
  /** `….executing.cooldown-after-rescaling` (30,000). */
  readonly cooldownTicks?: number;
  /** `….rescale-trigger.max-delay` (the interval of the checkpoints, once more than so many may fail). */
  readonly maxDelayTicks?: number;
  /** `….rescale-trigger.max-checkpoint-failures` (2). */
  readonly maxCheckpointFailures?: number;
}

/**
 * How the ResourceManager works. What takes time in Flink takes none by default: a plain job in a session cluster
 * gets its slots at once.
 */
export interface SlotManagerOptions {
  /** The deployment starts TaskManagers as they are needed, and stops them; there may be none at first. */
  readonly active?: boolean;
  /** From the request until a TaskManager's process begins (0). */
  readonly workerStartTicks?: number;
  /** Flink's `slotmanager.requirement-check-delay` (0, in Flink 50 ms). */
  readonly requirementCheckTicks?: number;
  /** Flink's `slotmanager.declare-needed-resource-delay` (0, in Flink 50 ms). */
  readonly declareNeededTicks?: number;
  /**
   * How long a standalone cluster hopes for more TaskManagers, Flink's `resourcemanager.standalone.start-up-time` (0,
   * in Flink as long as `slot.request.timeout`): afterwards a job that needs more slots is told at once.
   */
  readonly startUpTicks?: number;
  /** Flink's `resourcemanager.taskmanager-timeout` (30,000). */
  readonly idleTimeoutTicks?: number;
  /** Flink's `slotmanager.redundant-taskmanager-num` (0). */
  readonly redundant?: number;
  /** Flink's `taskmanager.load-balance.mode` (`"NONE"`); `"SLOTS"` is also `cluster.evenly-spread-out-slots`. */
  readonly loadBalance?: "NONE" | "SLOTS" | "MIN_RESOURCES" | "TASKS";
}

/** Settings of Flink's buffer debloating; what is missing has Flink's default. */
export interface BufferDebloat {
  /** Ticks between two calculations (200). */
  readonly periodTicks?: number;
  /** Ticks in which what is in flight should be read (1000). */
  readonly targetTicks?: number;
  /** Calculations that count for the average (20). */
  readonly samples?: number;
  /** By how many per cent a size must change to be announced (25). */
  readonly thresholdPercent?: number;
  /** Bytes of a buffer at first (1024). */
  readonly startingBytes?: number;
  /** Bytes of a buffer at least (256). */
  readonly minBytes?: number;
}

/** The kinds of bounded data of Flink's `BoundedBlockingSubpartition`. */
export type BoundedDataKind = "FILE" | "MMAP" | "FILE_MMAP";

/** JobManagers that stand by, and the service that they share. */
export interface HighAvailability {
  /** The one that leads first, and those that stand by: 1 to 5. */
  readonly jobManagers: number;
  /** Ticks without a word after which a process is taken to be gone (60,000, as with ZooKeeper). */
  readonly sessionTimeoutTicks?: number;
  /** Ticks that the service takes for a read, or to tell a process of a change (10). */
  readonly latencyTicks?: number;
}

/** From a tick on, a task works at another speed. */
export interface SpeedChange {
  readonly tick: number;
  /** The task's name or that of one of its operators. */
  readonly name: string;
  /** Records a tick. */
  readonly speed: number;
}

/** What is asked of a run; it happens at the start of the next tick, and the future that was known is over. */
export type Command =
  | { readonly kind: "cancelJob" }
  /** The client asks for a checkpoint now. */
  | { readonly kind: "triggerCheckpoint" }
  /** The client asks for a savepoint, in the canonical format or the state backend's own. */
  | { readonly kind: "triggerSavepoint"; readonly native?: boolean }
  /** The job ends with a savepoint; `drain`: as if its sources had ended, so that nothing comes after it. */
  | { readonly kind: "stopWithSavepoint"; readonly native?: boolean; readonly drain?: boolean }
  /** All tasks of a vertex (its place in the topology) work at another speed, in records a tick. */
  | { readonly kind: "setSpeed"; readonly vertex: number; readonly speed: number }
  | SetTimestamp
  | FileSystemFault
  | ProcessFault
  | LinkFault;

/** A command that a scenario may have. */
export type ScenarioCommand = Extract<
  Command,
  { kind: "cancelJob" | "triggerCheckpoint" | "triggerSavepoint" | "stopWithSavepoint" } | FileSystemFault
>;

/** What a job starts from: a file that `exportSnapshot` gave. */
export interface SnapshotStart {
  readonly bytes: Uint8Array;
  /** State of operators that the job does not have is left out, and is no error. */
  readonly allowNonRestoredState?: boolean;
  /** The snapshot is the job's from now on, which deletes it when it needs it no more. */
  readonly claim?: boolean;
}

/** What goes wrong with the file system that checkpoints are in. */
export type FileSystemFault =
  /** It does not answer, or, `full`, takes nothing more. */
  | { readonly kind: "failFileSystem"; readonly full?: boolean }
  | { readonly kind: "mendFileSystem" }
  | { readonly kind: "loseFile"; readonly path: string }
  /** A byte of it is another. */
  | { readonly kind: "damageFile"; readonly path: string; readonly byte?: number };

/** What goes wrong with a task or a process, or a TaskManager that starts. */
export type ProcessFault =
  /** The task (its place in the topology) throws, if it runs. */
  | { readonly kind: "failTask"; readonly task: number }
  /** The process is gone at once, with its tasks, its memory and its files. */
  | { readonly kind: "killTaskManager"; readonly taskManager: number }
  /** The process ends by itself, and says so before it goes. */
  | { readonly kind: "stopTaskManager"; readonly taskManager: number }
  /** The process takes `factor` times as long for all that it does; without `taskManager` it is the JobManager's. */
  | { readonly kind: "slowProcess"; readonly taskManager?: number; readonly factor: number }
  /** The process does nothing, as in a long pause of its garbage collector; and it goes on. */
  | { readonly kind: "pauseTaskManager" | "resumeTaskManager"; readonly taskManager: number }
  /** Another TaskManager, as the others were at first. */
  | {
      readonly kind: "killJobManager" | "pauseJobManager" | "resumeJobManager" | "startJobManager";
      readonly jobManager: number;
    }
  | { readonly kind: "startTaskManager" };

/** A fault of the scenario. */
export interface ScheduledProcessFault {
  readonly tick: number;
  readonly fault: ProcessFault;
}

/** A record bears another event time than the job gives it, once it is given one. */
export interface SetTimestamp {
  readonly kind: "setTimestamp";
  /** The place of the task that gives it. */
  readonly task: number;
  /** The operator's in its chain. */
  readonly operator: number;
  /** Records that were given a time before it, in this attempt. */
  readonly record: number;
  readonly timestamp: number;
  /** What it bore before, for words alone. */
  readonly was?: number;
}

/** What goes wrong between two TaskManagers (their ids in the topology), or is mended. */
export type LinkFault =
  /** Nothing leaves and nothing arrives any more, until it is restored or the connection times out. */
  | ({ readonly kind: "cutLink" } & Links)
  /** Messages take another time, and so many bytes set off in a tick. */
  | ({ readonly kind: "slowLink"; readonly latencyTicks: number; readonly bytesPerTick: number } & Links)
  /** The link is as the scenario made it; what stood still goes on. */
  | ({ readonly kind: "restoreLink" } & Links)
  /** The connection between the two is lost: what is in flight is gone, and the tasks that read over it fail. */
  | { readonly kind: "resetConnection"; readonly from: number; readonly to: number };

/** The link from the one to the other, or also the one back. */
export interface Links {
  readonly from: number;
  readonly to: number;
  readonly bothWays: boolean;
}

/** A command of a run that is to be repeated. */
export interface GivenCommand {
  /** At whose start it happens. */
  readonly tick: number;
  readonly command: Command;
}

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
   * of the engine.
   */
  readonly kind: "syntax" | "api" | "graph" | "restore" | "user" | "network" | "endless" | "panic";
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
  /** What failed so far, the newest first, each in a line; what the job failed of, and why it was not restarted. */
  readonly exceptions?: readonly string[];
  /** By id; `session` is the session in which it leads, as far as it knows, or empty. */
  readonly jobManagers: readonly { readonly name: string; readonly role: string; readonly session: string }[];
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
