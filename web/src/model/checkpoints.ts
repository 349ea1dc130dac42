/** A checkpoint as a timeline of phases: for each subtask when it was in which, and who kept the others waiting. */
import type { CheckpointEntry, SubtaskCheckpoint } from "../engine/protocol";

/** What a subtask does of a checkpoint, one after the other. */
export const PHASES = ["delay", "alignment", "sync", "async", "answer"] as const;
export type Phase = (typeof PHASES)[number];

export interface PhaseSpan {
  readonly phase: Phase;
  /** Ticks since the trigger. */
  readonly from: number;
  readonly to: number;
}

export interface SubtaskRow {
  readonly task: number;
  /** Null: it has not answered. */
  readonly told: SubtaskCheckpoint | null;
  readonly spans: readonly PhaseSpan[];
  /** How far it is, while the checkpoint is under way. */
  readonly now: string;
  /** The last one to answer, or the first of those that have not. */
  readonly straggler: boolean;
}

export interface CheckpointRowsOfTasks {
  readonly rows: readonly SubtaskRow[];
  /** Ticks from the trigger to the last thing that is drawn. */
  readonly extent: number;
}

/** The rows of a checkpoint at a tick, in the order of the tasks. */
export function checkpointRows(entry: CheckpointEntry, tick: number): CheckpointRowsOfTasks {
  const told = new Map(entry.subtasks.map((subtask) => [subtask.task, subtask]));
  const tasks = new Set([...told.keys(), ...entry.progress.map(({ task }) => task)]);
  const last = Math.max(0, ...entry.subtasks.map(({ acknowledged }) => acknowledged));
  const isOpen = entry.status === "inProgress";
  // Tasks stand in the order in which barriers come to them.
  const waitedFor = [...tasks].sort((a, b) => a - b).find((task) => !told.has(task));
  const rows = [...tasks]
    .sort((a, b) => a - b)
    .map((task): SubtaskRow => {
      const subtask = told.get(task) ?? null;
      const straggler =
        subtask === null ? task === waitedFor : !isOpen && tasks.size > 1 && subtask.acknowledged === last;
      const spans = subtask === null ? [] : spansOf(entry, subtask);
      return {
        task,
        told: subtask,
        spans,
        now: subtask === null ? progressText(entry, task) : "",
        straggler,
      };
    });
  const until = entry.ended ?? tick;
  return { rows, extent: Math.max(1, until - entry.triggered, last - entry.triggered) };
}

function spansOf({ triggered }: CheckpointEntry, subtask: SubtaskCheckpoint): PhaseSpan[] {
  const { startDelay, alignment, sync, async, acknowledged } = subtask;
  const ends = [startDelay, alignment, sync, async].reduce<number[]>(
    (sums, length) => [...sums, (sums.at(-1) ?? 0) + length],
    [],
  );
  ends.push(Math.max(ends.at(-1) ?? 0, acknowledged - triggered));
  return PHASES.map((phase, at) => ({ phase, from: ends[at - 1] ?? 0, to: ends[at] ?? 0 })).filter(
    ({ from, to }) => to > from,
  );
}

function progressText({ progress }: CheckpointEntry, task: number): string {
  const one = progress.find((known) => known.task === task);
  switch (one?.phase) {
    case "aligning":
      return `barrier on ${one.barriers} of ${one.channels} channels`;
    case "writing":
      return "writes its state";
    case "answered":
      return "its answer is on its way";
    case "acknowledged":
      return "answered";
    case "notReached":
      return one.channels === 0 ? "not told of it yet" : "no barrier yet";
    case undefined:
      return "";
  }
}
