/**
 * The trace as it is known so far: read in pages, kept over the way back, forgotten where another run or a
 * command makes it another.
 */
import type { TraceEntry } from "../engine/protocol";
import type { Run, Session } from "./session";

/** Entries asked for at once. */
const PAGE = 500;
/** Entries that are kept; older ones are left out, and that is said. */
const ENTRIES_MAX = 5_000;

export class TraceFeed {
  /** What is known, the oldest first: also what comes after the moment that is shown, if it was seen. */
  entries: readonly TraceEntry[] = [];
  /** Entries before the first one kept. */
  missing = 0;
  /** How many of all have happened at the moment that is shown. */
  total = 0;

  private asking = false;
  private stale = false;
  /** The run that the entries are of. */
  private of: Run | null = null;
  private readonly session: Session;
  private readonly changed: () => void;

  /** `changed` is called after each page. */
  constructor(session: Session, changed: () => void) {
    this.session = session;
    this.changed = changed;
  }

  /** Reads what is new. */
  async ask(): Promise<void> {
    this.stale = true;
    if (this.asking) return;
    this.asking = true;
    while (this.takeStale()) await this.askOnce();
    this.asking = false;
  }

  private takeStale(): boolean {
    const { stale } = this;
    this.stale = false;
    return stale;
  }

  private async askOnce(): Promise<void> {
    const { session } = this;
    if (this.of !== session.run) this.forget(0);
    this.of = session.run;
    const from = this.missing + this.entries.length;
    const answer = await session.look({ kind: "trace", from, limit: PAGE }, "trace");
    this.total = answer?.total ?? 0;
    if (answer === null) this.forget(0);
    else if (answer.total > from + ENTRIES_MAX || answer.total < this.missing) {
      this.forget(Math.max(0, answer.total - ENTRIES_MAX));
      this.stale = answer.total > 0;
    } else if (answer.entries.length > 0) {
      const all = [...this.entries, ...answer.entries];
      const over = Math.max(0, all.length - ENTRIES_MAX);
      this.entries = all.slice(over);
      this.missing += over;
      this.stale ||= answer.total > from + answer.entries.length;
    }
    this.changed();
  }

  private forget(missing: number): void {
    this.entries = [];
    this.missing = missing;
  }
}
