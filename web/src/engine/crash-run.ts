/**
 * Runs a job with settings from outside, its printed lines committed by two phases, while tasks fail and processes are
 * lost: for the command that holds such runs against runs without faults.
 */
import { compileJob, momentOf, submitJob, type CompiledJob } from "../api/compile";
import { DataStream } from "../api/data-stream";
import { TableSink } from "../api/sinks";
import { readCheckpoints, type CheckpointRows } from "./checkpoints";
import { lateRecords, readsOfWatermarks, type TimeUses } from "./crash-time";
import { errorOf } from "./job-errors";
import type { JobError, ScenarioOptions, Topology } from "./protocol";

/** What goes wrong at a tick: which task or process it is, is drawn from those that are there then. */
export interface PlannedCrash {
  readonly tick: number;
  readonly kind: "failTask" | "killTaskManager";
  /** From 0 up to 1: where among them. */
  readonly pick: number;
}

export interface CrashPlan {
  /** Settings of the job, as a program makes them: they come before its own. */
  readonly settings: string;
  /** In the order of their ticks. */
  readonly crashes: readonly PlannedCrash[];
  /**
   * How often the job uses event time's progress, which is no state: a crash waits until what is restored after it
   * uses it no more, or until it is restored from its beginning.
   */
  readonly timeUses: number;
}

export interface CrashRun {
  /** What was committed, as `print` would have printed it. */
  readonly lines: readonly string[];
  readonly ticks: number;
  /** What failed. */
  readonly failures: number;
  readonly checkpoints: number;
  /** How often state was given back. */
  readonly restored: number;
  /** How often it used event time's progress, as far as nothing was restarted. */
  readonly timeUses: number;
  readonly error: JobError | null;
}

type Lab = ReturnType<typeof submitJob>;

/** Ticks after which a job is taken to run for ever. */
const TICKS_MAX = 100_000;

/** The tables in the place of printed streams are those with this before their identifier. */
const TABLE = "printed ";

/** Builds a job and runs it to its end. */
export function runWithCrashes(source: string, scenario: ScenarioOptions, plan: CrashPlan): CrashRun {
  const nothing = { lines: [], ticks: 0, failures: 0, checkpoints: 0, restored: 0, timeUses: 0 };
  const reads = readsOfWatermarks();
  try {
    const compiled = committingPrints(() => compileJob(plan.settings + source, scenario.seed));
    const run = new Run(compiled, submitJob(compiled, scenario), reads);
    for (const crash of plan.crashes) run.crash(crash, plan.timeUses);
    return run.finish();
  } catch (thrown) {
    return { ...nothing, error: errorOf(thrown) };
  } finally {
    reads.stop();
  }
}

/** A job that runs. */
class Run {
  readonly #compiled: CompiledJob;
  readonly #lab: Lab;
  readonly #reads: ReturnType<typeof readsOfWatermarks>;
  readonly #lines: string[] = [];
  #topology: Topology | undefined;
  #failure: JobError | undefined;
  #attempts = 0;
  /** A checkpoint is complete after which nothing uses event time's progress. */
  #isTimePast = false;

  constructor(compiled: CompiledJob, lab: Lab, reads: ReturnType<typeof readsOfWatermarks>) {
    this.#compiled = compiled;
    this.#lab = lab;
    this.#reads = reads;
  }

  crash(crash: PlannedCrash, uses: number): void {
    if (uses === 0) this.#advance(crash.tick - this.#lab.tick);
    while (uses > 0 && !this.#lab.isOver && (this.#lab.tick < crash.tick || !this.#isHarmless(uses))) {
      this.#advance(1);
    }
    const command = this.#topology === undefined ? undefined : commandFor(crash, this.#topology);
    if (command !== undefined && !this.#lab.isOver) this.#lab.command(command);
  }

  finish(): CrashRun {
    this.#advance(TICKS_MAX);
    const { completed = 0, restored = 0 } = this.#checkpoints()?.counts ?? {};
    const run = {
      lines: this.#lines,
      ticks: this.#lab.tick,
      failures: this.#topology?.exceptions?.length ?? 0,
      checkpoints: completed,
      restored,
      timeUses: this.#timeUses().count,
      error: this.#failure ?? null,
    };
    this.#lab.free();
    return run;
  }

  #advance(ticks: number): void {
    this.#lab.advance(ticks);
    const { topology, stdout, failure } = momentOf(this.#compiled, this.#lab, this.#topology?.version);
    this.#topology = topology ?? this.#topology;
    this.#failure = failure;
    const tasks = this.#topology?.tasks ?? [];
    for (const { stream, text, task } of stdout.lines)
      this.#lines.push(...printed(stream, text, tasks[task]));
    const attempts = tasks.reduce((sum, task) => sum + task.attempt, 0);
    // What was read before a restart is read again.
    if (attempts !== this.#attempts) this.#reads.count = 0;
    this.#attempts = attempts;
    this.#reads.tick = this.#lab.tick;
  }

  #isHarmless(uses: number): boolean {
    const begun = this.#checkpoints()?.history.filter(({ status }) => status !== "failed") ?? [];
    if (this.#isTimePast || begun.length === 0) return true;
    const { count, lastTick } = this.#timeUses();
    const restored = begun.findLast(({ status }) => status === "completed");
    this.#isTimePast = count >= uses && restored !== undefined && restored.triggered > lastTick;
    return this.#isTimePast;
  }

  #timeUses(): TimeUses {
    const late = lateRecords(this.#lab);
    const { count, lastTick } = this.#reads;
    return { count: late.count + count, lastTick: Math.max(late.lastTick, lastTick) };
  }

  #checkpoints() {
    const rows = this.#lab.checkpoints() as CheckpointRows | null;
    return rows === null ? undefined : readCheckpoints(rows);
  }
}

/** While a job is built, `print` is a sink by two phases. */
function committingPrints<R>(build: () => R): R {
  const original = Object.getOwnPropertyDescriptor(DataStream.prototype, "print");
  if (original === undefined) throw new Error("A stream can be printed.");
  Object.defineProperty(DataStream.prototype, "print", {
    ...original,
    value(this: DataStream<unknown>, identifier = "") {
      const sink = this.sinkTo(new TableSink(TABLE + identifier, "EXACTLY_ONCE"));
      // Flink gives a hash to a sink that is one operator, and this one has a committer.
      sink.setUidHash = () => sink;
      return sink;
    },
  });
  try {
    return build();
  } finally {
    Object.defineProperty(DataStream.prototype, "print", original);
  }
}

/** A line as `print` writes it; none where it was written and not committed. */
function printed(table: string, text: string, task: Topology["tasks"][number] | undefined): string[] {
  if (!table.startsWith(TABLE) || table.endsWith(" (all)")) return [];
  const identifier = table.slice(TABLE.length);
  const parallelism = Number(/\/(\d+)\)$/.exec(task?.name ?? "")?.[1] ?? 1);
  const subtask = parallelism > 1 ? String((task?.subtask ?? 0) + 1) : "";
  const prefix = [identifier, subtask].filter((part) => part !== "").join(":");
  return [prefix === "" ? text : `${prefix}> ${text}`];
}

function commandFor({ kind, pick }: PlannedCrash, { tasks }: Topology) {
  const task = Math.floor(pick * tasks.length);
  const taskManager = tasks[task]?.taskManager;
  if (kind === "failTask") return { kind, task };
  return taskManager === undefined ? undefined : { kind, taskManager };
}
