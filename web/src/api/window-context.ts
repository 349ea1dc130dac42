/** What functions, triggers and evictors of windows see beside their records. */
import * as native from "../engine/native";
import { instanceArgument, longArgument } from "./arguments";
import { reject } from "./errors";
import { put } from "./exchange";
import type { TimestampedValue } from "./evictors";
import { guardMembers } from "./guard";
import { OutputTag } from "./output-tag";
import { KeyedStateStore, stateOf } from "./runtime-context";
import type { AggregatingState, ListState, ReducingState, State, ValueState } from "./state";
import type { ValueStateDescriptor } from "./state-descriptors";
import {
  AggregatingStateDescriptor,
  ListStateDescriptor,
  ReducingStateDescriptor,
  type StateDescriptor,
} from "./state-descriptors";
import { GlobalWindow, TimeWindow } from "./windows";

const globalWindow = new GlobalWindow();

/** A window as the engine tells it: its start and end; nothing for the one of all records. */
export function windowOf(told: unknown): TimeWindow {
  if (!Array.isArray(told)) return globalWindow as unknown as TimeWindow;
  const [start, end] = told as [number, number];
  return new TimeWindow(start, end);
}

/** State for all windows of a key, and for the one at hand. */
const globalState = new KeyedStateStore();
const windowState = new KeyedStateStore((kind, name) => native.statePartitioned(kind, name, true));

/** Flink: `ProcessWindowFunction.Context`. */
export class WindowContext {
  readonly #window: TimeWindow;

  /** @internal */
  constructor(window: TimeWindow) {
    this.#window = window;
  }

  window(): TimeWindow {
    return this.#window;
  }

  currentProcessingTime(): number {
    return native.now();
  }

  currentWatermark(): number {
    return native.watermark() as number;
  }

  /** State of the key in this window; forget it in `clear`. */
  windowState(): KeyedStateStore {
    return windowState;
  }

  /** State of the key in all of its windows. */
  globalState(): KeyedStateStore {
    return globalState;
  }

  /** Emits a record to a side output. */
  output<T>(tag: OutputTag<T>, record: T): void {
    instanceArgument("output(tag, record)", tag, OutputTag, 'new OutputTag("late")');
    native.output(tag.getId(), put(record));
  }
}

/** Flink: `Trigger.TriggerContext`. */
export class EngineTriggerContext {
  getCurrentProcessingTime(): number {
    return native.now();
  }

  getCurrentWatermark(): number {
    return native.watermark() as number;
  }

  registerEventTimeTimer(time: number): void {
    native.registerTimer(true, longArgument("registerEventTimeTimer(time)", "a time", time));
  }

  registerProcessingTimeTimer(time: number): void {
    native.registerTimer(false, longArgument("registerProcessingTimeTimer(time)", "a time", time));
  }

  deleteEventTimeTimer(time: number): void {
    native.deleteTimer(true, longArgument("deleteEventTimeTimer(time)", "a time", time));
  }

  deleteProcessingTimeTimer(time: number): void {
    native.deleteTimer(false, longArgument("deleteProcessingTimeTimer(time)", "a time", time));
  }

  /** State of the key and the window. */
  getPartitionedState<T>(descriptor: ValueStateDescriptor<T>): ValueState<T>;
  getPartitionedState<T>(descriptor: ListStateDescriptor<T>): ListState<T>;
  getPartitionedState<T>(descriptor: ReducingStateDescriptor<T>): ReducingState<T>;
  getPartitionedState<T, A, R>(descriptor: AggregatingStateDescriptor<T, A, R>): AggregatingState<T, A, R>;
  getPartitionedState(descriptor: StateDescriptor): State {
    return partitionedState("getPartitionedState(descriptor)", descriptor);
  }
}

/** Flink: `Trigger.OnMergeContext`. */
export class MergeContext extends EngineTriggerContext {
  readonly #window: TimeWindow;
  readonly #merged: readonly TimeWindow[];

  /** @internal */
  constructor(window: TimeWindow, merged: readonly TimeWindow[]) {
    super();
    this.#window = window;
    this.#merged = merged;
  }

  /** Moves what is kept for the windows that have merged to the new one. */
  mergePartitionedState(descriptor: StateDescriptor): void {
    const call = "mergePartitionedState(descriptor)";
    const join = joinOf(call, descriptor);
    const { stateId } = partitionedState(call, descriptor);
    let merged: unknown = null;
    for (const window of this.#merged) merged = join(merged, taken(stateId, window));
    if (merged === null) return;
    const all = join(taken(stateId, this.#window), merged);
    if (descriptor instanceof ListStateDescriptor) native.stateListUpdate(stateId, all as unknown[]);
    else native.stateUpdate(stateId, put(all));
  }
}

function taken(stateId: number, window: TimeWindow): unknown {
  return native.stateTake(stateId, BigInt(window.getStart()), BigInt(window.getEnd()));
}

type Join = (first: unknown, second: unknown) => unknown;

/** How what two windows keep becomes one. */
function joinOf(call: string, descriptor: StateDescriptor): Join {
  let join: Join;
  if (descriptor instanceof ReducingStateDescriptor) join = descriptor.reduce as Join;
  else if (descriptor instanceof AggregatingStateDescriptor) {
    const { aggregate } = descriptor;
    join = (first, second): unknown => aggregate.merge(first, second);
  } else if (descriptor instanceof ListStateDescriptor) {
    join = (first, second) => [...(first as unknown[]), ...(second as unknown[])];
  } else {
    reject(`${call}: The given state descriptor does not refer to a mergeable state (MergingState)`);
  }
  return (first, second) => (first === null ? second : second === null ? first : join(first, second));
}

/** States of the key and the window at hand. */
const partitionedStates = new KeyedStateStore((kind, name) => native.statePartitioned(kind, name, false));

function partitionedState(call: string, descriptor: unknown): State {
  return stateOf(partitionedStates, call, descriptor);
}

export const triggerContext = new EngineTriggerContext();

/** The context of a trigger whose window others have merged into. */
export function mergeContext(window: TimeWindow, merged: unknown): EngineTriggerContext {
  return new MergeContext(window, (merged as unknown[]).map(windowOf));
}

/** What an assigner may ask. Flink: `WindowAssigner.WindowAssignerContext`. */
export const assignerContext = { getCurrentProcessingTime: (): number => native.now() };

/** What an evictor may ask. Flink: `Evictor.EvictorContext`. */
export const evictorContext = {
  getCurrentProcessingTime: (): number => native.now(),
  getCurrentWatermark: (): number => native.watermark() as number,
};

/** An iterator as Java's: `hasNext()`, `next()`, and `remove()` of what came last. */
interface RemovingIterator<T> {
  hasNext(): boolean;
  next(): T;
  remove(): void;
}

/** The records of a window, of which an evictor may remove some: `const it = elements.iterator()`. */
export class EvictableElements<T> implements Iterable<TimestampedValue<T>> {
  readonly #elements: readonly TimestampedValue<T>[];
  readonly #removed: Set<number>;

  /** @internal */
  constructor(pairs: readonly (readonly [T, number])[]) {
    this.#removed = new Set();
    this.#elements = pairs.map(([value, timestamp]) => ({
      getValue: () => value,
      getTimestamp: () => timestamp,
    }));
  }

  /** Those that are left. */
  *[Symbol.iterator](): Iterator<TimestampedValue<T>> {
    for (const place of this.kept()) yield this.#elements[place] as TimestampedValue<T>;
  }

  iterator(): RemovingIterator<TimestampedValue<T>> {
    const places = this.kept();
    let at = 0;
    return {
      hasNext: () => at < places.length,
      next: () => this.#elements[places[at++] as number] as TimestampedValue<T>,
      remove: () => void this.#removed.add(places[at - 1] as number),
    };
  }

  /** @internal Places of those that are left. */
  kept(): number[] {
    return this.#elements.map((_, place) => place).filter((place) => !this.#removed.has(place));
  }
}

guardMembers({ WindowContext, EngineTriggerContext, MergeContext, EvictableElements });
