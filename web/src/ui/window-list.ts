/**
 * A long list that stays in the engine: only what is in sight of it is here, and is read anew as time moves.
 */
import { Questions } from "./questions";

/** Entries read beside those in sight, above and below. */
const MARGIN = 100;

/** A part of the list, as it is answered. */
export interface Part<Entry> {
  readonly from: number;
  readonly entries: readonly Entry[];
  /** Entries of the whole list. */
  readonly total: number;
}

/** Reads entries from a number on, or the last ones; null where there is no list any more. */
export type ReadPart<Entry> = (from: number | "end", limit: number) => Promise<Part<Entry> | null>;

export class WindowList<Entry> {
  private part: Part<Entry> = { from: 0, entries: [], total: 0 };
  private first = 0;
  private last = 0;
  private followsEnd = true;
  private readonly questions = new Questions(() => this.askOnce());
  /** Counts how often it became another list: what was asked before that is not taken. */
  private age = 0;

  private readonly read: ReadPart<Entry>;
  private readonly changed: () => void;

  constructor(read: ReadPart<Entry>, changed: () => void) {
    this.read = read;
    this.changed = changed;
  }

  /** Entries of the whole list. */
  get total(): number {
    return this.part.total;
  }

  /** An entry; undefined while it is not read yet. */
  at(index: number): Entry | undefined {
    return this.part.entries[index - this.part.from];
  }

  /** An entry, read if it is not yet; undefined where there is none. */
  async entry(index: number): Promise<Entry | undefined> {
    return this.at(index) ?? (await this.read(index, 1))?.entries[0];
  }

  /** These entries are in sight; at the end the list goes on with what comes. */
  show(first: number, last: number, followsEnd: boolean): void {
    this.first = first;
    this.last = last;
    this.followsEnd = followsEnd;
    const { from, entries } = this.part;
    if (first < from || Math.min(last, this.total) > from + entries.length) this.refresh();
  }

  /** Time moved: the list may have become longer or shorter. */
  refresh(): void {
    void this.questions.ask();
  }

  /** It is another list now; what is shown of the one before stays until it is read. */
  restart(): void {
    this.age += 1;
    this.followsEnd = true;
    this.refresh();
  }

  private async askOnce(): Promise<void> {
    const { age } = this;
    const from = this.followsEnd ? "end" : Math.max(0, this.first - MARGIN);
    const part = await this.read(from, this.last - this.first + 2 * MARGIN);
    if (age !== this.age) return;
    this.part = part ?? { from: 0, entries: [], total: 0 };
    this.changed();
  }
}
