/** What a process function sees beside its record: time, key, side outputs. */
import * as native from "../engine/native";
import { instanceArgument, longArgument } from "./arguments";
import { got, put } from "./exchange";
import { guardMembers } from "./guard";
import { OutputTag } from "./output-tag";

/** The subtask's clocks and timers. Flink: `TimerService`. */
export class TimerService {
  /** Milliseconds of the virtual clock. */
  currentProcessingTime(): number {
    return native.now();
  }

  /** The operator's watermark; before the first one Java's `Long.MIN_VALUE`, which is a bigint. */
  currentWatermark(): number {
    return native.watermark() as number;
  }

  /** Calls `onTimer` for the current key when the watermark has reached `timestamp`; once, however often it is called. */
  registerEventTimeTimer(timestamp: number): void {
    native.registerTimer(true, time("registerEventTimeTimer(timestamp)", timestamp));
  }

  /** Calls `onTimer` for the current key when the clock has passed `timestamp`. */
  registerProcessingTimeTimer(timestamp: number): void {
    native.registerTimer(false, time("registerProcessingTimeTimer(timestamp)", timestamp));
  }

  deleteEventTimeTimer(timestamp: number): void {
    native.deleteTimer(true, time("deleteEventTimeTimer(timestamp)", timestamp));
  }

  deleteProcessingTimeTimer(timestamp: number): void {
    native.deleteTimer(false, time("deleteProcessingTimeTimer(timestamp)", timestamp));
  }
}

function time(call: string, timestamp: unknown): bigint {
  return longArgument(call, "a timestamp", timestamp);
}

const timerService = new TimerService();

/** Flink: `ProcessFunction.Context`. */
export class ProcessContext {
  /**
   * The record's event time; `null` where it has none. Of a record from a source without watermark strategy it
   * is Java's `Long.MIN_VALUE`, which is a bigint.
   */
  timestamp(): number | null {
    return native.timestamp() as number | null;
  }

  timerService(): TimerService {
    return timerService;
  }

  /** Emits a record to a side output. */
  output<T>(tag: OutputTag<T>, record: T): void {
    instanceArgument("output(tag, record)", tag, OutputTag, 'new OutputTag("late")');
    native.output(tag.getId(), put(record));
  }
}

/** Flink: `KeyedProcessFunction.Context`. */
export class KeyedContext<K> extends ProcessContext {
  /** The key of the record, or of the timer. */
  getCurrentKey(): K {
    return got(native.currentKey()) as K;
  }
}

/** `EVENT_TIME` or `PROCESSING_TIME`. Flink: `TimeDomain`. */
export type TimeDomain = "EVENT_TIME" | "PROCESSING_TIME";

/** Flink: `ProcessFunction.OnTimerContext`. */
export interface OnTimerContext extends ProcessContext {
  timeDomain(): TimeDomain;
}

/** Flink: `KeyedProcessFunction.OnTimerContext`. */
export interface KeyedOnTimerContext<K> extends KeyedContext<K> {
  timeDomain(): TimeDomain;
}

/** A context that tells which clock the timer is of. */
class TimerContext extends ProcessContext implements OnTimerContext {
  readonly #domain: TimeDomain;

  constructor(domain: TimeDomain) {
    super();
    this.#domain = domain;
  }

  timeDomain(): TimeDomain {
    return this.#domain;
  }
}

/** The same with the timer's key. */
class KeyedTimerContext extends KeyedContext<unknown> implements KeyedOnTimerContext<unknown> {
  readonly #domain: TimeDomain;

  constructor(domain: TimeDomain) {
    super();
    this.#domain = domain;
  }

  timeDomain(): TimeDomain {
    return this.#domain;
  }
}

guardMembers({ TimerService, ProcessContext, KeyedContext, TimerContext, KeyedTimerContext });

/** The contexts that the engine's calls hand out: one each, as the engine knows the record at hand. */
export const processContext = new ProcessContext();
export const keyedContext = new KeyedContext<unknown>();

const timerContexts = {
  EVENT_TIME: [new TimerContext("EVENT_TIME"), new KeyedTimerContext("EVENT_TIME")],
  PROCESSING_TIME: [new TimerContext("PROCESSING_TIME"), new KeyedTimerContext("PROCESSING_TIME")],
} as const;

/** The context of a timer that fires. */
export function onTimerContext(isKeyed: boolean, isEventTime: boolean): OnTimerContext {
  const [plain, keyed] = timerContexts[isEventTime ? "EVENT_TIME" : "PROCESSING_TIME"];
  return isKeyed ? keyed : plain;
}
