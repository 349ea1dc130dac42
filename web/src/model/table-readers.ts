/**
 * A table of an external system as two readers see it: one that sees what was committed, and one that sees all rows
 * that were ever written.
 */

export interface WrittenRow {
  readonly text: string;
  readonly tick: number;
  readonly task: number;
}

export interface TableRow extends WrittenRow {
  /** The tick at which it was committed; null: it is not. */
  readonly committed: number | null;
  /** It never will be: its transaction was lost with the attempt that wrote it. */
  readonly lost: boolean;
}

/** All rows in the order in which they were written, each with what became of it. */
export function tableRows(all: readonly WrittenRow[], committed: readonly WrittenRow[]): TableRow[] {
  const ticks = new Array<number | null>(all.length).fill(null);
  // The same row may have been written more than once: the newest that was there is the one that was committed.
  for (const row of committed) {
    const place = all.findLastIndex(
      (written, at) =>
        ticks[at] === null &&
        written.task === row.task &&
        written.text === row.text &&
        written.tick <= row.tick,
    );
    if (place >= 0) ticks[place] = row.tick;
  }
  // A subtask's transactions are committed in order: what was left behind stays so.
  const lastCommitted = new Map<number, number>();
  all.forEach(({ task }, at) => {
    if (ticks[at] !== null) lastCommitted.set(task, at);
  });
  return all.map((row, at) => {
    const tick = ticks[at] ?? null;
    return { ...row, committed: tick, lost: tick === null && at < (lastCommitted.get(row.task) ?? -1) };
  });
}
