/** What a run is given: its scenario, and the commands that come to it from outside. The contract with the engine. */

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
  /**
   * Where savepoints are for which neither the job nor the request names a directory (default "savepoints"); empty:
   * nowhere, as in a cluster without `execution.checkpointing.savepoint-dir`.
   */
  readonly savepointDirectory?: string;
  /** What goes wrong with tasks and processes, at the start of which tick. */
  readonly processFaults?: readonly ScheduledProcessFault[];
  /**
   * Calls between processes, and their answers, counted from 1: which is lost, or takes how many ticks longer. What Flink
   * asks for is asked again, or fails, in its time; not what it only tells: a task that misses the `confirmCheckpoint` of
   * the savepoint that its job stops with waits for good, as in Flink, until the job is cancelled.
   */
  readonly rpcFaults?: readonly { readonly number: number; readonly delayTicks?: number }[];
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
  /** So many ApplicationMasters on YARN may fail within ten seconds: by default two with high availability, else one. */
  readonly applicationAttempts?: number;
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
  /**
   * Which tasks are scheduled when; `"pipelined-region"` unless it is said. The other two are those that Flink had until
   * 1.12: all tasks at once, or the sources first and any other task as its inputs come.
   */
  readonly strategy?: "pipelined-region" | "eager" | "lazy-from-sources";
  /**
   * From the sources: a task is scheduled when all of its inputs have come, not just one (Flink's
   * `InputDependencyConstraint`); two inputs that come from one source can then stop a streaming job for good.
   */
  readonly allInputs?: boolean;
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
  | { readonly kind: "triggerSavepoint"; readonly native?: boolean; readonly targetDirectory?: string }
  /** The job ends with a savepoint; `drain`: as if its sources had ended, so that nothing comes after it. */
  | {
      readonly kind: "stopWithSavepoint";
      readonly native?: boolean;
      readonly drain?: boolean;
      readonly targetDirectory?: string;
    }
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
  /** The process takes `factor` times as long for all that it does; without a number it is the leading JobManager's. */
  | {
      readonly kind: "slowProcess";
      readonly taskManager?: number;
      readonly jobManager?: number;
      readonly factor: number;
    }
  /** The process does nothing, as in a long pause of its garbage collector; and it goes on. */
  | { readonly kind: "pauseTaskManager" | "resumeTaskManager"; readonly taskManager: number }
  /** What connects the process with the JobManagers is cut, or mended: calls wait, and are lost in the end. */
  | { readonly kind: "cutOffTaskManager" | "reconnectTaskManager"; readonly taskManager: number }
  | {
      readonly kind:
        "killJobManager" | "stopJobManager" | "pauseJobManager" | "resumeJobManager" | "startJobManager";
      readonly jobManager: number;
    }
  /** The ResourceManager loses its lead and is elected anew; without high availability, and on YARN, its process ends. */
  | { readonly kind: "revokeResourceManager" }
  /** A NodeManager of YARN is gone for good, with all processes on its machine. */
  | { readonly kind: "loseNodeManager"; readonly nodeManager: number }
  /** Another TaskManager, as the others were at first. */
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
