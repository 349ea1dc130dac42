/** What functions on a stream and a broadcast one see beside their records: the state that both share. */
import * as native from "../engine/native";
import { instanceArgument } from "./arguments";
import { put } from "./exchange";
import { guardMembers } from "./guard";
import { KeyedContext, ProcessContext, type KeyedOnTimerContext, type TimeDomain } from "./process-context";
import { KeyedStateStore, stateOf } from "./runtime-context";
import { MapState, type State } from "./state";
import { MapStateDescriptor, type StateDescriptor } from "./state-descriptors";

const keyedStates = new KeyedStateStore();

/** Broadcast state, for the side that was broadcast. Flink: `BroadcastState`. */
export class BroadcastState<K, V> extends MapState<K, V> {
  immutableEntries(): Iterable<[K, V]> {
    return this.entries();
  }
}

/** Broadcast state that one side of a connection may only read. Flink: `ReadOnlyBroadcastState`. */
export class ReadOnlyBroadcastState<K, V> {
  readonly #state: MapState<K, V>;

  /** @internal */
  constructor(state: MapState<K, V>) {
    this.#state = state;
  }

  get(key: K): V | null {
    return this.#state.get(key);
  }

  contains(key: K): boolean {
    return this.#state.contains(key);
  }

  /** The entries as `[key, value]`. */
  entries(): Iterable<[K, V]> {
    return this.#state.entries();
  }

  immutableEntries(): Iterable<[K, V]> {
    return this.#state.entries();
  }
}

/** Broadcast state by its name; `makes`: also where no stream is broadcast. */
export function broadcastState<K, V>(
  descriptor: MapStateDescriptor<K, V>,
  makes = false,
): BroadcastState<K, V> {
  const call = "getBroadcastState(descriptor)";
  const example = 'new MapStateDescriptor("rules")';
  const checked = instanceArgument(call, descriptor, MapStateDescriptor, example);
  return new BroadcastState(native.broadcastState(checked.getName(), makes, checked.shape));
}

/** Flink: `BroadcastProcessFunction.ReadOnlyContext`. */
export class ReadOnlyBroadcastContext extends ProcessContext {
  getBroadcastState<K, V>(descriptor: MapStateDescriptor<K, V>): ReadOnlyBroadcastState<K, V> {
    return new ReadOnlyBroadcastState(broadcastState(descriptor));
  }

  currentProcessingTime(): number {
    return native.now();
  }

  currentWatermark(): number {
    return native.watermark() as number;
  }
}

/** Flink: `KeyedBroadcastProcessFunction.ReadOnlyContext`. */
export class KeyedReadOnlyBroadcastContext<K> extends KeyedContext<K> {
  getBroadcastState<N, V>(descriptor: MapStateDescriptor<N, V>): ReadOnlyBroadcastState<N, V> {
    return new ReadOnlyBroadcastState(broadcastState(descriptor));
  }

  currentProcessingTime(): number {
    return native.now();
  }

  currentWatermark(): number {
    return native.watermark() as number;
  }
}

/** Flink: `BroadcastProcessFunction.Context`, `KeyedBroadcastProcessFunction.Context`. */
export class BroadcastContext extends ProcessContext {
  getBroadcastState<K, V>(descriptor: MapStateDescriptor<K, V>): BroadcastState<K, V> {
    return broadcastState(descriptor);
  }

  currentProcessingTime(): number {
    return native.now();
  }

  currentWatermark(): number {
    return native.watermark() as number;
  }

  /** Calls `apply(key, state)` for each key of this subtask for which the state holds something. */
  applyToKeyedState<K>(descriptor: StateDescriptor, apply: (key: K, state: State) => void): void {
    const state = stateOf(keyedStates, "applyToKeyedState(descriptor, apply)", descriptor);
    for (const key of native.stateKeys(state.stateId)) {
      native.setCurrentKey(put(key));
      apply(key as K, state);
    }
  }
}

/** Flink: `KeyedBroadcastProcessFunction.OnTimerContext`. */
class KeyedBroadcastTimerContext
  extends KeyedReadOnlyBroadcastContext<unknown>
  implements KeyedOnTimerContext<unknown>
{
  readonly #domain: TimeDomain;

  constructor(domain: TimeDomain) {
    super();
    this.#domain = domain;
  }

  timeDomain(): TimeDomain {
    return this.#domain;
  }
}

guardMembers({
  BroadcastState,
  ReadOnlyBroadcastState,
  ReadOnlyBroadcastContext,
  KeyedReadOnlyBroadcastContext,
  BroadcastContext,
  KeyedBroadcastTimerContext,
});

/** The contexts that the engine's calls hand out. */
export const readOnlyBroadcastContext = new ReadOnlyBroadcastContext();
export const keyedReadOnlyBroadcastContext = new KeyedReadOnlyBroadcastContext<unknown>();
export const broadcastContext = new BroadcastContext();
const timerContexts = {
  EVENT_TIME: new KeyedBroadcastTimerContext("EVENT_TIME"),
  PROCESSING_TIME: new KeyedBroadcastTimerContext("PROCESSING_TIME"),
};

/** The context of a timer of a function with broadcast state. */
export function broadcastTimerContext(isEventTime: boolean): KeyedBroadcastTimerContext {
  return timerContexts[isEventTime ? "EVENT_TIME" : "PROCESSING_TIME"];
}
