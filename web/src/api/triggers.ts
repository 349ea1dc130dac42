/** When a window's contents are computed. */
import * as native from "../engine/native";
import { booleanArgument, integerArgument, numberArgument } from "./arguments";
import { spanArgument, type TimeSpan } from "./duration";
import { guardMembers, guardStatics } from "./guard";
import { callNative } from "./native-call";
import { session } from "./session";
import type { EngineTriggerContext, MergeContext } from "./window-context";
import type { TimeWindow } from "./windows";

/** What a trigger answers: go on, compute, forget, or both. Flink: `TriggerResult`. */
export const TriggerResult = {
  CONTINUE: "CONTINUE",
  FIRE: "FIRE",
  PURGE: "PURGE",
  FIRE_AND_PURGE: "FIRE_AND_PURGE",
} as const;
export type TriggerResult = keyof typeof TriggerResult;

/** What a trigger may ask and do. Flink: `Trigger.TriggerContext`. */
export type TriggerContext = EngineTriggerContext;

/** The same when windows have merged. Flink: `Trigger.OnMergeContext`. */
export type OnMergeContext = MergeContext;

/** A trigger of the job's own. */
export interface TriggerLike<T> {
  onElement(element: T, timestamp: number, window: TimeWindow, ctx: TriggerContext): TriggerResult;
  onEventTime(time: number, window: TimeWindow, ctx: TriggerContext): TriggerResult;
  onProcessingTime(time: number, window: TimeWindow, ctx: TriggerContext): TriggerResult;
  clear(window: TimeWindow, ctx: TriggerContext): void;
  canMerge?(): boolean;
  onMerge?(window: TimeWindow, ctx: OnMergeContext): void;
}

/** Of a trigger made by the API; a subclass of the job's own has none. */
const handles = new WeakMap<object, native.Trigger>();

/** Decides when a window is computed. May be extended. Flink: `Trigger`. */
export abstract class Trigger<T = unknown> {
  onElement?(element: T, timestamp: number, window: TimeWindow, ctx: TriggerContext): TriggerResult;
  onEventTime?(time: number, window: TimeWindow, ctx: TriggerContext): TriggerResult;
  onProcessingTime?(time: number, window: TimeWindow, ctx: TriggerContext): TriggerResult;
  clear?(window: TimeWindow, ctx: TriggerContext): void;
  canMerge?(): boolean;

  onMerge(_window: TimeWindow, _ctx: OnMergeContext): void {
    throw new Error("This trigger does not support merging.");
  }
}

/** A trigger that the engine knows. */
abstract class KnownTrigger extends Trigger {
  /** @internal */
  protected constructor(make: () => native.Trigger) {
    super();
    handles.set(this, callNative(make));
  }
}

/** When the watermark passes the window's end. */
export class EventTimeTrigger extends KnownTrigger {
  static create(): EventTimeTrigger {
    return new EventTimeTrigger(() => native.Trigger.atEnd(native.TimeDomain.EventTime));
  }
}

/** When the clock passes the window's end. */
export class ProcessingTimeTrigger extends KnownTrigger {
  static create(): ProcessingTimeTrigger {
    return new ProcessingTimeTrigger(() => native.Trigger.atEnd(native.TimeDomain.ProcessingTime));
  }
}

/** Once, when the input has ended. Flink: `GlobalWindows.EndOfStreamTrigger`. */
export class EndOfStreamTrigger extends KnownTrigger {
  /** @internal */
  static create(): EndOfStreamTrigger {
    return new EndOfStreamTrigger(() => native.Trigger.atEnd());
  }
}

/** At each `maxCount` records. */
export class CountTrigger extends KnownTrigger {
  static of(maxCount: number): CountTrigger {
    const count = integerArgument("CountTrigger.of(maxCount)", "a count", maxCount, { min: -(2 ** 31) });
    return new CountTrigger(() => native.Trigger.count(count));
  }
}

/** Every so often in event time, and at the window's end. */
export class ContinuousEventTimeTrigger extends KnownTrigger {
  static of(interval: TimeSpan): ContinuousEventTimeTrigger {
    const millis = spanArgument("ContinuousEventTimeTrigger.of(interval)", interval);
    return new ContinuousEventTimeTrigger(() =>
      native.Trigger.continuous(native.TimeDomain.EventTime, millis),
    );
  }
}

/** Every so often in processing time, and at the window's end. */
export class ContinuousProcessingTimeTrigger extends KnownTrigger {
  static of(interval: TimeSpan): ContinuousProcessingTimeTrigger {
    const millis = spanArgument("ContinuousProcessingTimeTrigger.of(interval)", interval);
    return new ContinuousProcessingTimeTrigger(() =>
      native.Trigger.continuous(native.TimeDomain.ProcessingTime, millis),
    );
  }
}

/** How far two records are apart. Flink: `DeltaFunction`. */
export type DeltaFunction<T> =
  ((oldDataPoint: T, newDataPoint: T) => number) | { getDelta(oldDataPoint: T, newDataPoint: T): number };

/** When a record is further than `threshold` from the one that fired last. */
export class DeltaTrigger extends KnownTrigger {
  static of<T>(threshold: number, deltaFunction: DeltaFunction<T>): DeltaTrigger {
    const call = "DeltaTrigger.of(threshold, deltaFunction)";
    const limit = numberArgument(call, "a threshold", threshold);
    const id = session().functions.add(call, "delta", deltaFunction);
    return new DeltaTrigger(() => native.Trigger.delta(limit, id));
  }
}

/** As the nested trigger, and forgets the window's contents when it fires. */
export class PurgingTrigger extends KnownTrigger {
  static of<T>(nestedTrigger: Trigger<T> | TriggerLike<T>): PurgingTrigger {
    const nested = triggerHandle("PurgingTrigger.of(nestedTrigger)", nestedTrigger);
    return new PurgingTrigger(() => native.Trigger.purging(nested));
  }
}

/** As the nested trigger, and at the latest `timeout` after the first record. */
export class ProcessingTimeoutTrigger extends KnownTrigger {
  /**
   * @param resetTimerOnNewRecord Whether each record begins the time-out anew.
   * @param shouldClearOnTimeout Whether what the nested trigger keeps is forgotten when it fires by a timer.
   */
  static of<T>(
    nestedTrigger: Trigger<T> | TriggerLike<T>,
    timeout: TimeSpan,
    resetTimerOnNewRecord = false,
    shouldClearOnTimeout = true,
  ): ProcessingTimeoutTrigger {
    const call = "ProcessingTimeoutTrigger.of(nestedTrigger, timeout)";
    const nested = triggerHandle(call, nestedTrigger);
    const millis = spanArgument(call, timeout);
    const resets = booleanArgument(call, "resetTimerOnNewRecord", resetTimerOnNewRecord);
    const clears = booleanArgument(call, "shouldClearOnTimeout", shouldClearOnTimeout);
    return new ProcessingTimeoutTrigger(() =>
      native.Trigger.processingTimeout(nested, millis, resets, clears),
    );
  }
}

/** What `trigger(...)` was given, as the engine holds it. */
export function triggerHandle(call: string, given: unknown): native.Trigger {
  if (typeof given === "object" && given !== null) {
    const known = handles.get(given);
    if (known !== undefined) return known;
  }
  const id = session().functions.add(call, "trigger", given);
  return native.Trigger.custom(id, (given as TriggerLike<unknown>).canMerge?.() ?? false);
}

guardStatics({ Trigger });
guardMembers({
  KnownTrigger,
  EventTimeTrigger,
  ProcessingTimeTrigger,
  EndOfStreamTrigger,
  CountTrigger,
  ContinuousEventTimeTrigger,
  ContinuousProcessingTimeTrigger,
  DeltaTrigger,
  PurgingTrigger,
  ProcessingTimeoutTrigger,
});
