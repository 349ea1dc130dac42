/** What a checkpoint holds, beside what the job has now, and how the engine's rows become it. */
import { Rows, type CheckpointRows } from "./checkpoints";

/** As `HeldKind` of the engine: a kind's place is its number. */
const KINDS = ["keyed", "timer", "split", "list", "inFlight", "master"] as const;

/** One entry of state. */
export interface HeldEntry {
  readonly kind: (typeof KINDS)[number];
  /** Of a keyed state. */
  readonly keyGroup: number;
  /** Null: it belongs to the coordinator of the operator, not to a subtask. */
  readonly subtask: number | null;
  readonly operator: string;
  /** The state's, the list's, the side's of a channel, the clock's of a timer. */
  readonly name: string;
  readonly key: string;
  readonly namespace: string;
  readonly value: string;
}

/** Both sides; what operators hand in only when they are asked for it is not told of now. */
export interface HeldState {
  /** Why it cannot be read; else empty. */
  readonly error: string;
  readonly held: readonly HeldEntry[];
  readonly now: readonly HeldEntry[];
}

/** Reads the engine's rows, from their first number to their last. */
export function readHeldState({ numbers, texts }: CheckpointRows): HeldState {
  const rows = new Rows(numbers, texts);
  const error = rows.text();
  const read = (): HeldEntry[] => rows.list(() => readEntry(rows));
  return { error, held: read(), now: read() };
}

function readEntry(rows: Rows): HeldEntry {
  const [kind, keyGroup] = rows.many(2);
  return {
    kind: KINDS[kind] ?? "list",
    keyGroup,
    subtask: rows.optional(),
    operator: rows.text(),
    name: rows.text(),
    key: rows.text(),
    namespace: rows.text(),
    value: rows.text(),
  };
}
