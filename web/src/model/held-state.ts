/** What restoring a checkpoint would change: its entries beside those that the job has now. */
import type { HeldEntry, HeldState } from "../engine/protocol";

/**
 * What happens to an entry: it stays, gets the value of then, comes back, is forgotten, or comes back to an operator
 * that is asked for it only then.
 */
export type Change = "stays" | "changes" | "returns" | "goes" | "given";

export interface HeldRow {
  readonly entry: HeldEntry;
  /** Null: there is none. */
  readonly then: string | null;
  readonly now: string | null;
  readonly change: Change;
}

/** Both sides by entry: in the order of the checkpoint, then what only the job has. */
export function heldRows({ held, now }: HeldState): HeldRow[] {
  const left = new Map<string, HeldEntry>();
  for (const entry of now) left.set(identityOf(entry), entry);
  const rows = held.map((entry): HeldRow => {
    const identity = identityOf(entry);
    const other = left.get(identity);
    left.delete(identity);
    if (["list", "inFlight", "master"].includes(entry.kind))
      return { entry, then: entry.value, now: null, change: "given" };
    if (other === undefined) return { entry, then: entry.value, now: null, change: "returns" };
    const change = entry.value === other.value ? "stays" : "changes";
    return { entry, then: entry.value, now: other.value, change };
  });
  const others = [...left.values()].map((entry): HeldRow => ({
    entry,
    then: null,
    now: entry.value,
    change: "goes",
  }));
  return [...rows, ...others];
}

export function changeCounts(rows: readonly HeldRow[]): Readonly<Record<Change, number>> {
  const counts = { stays: 0, changes: 0, returns: 0, goes: 0, given: 0 };
  for (const { change } of rows) counts[change] += 1;
  return counts;
}

/** What makes two entries the same one: a timer is its time, a split its number. */
function identityOf({ kind, operator, subtask, name, key, namespace, value }: HeldEntry): string {
  const own = kind === "timer" ? value : kind === "split" ? value.split(":", 1)[0] : "";
  return [kind, operator, subtask, name, key, namespace, own].join("\n");
}

/** How many records each source would read a second time, by its subtask; of sources that count records. */
export function readAgain(
  rows: readonly HeldRow[],
): readonly { readonly name: string; readonly records: number }[] {
  const bySource = new Map<string, number>();
  for (const { entry, then, now } of rows) {
    if (entry.kind !== "split" || entry.subtask === null || then === null) continue;
    const from = nextOf(then);
    const to = now === null ? null : nextOf(now);
    // A split that is read to its end is no more.
    const records = from === null ? 0 : (to ?? lastOf(then) + 1) - from;
    const name = `${entry.operator} (${entry.subtask + 1})`;
    if (records > 0) bySource.set(name, (bySource.get(name) ?? 0) + records);
  }
  return [...bySource].map(([name, records]) => ({ name, records }));
}

const NUMBERS = /^split \d+: (-?\d+) to (-?\d+)$/;

function nextOf(split: string): number | null {
  const next = NUMBERS.exec(split)?.[1];
  return next === undefined ? null : Number(next);
}

function lastOf(split: string): number {
  return Number(NUMBERS.exec(split)?.[2] ?? 0);
}
