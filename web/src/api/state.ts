/**
 * Keyed state, as a function of the job holds it: each handle reads and writes the state of the key of the
 * record at hand. The state itself is the engine's; reducing and aggregating happen here.
 */
import * as native from "../engine/native";
import { got, put, rewind, write } from "./exchange";
import type { AggregateFunction } from "./functions";
import { guardMembers } from "./guard";

/** What every state can do. Flink: `State`. */
export abstract class State {
  /** @internal The state's place among those that the operator registered. */
  readonly stateId: number;

  /** @internal */
  constructor(stateId: number) {
    this.stateId = stateId;
  }

  /** Forgets what is held for the current key. */
  clear(): void {
    native.stateClear(this.stateId);
  }
}

/** One value a key. Flink: `ValueState`. */
export class ValueState<T> extends State {
  /** The value; `null` where there is none. */
  value(): T | null {
    return got(native.stateValue(this.stateId)) as T | null;
  }

  /** Sets the value; `null` removes it. */
  update(value: T | null): void {
    native.stateUpdate(this.stateId, put(value));
  }
}

/** A list a key. Flink: `ListState`. */
export class ListState<T> extends State {
  /** The elements; none where there is no list. Writing to what is returned changes nothing. */
  get(): Iterable<T> {
    return native.stateList(this.stateId) as T[];
  }

  add(value: T): void {
    native.stateListAdd(this.stateId, put(value));
  }

  addAll(values: Iterable<T>): void {
    native.stateListAddAll(this.stateId, [...values]);
  }

  /** Replaces the list. */
  update(values: Iterable<T>): void {
    native.stateListUpdate(this.stateId, [...values]);
  }
}

/** A map a key. Flink: `MapState`. */
export class MapState<K, V> extends State {
  /** The value of a key of the map; `null` where there is none. */
  get(key: K): V | null {
    return got(native.stateMapGet(this.stateId, put(key))) as V | null;
  }

  put(key: K, value: V): void {
    rewind();
    if (write(key, 0) && write(value, 0)) native.stateMapPut(this.stateId);
    else native.stateMapPutLarge(this.stateId, key, value);
  }

  /** Puts all entries of a map, or of any iterable of pairs. */
  putAll(entries: Iterable<readonly [K, V]>): void {
    for (const [key, value] of entries) this.put(key, value);
  }

  remove(key: K): void {
    native.stateMapRemove(this.stateId, put(key));
  }

  contains(key: K): boolean {
    return native.stateMapContains(this.stateId, put(key));
  }

  isEmpty(): boolean {
    return native.stateMapKeys(this.stateId).length === 0;
  }

  /** The keys: on the heap in the order of a `HashMap` of Java, on files in that of their bytes. */
  keys(): Iterable<K> {
    return native.stateMapKeys(this.stateId) as K[];
  }

  /** The values, in the order of their keys. */
  values(): Iterable<V> {
    return native.stateMapValues(this.stateId) as V[];
  }

  /** The entries as `[key, value]`. */
  entries(): Iterable<[K, V]> {
    const values = native.stateMapValues(this.stateId) as V[];
    return (native.stateMapKeys(this.stateId) as K[]).map((key, index) => [key, values[index] as V]);
  }

  [Symbol.iterator](): Iterator<[K, V]> {
    return this.entries()[Symbol.iterator]();
  }
}

/** One value a key, to which each added one is reduced. Flink: `ReducingState`. */
export class ReducingState<T> extends State {
  readonly #reduce: (first: T, second: T) => T;

  /** @internal */
  constructor(stateId: number, reduce: (first: T, second: T) => T) {
    super(stateId);
    this.#reduce = reduce;
  }

  /** The value; `null` where nothing was added. */
  get(): T | null {
    return got(native.stateValue(this.stateId)) as T | null;
  }

  add(value: T): void {
    const before = got(native.stateValue(this.stateId)) as T | null;
    native.stateUpdate(this.stateId, put(before === null ? value : this.#reduce(before, value)));
  }
}

/** An accumulator a key. Flink: `AggregatingState`. */
export class AggregatingState<T, A, R> extends State {
  readonly #aggregate: AggregateFunction<T, A, R>;

  /** @internal */
  constructor(stateId: number, aggregate: AggregateFunction<T, A, R>) {
    super(stateId);
    this.#aggregate = aggregate;
  }

  /** The result of what was added; `null` where nothing was. */
  get(): R | null {
    const accumulator = got(native.stateValue(this.stateId)) as A | null;
    return accumulator === null ? null : this.#aggregate.getResult(accumulator);
  }

  add(value: T): void {
    const before = (got(native.stateValue(this.stateId)) as A | null) ?? this.#aggregate.createAccumulator();
    native.stateUpdate(this.stateId, put(this.#aggregate.add(value, before)));
  }
}

guardMembers({ State, ValueState, ListState, MapState, ReducingState, AggregatingState });
