/** A record of one of the two streams of a join, as triggers, evictors and assigners of its windows get it. */

/** The fields by which the engine tags the records of the two streams. Rust: `operator::tag_input`. */
const [ONE, TWO] = ["getOne()", "getTwo()"];

/** Of one stream or the other. Flink: `CoGroupedStreams.TaggedUnion`. */
export class TaggedUnion<L = unknown, R = unknown> {
  /** @internal As the engine holds it. */
  readonly row: Record<string, unknown>;

  /** @internal */
  constructor(row: Record<string, unknown>) {
    this.row = row;
  }

  isOne(): boolean {
    return ONE in this.row;
  }

  isTwo(): boolean {
    return TWO in this.row;
  }

  /** The record, if it is of the first stream. */
  getOne(): L | null {
    return (this.row[ONE] ?? null) as L | null;
  }

  /** The record, if it is of the second stream. */
  getTwo(): R | null {
    return (this.row[TWO] ?? null) as R | null;
  }
}

/** The row, or the tagged record that it is. */
export function untagged(row: Record<string, unknown>): unknown {
  return ONE in row || TWO in row ? new TaggedUnion(row) : row;
}

/** What crossed beside the exchange buffer, with tagged records in place of their rows. */
export function revived(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(revived);
  return typeof value === "object" && value !== null ? untagged(value as Record<string, unknown>) : value;
}
