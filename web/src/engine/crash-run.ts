/**
 * Runs a job with settings from outside, its printed lines committed by two phases, while tasks fail and processes are
 * lost: for the command that holds such runs against runs without faults.
 */
import { compileJob, momentOf, submitJob } from "../api/compile";
import { DataStream } from "../api/data-stream";
import { TableSink } from "../api/sinks";
import { readCheckpoints, type CheckpointRows } from "./checkpoints";
import { TIME_KINDS, type EventTime } from "./event-time";
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
  /** Whether a record came after the watermark had passed it. */
  readonly hasLate: boolean;
  readonly error: JobError | null;
}

/** Ticks after which a job is taken to run for ever. */
const TICKS_MAX = 100_000;

/** Entries of an operator's log of time that are looked at. */
const ENTRIES_MAX = 10_000;

/** The tables in the place of printed streams are those with this before their identifier. */
const TABLE = "printed ";

/** Builds a job and runs it to its end. */
export function runWithCrashes(source: string, scenario: ScenarioOptions, plan: CrashPlan): CrashRun {
  const nothing = { lines: [], ticks: 0, failures: 0, checkpoints: 0, restored: 0, hasLate: false };
  try {
    const compiled = committingPrints(() => compileJob(plan.settings + source, scenario.seed));
    const lab = submitJob(compiled, scenario);
    let topology: Topology | undefined;
    const look = () => {
      const moment = momentOf(compiled, lab, topology?.version);
      topology = moment.topology ?? topology;
      return moment;
    };
    const lines: string[] = [];
    const take = () => {
      const { stdout, failure } = look();
      for (const line of stdout.lines)
        lines.push(...printed(line.stream, line.text, topology?.tasks[line.task]));
      return failure;
    };
    for (const crash of plan.crashes) {
      lab.advance(crash.tick - lab.tick);
      take();
      const command = topology === undefined ? undefined : commandFor(crash, topology);
      if (command !== undefined && !lab.isOver) lab.command(command);
    }
    lab.advance(TICKS_MAX);
    const failure = take();
    const rows = lab.checkpoints() as CheckpointRows | null;
    const counts = rows === null ? undefined : readCheckpoints(rows).counts;
    const { completed = 0, restored = 0 } = counts ?? {};
    const failures = topology?.exceptions?.length ?? 0;
    const hasLate = hasLateRecords(lab);
    const run = { lines, ticks: lab.tick, failures, checkpoints: completed, restored, hasLate };
    lab.free();
    return { ...run, error: failure ?? null };
  } catch (thrown) {
    return { ...nothing, error: errorOf(thrown) };
  }
}

function hasLateRecords(lab: ReturnType<typeof submitJob>): boolean {
  const look = (task?: number, place?: number) => lab.eventTime(task, place, ENTRIES_MAX) as EventTime;
  for (const { task, place } of look().operators) {
    const { log } = look(task, place);
    let watermark = Number.NEGATIVE_INFINITY;
    for (let at = 0; at < (log?.kinds.length ?? 0); at++) {
      const [kind, time] = [TIME_KINDS[log?.kinds[at] ?? 0], log?.times[at] ?? Number.NaN];
      if (kind === "watermark") watermark = time;
      // It may be late for one of its windows only.
      if (kind === "record" && time <= watermark) return true;
    }
  }
  return false;
}

/** While a job is built, `print` is a sink by two phases. */
function committingPrints<R>(build: () => R): R {
  const original = Object.getOwnPropertyDescriptor(DataStream.prototype, "print");
  if (original === undefined) throw new Error("A stream can be printed.");
  Object.defineProperty(DataStream.prototype, "print", {
    ...original,
    value(this: DataStream<unknown>, identifier = "") {
      return this.sinkTo(new TableSink(TABLE + identifier, "EXACTLY_ONCE"));
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
