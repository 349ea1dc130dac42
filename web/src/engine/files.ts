/** The file system of the checkpoints, and how the engine's rows become it. */
import { Rows, type CheckpointRows } from "./checkpoints";

/** As `FileNeed` of the engine: a need's place is its number. */
const NEEDS = ["none", "registry", "underWay", "kept", "savepoint"] as const;
const FAULTS = [null, "down", "full"] as const;

/** A file. */
export interface FileEntry {
  readonly path: string;
  readonly bytes: number;
  /** The tick at which it was complete. */
  readonly written: number;
  /** The place of the task that wrote it; null: the JobMaster, or somebody outside. */
  readonly task: number | null;
  /**
   * Why it is there: for a savepoint, a checkpoint that is kept, or one that is under way; until the registry learns that
   * nobody uses it; for nobody, since the process is gone that wrote it.
   */
  readonly need: (typeof NEEDS)[number];
  /** The checkpoints that need it, oldest first; more than one share it. */
  readonly users: readonly number[];
}

/** A file that is being written or read. */
export interface FileRequest {
  readonly path: string;
  readonly read: boolean;
  readonly bytes: number;
  /** The tick at which it is complete. */
  readonly done: number;
  readonly task: number | null;
}

/** All files by path, and what is under way, in order. */
export interface Files {
  /** What is wrong with the file system. */
  readonly fault: (typeof FAULTS)[number];
  readonly files: readonly FileEntry[];
  readonly requests: readonly FileRequest[];
}

/** A file, opened. */
export interface FileContents {
  readonly bytes: Uint8Array;
  /** What it is, and whether it is whole. */
  readonly text: string;
}

/** Reads the engine's rows, from their first number to their last. */
export function readFiles({ numbers, texts }: CheckpointRows): Files {
  const rows = new Rows(numbers, texts);
  const fault = FAULTS[rows.next()] ?? null;
  const files = rows.list(() => {
    const path = rows.text();
    const [bytes, written] = rows.many(2);
    const task = rows.optional();
    const need = NEEDS[rows.next()] ?? "none";
    return { path, bytes, written, task, need, users: rows.list(() => rows.next()) };
  });
  const requests = rows.list(() => {
    const path = rows.text();
    const [read, bytes, done] = rows.many(3);
    return { path, read: read === 1, bytes, done, task: rows.optional() };
  });
  return { fault, files, requests };
}
