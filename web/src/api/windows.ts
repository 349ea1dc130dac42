/** Windows and what puts records into them. */
import * as native from "../engine/native";
import { constantArgument } from "./arguments";
import { spanArgument, type TimeSpan } from "./duration";
import { guardMembers, guardStatics } from "./guard";
import { callNative } from "./native-call";
import { session } from "./session";
import type { Trigger, TriggerLike } from "./triggers";

/** A span of event or processing time, its end not included. Flink: `TimeWindow`. */
export class TimeWindow {
  readonly #start: number;
  readonly #end: number;

  constructor(start: number, end: number) {
    this.#start = start;
    this.#end = end;
  }

  getStart(): number {
    return this.#start;
  }

  getEnd(): number {
    return this.#end;
  }

  /** The last millisecond that belongs to it. */
  maxTimestamp(): number {
    const end: number | bigint = this.#end;
    return typeof end === "bigint" ? (BigInt.asIntN(64, end - 1n) as unknown as number) : end - 1;
  }

  /** Whether they overlap, or one begins where the other ends. */
  intersects(other: TimeWindow): boolean {
    return this.#start <= other.#end && this.#end >= other.#start;
  }

  /** The least window that holds both. */
  cover(other: TimeWindow): TimeWindow {
    return new TimeWindow(Math.min(this.#start, other.#start), Math.max(this.#end, other.#end));
  }

  /** Says which of these overlap or touch: what `mergeWindows` of sessions does. */
  static mergeWindows(windows: Iterable<TimeWindow>, callback: MergeCallback): void {
    const sorted = [...windows].sort((one, other) => one.#start - other.#start);
    const results: { cover: TimeWindow; parts: Set<TimeWindow> }[] = [];
    for (const window of sorted) {
      const last = results.at(-1);
      if (last === undefined || !last.cover.intersects(window)) {
        results.push({ cover: window, parts: new Set([window]) });
        continue;
      }
      last.cover = last.cover.cover(window);
      const { parts } = last;
      if (![...parts].some((part) => part.#start === window.#start && part.#end === window.#end)) {
        parts.add(window);
      }
    }
    for (const { cover, parts } of results) if (parts.size > 1) callback.merge(parts, cover);
  }

  /** Where the window of a timestamp begins: windows of `windowSize` begin `offset` after its multiples. */
  static getWindowStartWithOffset(timestamp: number, offset: number, windowSize: number): number {
    return native.windowStart(timestamp, offset, windowSize);
  }

  toString(): string {
    return `TimeWindow{start=${this.#start}, end=${this.#end}}`;
  }
}

/** The one window of all records. Flink: `GlobalWindow`. */
export class GlobalWindow {
  /** The greatest of Java's Longs. */
  maxTimestamp(): number {
    return LONG_MAX as unknown as number;
  }

  toString(): string {
    return "GlobalWindow";
  }
}

const LONG_MAX = 2n ** 63n - 1n;

/** Puts records into windows. May be extended. Flink: `WindowAssigner`. */
export abstract class WindowAssigner {
  getDefaultTrigger?(): Trigger | TriggerLike<never>;
  isEventTime?(): boolean;
}

/** Is told of windows that become one; a `Set` of them is in the order of Java's hash sets. */
export interface MergeCallback {
  merge(toBeMerged: Iterable<TimeWindow>, mergeResult: TimeWindow): void;
}

/** Puts records into windows that may become one. To be extended. Flink: `MergingWindowAssigner`. */
export abstract class MergingWindowAssigner extends WindowAssigner {
  abstract mergeWindows(windows: readonly TimeWindow[], callback: MergeCallback): void;
}

/** An assigner that the engine knows. */
abstract class KnownAssigner extends WindowAssigner {
  /** @internal */
  readonly handle: native.WindowAssigner;

  /** @internal */
  protected constructor(make: () => native.WindowAssigner) {
    super();
    this.handle = callNative(make);
  }
}

/** A window assigner of the job's own. */
export interface CustomWindowAssigner<T> {
  assignWindows(
    element: T,
    timestamp: number,
    context: { getCurrentProcessingTime(): number },
  ): Iterable<TimeWindow>;
  getDefaultTrigger?(): Trigger | TriggerLike<T>;
  /** Whether windows follow event time (the default) or processing time. */
  isEventTime?(): boolean;
  /** Where it is there, windows of a key may become one; the new one is the last of `windows`. */
  mergeWindows?(windows: readonly TimeWindow[], callback: MergeCallback): void;
}

/** The gap that ends the session of a record. Flink: `SessionWindowTimeGapExtractor`. */
export type SessionGapExtractor<T> = ((element: T) => number) | { extract(element: T): number };

/** By how much windows begin later in some subtasks than in others, so that not all fire at once. */
export const WindowStagger = { ALIGNED: "ALIGNED", RANDOM: "RANDOM", NATURAL: "NATURAL" } as const;
export type WindowStagger = keyof typeof WindowStagger;

/** Its place among the constants. */
function staggerArgument(call: string, given: unknown): number {
  const constants = Object.keys(WindowStagger);
  return constants.indexOf(constantArgument(call, "a stagger", given, constants));
}

/** Windows of equal size, one after the other, by event time. */
export class TumblingEventTimeWindows extends KnownAssigner {
  /**
   * @param offset Where windows begin, after multiples of `size` since the epoch.
   * @param windowStagger By how much the windows of each subtask begin later than that.
   */
  static of(
    size: TimeSpan,
    offset: TimeSpan = 0,
    windowStagger: WindowStagger = "ALIGNED",
  ): TumblingEventTimeWindows {
    const call = "TumblingEventTimeWindows.of(size, offset, windowStagger)";
    const [sizeMs, offsetMs] = [spanArgument(call, size), spanArgument(call, offset)];
    const stagger = staggerArgument(call, windowStagger);
    return new TumblingEventTimeWindows(() =>
      native.WindowAssigner.tumbling(native.TimeDomain.EventTime, sizeMs, offsetMs, stagger),
    );
  }
}

/** Windows of equal size, one after the other, by processing time. */
export class TumblingProcessingTimeWindows extends KnownAssigner {
  /**
   * @param offset Where windows begin, after multiples of `size` since the epoch.
   * @param windowStagger By how much the windows of each subtask begin later than that.
   */
  static of(
    size: TimeSpan,
    offset: TimeSpan = 0,
    windowStagger: WindowStagger = "ALIGNED",
  ): TumblingProcessingTimeWindows {
    const call = "TumblingProcessingTimeWindows.of(size, offset, windowStagger)";
    const [sizeMs, offsetMs] = [spanArgument(call, size), spanArgument(call, offset)];
    const stagger = staggerArgument(call, windowStagger);
    return new TumblingProcessingTimeWindows(() =>
      native.WindowAssigner.tumbling(native.TimeDomain.ProcessingTime, sizeMs, offsetMs, stagger),
    );
  }
}

/** Windows of equal size that begin every `slide`, by event time. */
export class SlidingEventTimeWindows extends KnownAssigner {
  static of(size: TimeSpan, slide: TimeSpan, offset: TimeSpan = 0): SlidingEventTimeWindows {
    const call = "SlidingEventTimeWindows.of(size, slide, offset)";
    const [sizeMs, slideMs] = [spanArgument(call, size), spanArgument(call, slide)];
    const offsetMs = spanArgument(call, offset);
    return new SlidingEventTimeWindows(() =>
      native.WindowAssigner.sliding(native.TimeDomain.EventTime, sizeMs, slideMs, offsetMs),
    );
  }
}

/** Windows of equal size that begin every `slide`, by processing time. */
export class SlidingProcessingTimeWindows extends KnownAssigner {
  static of(size: TimeSpan, slide: TimeSpan, offset: TimeSpan = 0): SlidingProcessingTimeWindows {
    const call = "SlidingProcessingTimeWindows.of(size, slide, offset)";
    const [sizeMs, slideMs] = [spanArgument(call, size), spanArgument(call, slide)];
    const offsetMs = spanArgument(call, offset);
    return new SlidingProcessingTimeWindows(() =>
      native.WindowAssigner.sliding(native.TimeDomain.ProcessingTime, sizeMs, slideMs, offsetMs),
    );
  }
}

/** Windows that end where no record comes for a while, by event time. */
export class EventTimeSessionWindows extends KnownAssigner {
  static withGap(size: TimeSpan): EventTimeSessionWindows {
    const sizeMs = spanArgument("EventTimeSessionWindows.withGap(size)", size);
    return new EventTimeSessionWindows(() =>
      native.WindowAssigner.session(native.TimeDomain.EventTime, sizeMs, false),
    );
  }

  /** The gap is each record's own, in milliseconds. */
  static withDynamicGap<T>(extractor: SessionGapExtractor<T>): EventTimeSessionWindows {
    const call = "EventTimeSessionWindows.withDynamicGap(extractor)";
    const id = session().functions.add(call, "sessionGap", extractor);
    return new EventTimeSessionWindows(() =>
      native.WindowAssigner.session(native.TimeDomain.EventTime, id, true),
    );
  }
}

/** Windows that end where no record comes for a while, by processing time. */
export class ProcessingTimeSessionWindows extends KnownAssigner {
  static withGap(size: TimeSpan): ProcessingTimeSessionWindows {
    const sizeMs = spanArgument("ProcessingTimeSessionWindows.withGap(size)", size);
    return new ProcessingTimeSessionWindows(() =>
      native.WindowAssigner.session(native.TimeDomain.ProcessingTime, sizeMs, false),
    );
  }

  /** The gap is each record's own, in milliseconds. */
  static withDynamicGap<T>(extractor: SessionGapExtractor<T>): ProcessingTimeSessionWindows {
    const call = "ProcessingTimeSessionWindows.withDynamicGap(extractor)";
    const id = session().functions.add(call, "sessionGap", extractor);
    return new ProcessingTimeSessionWindows(() =>
      native.WindowAssigner.session(native.TimeDomain.ProcessingTime, id, true),
    );
  }
}

/** One window for all records: it fires by its trigger only. */
export class GlobalWindows extends KnownAssigner {
  /** @internal Whether it fires when the input has ended. */
  readonly endsWithInput: boolean;

  private constructor(endsWithInput: boolean) {
    super(() => native.WindowAssigner.global());
    this.endsWithInput = endsWithInput;
  }

  static create(): GlobalWindows {
    return new GlobalWindows(false);
  }

  /** The same, and it fires when the input has ended. */
  static createWithEndOfStreamTrigger(): GlobalWindows {
    return new GlobalWindows(true);
  }
}

/** What `window(...)` was given, as the engine holds it. */
export function assignerHandle(call: string, given: unknown): native.WindowAssigner {
  if (given instanceof KnownAssigner) return given.handle;
  const id = session().functions.add(call, "windowAssigner", given);
  const custom = given as CustomWindowAssigner<unknown> & object;
  const eventTime = custom.isEventTime?.() ?? true;
  const domain = eventTime ? native.TimeDomain.EventTime : native.TimeDomain.ProcessingTime;
  return native.WindowAssigner.custom(
    custom.constructor.name || "WindowAssigner",
    id,
    domain,
    "mergeWindows" in custom,
  );
}

/** The trigger that a job's own assigner wants where the job sets none. */
export function defaultTriggerOf(given: unknown): unknown {
  return given instanceof KnownAssigner
    ? undefined
    : (given as CustomWindowAssigner<unknown>).getDefaultTrigger?.();
}

guardStatics({ WindowAssigner, MergingWindowAssigner });
guardMembers({
  TimeWindow,
  GlobalWindow,
  KnownAssigner,
  TumblingEventTimeWindows,
  TumblingProcessingTimeWindows,
  SlidingEventTimeWindows,
  SlidingProcessingTimeWindows,
  EventTimeSessionWindows,
  ProcessingTimeSessionWindows,
  GlobalWindows,
});
