/**
 * What the sinks wrote, as the engine sends it: each moment replaces the lines from a number on. Going
 * back in time cuts lines off, and the same lines come again.
 */
import type { Moment, StdoutLine } from "../engine/protocol";

/** Streams that stand first, in this order, where they have lines. */
const FIRST_STREAMS = ["stdout", "stderr"];

export class StdoutLog {
  private readonly lines: StdoutLine[] = [];
  /** For each stream the places of its lines. */
  private readonly byStream = new Map<string, number[]>();

  /** Takes a moment's lines. True where anything changed. */
  apply(change: Moment["stdout"]): boolean {
    if (change.from === this.lines.length && change.lines.length === 0) return false;
    if (change.from < this.lines.length) this.cut(change.from);
    for (const line of change.lines) {
      let places = this.byStream.get(line.stream);
      if (places === undefined) {
        places = [];
        this.byStream.set(line.stream, places);
      }
      places.push(this.lines.length);
      this.lines.push(line);
    }
    return true;
  }

  clear(): void {
    this.lines.length = 0;
    this.byStream.clear();
  }

  /** Names of the streams; stdout always, the others once they have been written to. */
  streams(): readonly string[] {
    const others = [...this.byStream.keys()].filter((name) => !FIRST_STREAMS.includes(name)).sort();
    return ["stdout", ...(this.byStream.has("stderr") ? ["stderr"] : []), ...others];
  }

  count(stream: string): number {
    return this.byStream.get(stream)?.length ?? 0;
  }

  /** Line `index` of one stream. */
  line(stream: string, index: number): StdoutLine | undefined {
    const place = this.byStream.get(stream)?.[index];
    return place === undefined ? undefined : this.lines[place];
  }

  get total(): number {
    return this.lines.length;
  }

  private cut(length: number): void {
    this.lines.length = length;
    for (const places of this.byStream.values()) {
      let keep = places.length;
      while (keep > 0 && (places[keep - 1] ?? 0) >= length) keep -= 1;
      places.length = keep;
    }
  }
}
