/** The part of the protocol that is about checkpoints, and how the engine's numbers become it. */
import type { SentencePart } from "./protocol";

/** As `SnapshotType` of the engine: a kind's place is its number. */
const KINDS = [
  "checkpoint",
  "savepoint",
  "savepoint to suspend",
  "savepoint to stop",
  "full checkpoint",
] as const;
const STATUSES = ["inProgress", "completed", "failed"] as const;
const PHASES = ["notReached", "aligning", "writing", "answered", "acknowledged"] as const;

/** What a subtask told of a checkpoint; times in ms. */
export interface SubtaskCheckpoint {
  readonly task: number;
  /** The tick at which its answer arrived. */
  readonly acknowledged: number;
  /** From the trigger to its first barrier. */
  readonly startDelay: number;
  /** From its first barrier to its last. */
  readonly alignment: number;
  readonly sync: number;
  readonly async: number;
  /** Bytes that it stands for, and those that it wrote. */
  readonly size: number;
  readonly written: number;
  /** Bytes that it processed from its first barrier to its last, and those of buffers in flight that it stored. */
  readonly processed: number;
  readonly inFlight: number;
  readonly unaligned: boolean;
}

/** How far a subtask is with a checkpoint that is under way. */
export interface SubtaskProgress {
  readonly task: number;
  readonly phase: (typeof PHASES)[number];
  /** Of so many of its channels the barrier has come. */
  readonly barriers: number;
  readonly channels: number;
}

/** A checkpoint. */
export interface CheckpointEntry {
  readonly id: number;
  readonly kind: (typeof KINDS)[number];
  /** Ticks; it ended where it was complete or given up. */
  readonly triggered: number;
  readonly ended: number | null;
  readonly status: (typeof STATUSES)[number];
  /** Why it failed; else empty. */
  readonly reason: string;
  /** Subtasks that have to answer. */
  readonly total: number;
  /** In the order of their answers. */
  readonly subtasks: readonly SubtaskCheckpoint[];
  /** While it is under way. */
  readonly progress: readonly SubtaskProgress[];
  /** Whether it can be restored from, and its files then. */
  readonly kept: boolean;
  readonly discarded: boolean;
  readonly files: readonly { readonly path: string; readonly bytes: number }[];
}

/** The checkpoints of a job: the latest ones, oldest first. */
export interface Checkpoints {
  /** Null: none comes by itself. */
  readonly interval: number | null;
  readonly restored: { readonly id: number; readonly tick: number } | null;
  /** The last request that never became a checkpoint, and why. */
  readonly refused: { readonly tick: number; readonly reason: string } | null;
  readonly counts: Readonly<Record<"total" | "inProgress" | "completed" | "failed" | "restored", number>>;
  readonly history: readonly CheckpointEntry[];
  /** What the one under way waits for, or how the last one ended. */
  readonly sentence: readonly SentencePart[];
}

/** What the engine answers. */
export interface CheckpointRows {
  readonly numbers: Float64Array;
  readonly texts: readonly string[];
  readonly sentence: readonly SentencePart[];
}

/** Reads the engine's rows, from their first number to their last. */
export function readCheckpoints({ numbers, texts, sentence }: CheckpointRows): Checkpoints {
  const rows = new Rows(numbers, texts);
  const interval = rows.optional();
  const restoredId = rows.optional();
  const restoredAt = rows.optional() ?? 0;
  const restored = restoredId === null ? null : { id: restoredId, tick: restoredAt };
  const refusedAt = rows.optional();
  const reason = rows.text();
  const refused = refusedAt === null ? null : { tick: refusedAt, reason };
  const [total, inProgress, completed, failed, restores] = rows.many(5);
  const counts = { total, inProgress, completed, failed, restored: restores };
  const history = rows.list(() => readEntry(rows));
  return { interval, restored, refused, counts, history, sentence };
}

function readEntry(rows: Rows): CheckpointEntry {
  const reason = rows.text();
  const [id, kind, triggered, status] = rows.many(4);
  const ended = rows.optional();
  const [total, discarded] = rows.many(2);
  const subtasks = rows.list(() => readSubtask(rows));
  const progress = rows.list(() => {
    const [task, phase, barriers, channels] = rows.many(4);
    return { task, phase: PHASES[phase] ?? "notReached", barriers, channels };
  });
  const kept = rows.next() === 1;
  const files = rows.list(() => ({ path: rows.text(), bytes: rows.next() }));
  return {
    ...{
      id,
      kind: KINDS[kind] ?? "checkpoint",
      triggered,
      ended,
      status: STATUSES[status] ?? "failed",
      reason,
    },
    ...{ total, subtasks, progress, kept, discarded: discarded === 1, files },
  };
}

function readSubtask(rows: Rows): SubtaskCheckpoint {
  const [task, acknowledged, startDelay, alignment, sync] = rows.many(5);
  const [async, size, written, processed, inFlight, unaligned] = rows.many(6);
  return {
    ...{ task, acknowledged, startDelay, alignment, sync, async, size, written, processed, inFlight },
    unaligned: unaligned === 1,
  };
}

type Numbers<N extends number, R extends number[] = []> = R["length"] extends N
  ? R
  : Numbers<N, [...R, number]>;

/** The rows as they are read, number by number and text by text. */
export class Rows {
  private at = 0;
  private textAt = 0;
  private readonly numbers: Float64Array;
  private readonly texts: readonly string[];

  constructor(numbers: Float64Array, texts: readonly string[]) {
    this.numbers = numbers;
    this.texts = texts;
  }

  next(): number {
    const number = this.numbers[this.at];
    if (number === undefined) throw new RangeError("The rows of checkpoints end too early.");
    this.at += 1;
    return number;
  }

  optional(): number | null {
    const number = this.next();
    return Number.isNaN(number) ? null : number;
  }

  many<N extends number>(count: N): Numbers<N> {
    return Array.from({ length: count }, () => this.next()) as Numbers<N>;
  }

  /** Their count, then each of them. */
  list<T>(read: () => T): T[] {
    return Array.from({ length: this.next() }, read);
  }

  text(): string {
    const text = this.texts[this.textAt] ?? "";
    this.textAt += 1;
    return text;
  }
}
