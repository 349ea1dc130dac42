/**
 * What the timeline knows: for each stretch of ticks that was seen, how busy and how back-pressured the
 * job was and how much it printed. A run is deterministic, so what was seen once stays true.
 */

/** Buckets kept; when a run outgrows them, each two become one. */
const BUCKETS_MAX = 2_048;

/** One drawn moment, as the timeline sees it. Ratios in per mille. */
export interface Sample {
  readonly busy: number;
  readonly backPressured: number;
  /** Records that the tasks have taken in since the start. */
  readonly records: number;
  /** Lines printed since the start. */
  readonly lines: number;
}

interface Seen {
  readonly place: number;
  readonly sample: Sample;
}

export class History {
  /** Ticks that one bucket covers. */
  private width = 1;
  private readonly buckets: (Sample | undefined)[] = [];

  clear(): void {
    this.width = 1;
    this.buckets.length = 0;
  }

  /** Notes the moment at `tick`. */
  note(tick: number, sample: Sample): void {
    while (tick / this.width >= BUCKETS_MAX) this.halve();
    this.buckets[Math.floor(tick / this.width)] = sample;
  }

  /** Forgets all that was seen after `tick`: it will be otherwise. */
  forget(tick: number): void {
    this.buckets.length = Math.min(this.buckets.length, Math.floor(tick / this.width) + 1);
  }

  /** The sample that stands for `tick`: its own, or the nearest one before it. */
  at(tick: number): Sample | undefined {
    for (
      let place = Math.min(Math.floor(tick / this.width), this.buckets.length - 1);
      place >= 0;
      place -= 1
    ) {
      const sample = this.buckets[place];
      if (sample !== undefined) return sample;
    }
    return undefined;
  }

  /**
   * `columns` samples that cover the ticks from 0 to `ticks`. Between two that were seen lies a straight
   * line; before the first one seen there is nothing.
   */
  columns(ticks: number, columns: number): readonly (Sample | undefined)[] {
    const result: (Sample | undefined)[] = [];
    let before = this.seen(0);
    let after = before;
    for (let column = 0; column < columns; column += 1) {
      const place = ((column + 1) * ticks) / columns / this.width - 1;
      while (after !== null && after.place < place) {
        before = after;
        after = this.seen(after.place + 1);
      }
      result.push(before === null || place < before.place ? undefined : between(before, after, place));
    }
    return result;
  }

  /** The first bucket from `place` on that holds a sample. */
  private seen(place: number): Seen | null {
    for (let at = place; at < this.buckets.length; at += 1) {
      const sample = this.buckets[at];
      if (sample !== undefined) return { place: at, sample };
    }
    return null;
  }

  private halve(): void {
    const half = Math.ceil(this.buckets.length / 2);
    for (let place = 0; place < half; place += 1) {
      this.buckets[place] = this.buckets[2 * place + 1] ?? this.buckets[2 * place];
    }
    this.buckets.length = half;
    this.width *= 2;
  }
}

/** The sample at `place` on the line from one to the next; after the last one, that one. */
function between(before: Seen, after: Seen | null, place: number): Sample {
  if (after === null || after.place === before.place) return before.sample;
  const share = (place - before.place) / (after.place - before.place);
  const mix = (field: keyof Sample): number =>
    before.sample[field] + share * (after.sample[field] - before.sample[field]);
  return {
    busy: mix("busy"),
    backPressured: mix("backPressured"),
    records: mix("records"),
    lines: mix("lines"),
  };
}
