/** What takes records out of a window before or after its function. */
import * as native from "../engine/native";
import { integerArgument, numberArgument } from "./arguments";
import { spanArgument, type TimeSpan } from "./duration";
import { guardMembers } from "./guard";
import { session } from "./session";
import type { DeltaFunction } from "./triggers";
import type { EvictableElements } from "./window-context";
import type { TimeWindow } from "./windows";

/** A record of a window and its time. Flink: `TimestampedValue`. */
export interface TimestampedValue<T> {
  getValue(): T;
  getTimestamp(): number;
}

/** An evictor of the job's own. */
export interface EvictorLike<T> {
  evictBefore(elements: EvictableElements<T>, size: number, window: TimeWindow, ctx: object): void;
  evictAfter(elements: EvictableElements<T>, size: number, window: TimeWindow, ctx: object): void;
}

/** Takes records out of a window. May be extended. Flink: `Evictor`. */
export abstract class Evictor<T = unknown> {
  evictBefore?(elements: EvictableElements<T>, size: number, window: TimeWindow, ctx: object): void;
  evictAfter?(elements: EvictableElements<T>, size: number, window: TimeWindow, ctx: object): void;
}

/** An evictor that the engine knows. */
abstract class KnownEvictor extends Evictor {
  /** @internal */
  readonly handle: native.Evictor;

  /** @internal */
  protected constructor(handle: native.Evictor) {
    super();
    this.handle = handle;
  }
}

/** Keeps the last `maxCount` records. */
export class CountEvictor extends KnownEvictor {
  static of(maxCount: number, doEvictAfter = false): CountEvictor {
    const count = integerArgument("CountEvictor.of(maxCount)", "a count", maxCount, { min: -(2 ** 31) });
    return new CountEvictor(native.Evictor.count(count, doEvictAfter));
  }
}

/** Keeps the records of the last `windowSize`. */
export class TimeEvictor extends KnownEvictor {
  static of(windowSize: TimeSpan, doEvictAfter = false): TimeEvictor {
    const millis = spanArgument("TimeEvictor.of(windowSize)", windowSize);
    return new TimeEvictor(native.Evictor.time(millis, doEvictAfter));
  }
}

/** Takes out the records that are further than `threshold` from the last one. */
export class DeltaEvictor extends KnownEvictor {
  static of<T>(threshold: number, deltaFunction: DeltaFunction<T>, doEvictAfter = false): DeltaEvictor {
    const call = "DeltaEvictor.of(threshold, deltaFunction)";
    const limit = numberArgument(call, "a threshold", threshold);
    const id = session().functions.add(call, "delta", deltaFunction);
    return new DeltaEvictor(native.Evictor.delta(limit, id, doEvictAfter));
  }
}

/** What `evictor(...)` was given, as the engine holds it. */
export function evictorHandle(call: string, given: unknown): native.Evictor {
  if (given instanceof KnownEvictor) return given.handle;
  return native.Evictor.custom(session().functions.add(call, "evictor", given));
}

guardMembers({ KnownEvictor, CountEvictor, TimeEvictor, DeltaEvictor });
