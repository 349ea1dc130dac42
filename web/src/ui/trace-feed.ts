/**
 * The trace as it is known so far: read in pages, kept over the way back, forgotten where another run or a
 * command makes it another.
 */
import type { TraceEntry } from "../engine/protocol";
import { Questions } from "./questions";
import type { Run, Session } from "./session";

/** Entries asked for at once. */
const PAGE = 500;
/** Entries that are kept; older ones are left out, and that is said. */
const ENTRIES_MAX = 5_000;

export class TraceFeed {
  /** What is known, the oldest first: also what comes after the moment that is shown, if it was seen. */
  entries: readonly TraceEntry[] = [];
  /** Entries before the first one kept; where only some are wanted, of those. */
  missing = 0;
  /** How many of all have happened at the moment that is shown. */
  total = 0;

  private readonly questions = new Questions(() => this.askOnce());
  /** The number of the first entry that was not read. */
  private next = 0;
  /** The run that the entries are of. */
  private of: Run | null = null;
  private readonly session: Session;
  private readonly changed: () => void;
  private readonly wanted: ((entry: TraceEntry) => boolean) | null;

  /**
   * `changed` is called after each page. Where only some entries are `wanted`, those of a long run are found from its
   * beginning on.
   */
  constructor(session: Session, changed: () => void, wanted: ((entry: TraceEntry) => boolean) | null = null) {
    this.session = session;
    this.changed = changed;
    this.wanted = wanted;
  }

  /** Reads what is new. */
  ask(): Promise<void> {
    return this.questions.ask();
  }

  private async askOnce(): Promise<void> {
    const { session } = this;
    if (this.of !== session.run) this.forget(0);
    this.of = session.run;
    const from = this.next;
    const answer = await session.look({ kind: "trace", from, limit: PAGE }, "trace");
    this.total = answer?.total ?? 0;
    if (answer === null) this.forget(0);
    else if (this.wanted === null && (answer.total > from + ENTRIES_MAX || answer.total < this.missing)) {
      this.forget(Math.max(0, answer.total - ENTRIES_MAX));
      if (answer.total > 0) void this.ask();
    } else if (answer.entries.length > 0) {
      this.next = from + answer.entries.length;
      const news = this.wanted === null ? answer.entries : answer.entries.filter(this.wanted);
      const all = [...this.entries, ...news];
      const over = Math.max(0, all.length - ENTRIES_MAX);
      if (news.length > 0) this.entries = all.slice(over);
      this.missing += over;
      if (answer.total > this.next) void this.ask();
    }
    this.changed();
  }

  private forget(missing: number): void {
    this.entries = [];
    this.missing = missing;
    this.next = missing;
  }
}
