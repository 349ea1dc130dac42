/** Two streams that go into one operator, each by its own input. */
import type * as native from "../engine/native";
import { integerArgument } from "./arguments";
import { operator, type SingleOutputStreamOperator } from "./data-stream";
import { reject } from "./errors";
import type { CoFlatMapFunction, CoMapFunction, KeySelector } from "./functions";
import { guardMembers } from "./guard";
import {
  BroadcastProcessFunction,
  CoProcessFunction,
  KeyedBroadcastProcessFunction,
  KeyedCoProcessFunction,
  type BroadcastProcessLike,
  type CoProcessLike,
  type KeyedBroadcastProcessLike,
  type KeyedCoProcessLike,
} from "./process-functions";
import type { StreamOrigin } from "./stream-origin";
import { shapeOf, type TypeInformation } from "./types";

/** Fields of a tuple or a row: places or names. */
type Fields = number | string | readonly number[] | readonly string[];

/** The key of fields is the tuple of their values; anything else is handed on. Flink: `KeySelectorUtil`. */
function fieldsKey(call: string, given: unknown): unknown {
  const fields = Array.isArray(given) ? (given as unknown[]) : [given];
  if (!fields.every((field) => typeof field === "number" || typeof field === "string")) return given;
  if (fields.length === 0) return reject(`${call} needs at least one field on each side.`);
  const paths = fields.map((field) => fieldPath(call, field));
  return (record: unknown) =>
    paths.map((path) =>
      path.reduce((value, step) => (value as Record<string | number, unknown>)[step], record),
    );
}

/** `f1.f0` is the first of the second field, and a name is a row's. */
function fieldPath(call: string, field: number | string): (number | string)[] {
  if (typeof field === "number") return [integerArgument(call, "a field", field, { min: 0 })];
  return field.split(".").map((step) => (/^f\d+$/.test(step) ? Number(step.slice(1)) : step));
}

/** Two streams of different records. Flink: `ConnectedStreams`. */
export class ConnectedStreams<A, B> {
  readonly #origin: StreamOrigin;
  readonly #handle: native.ConnectedStreams;
  declare protected readonly records?: [A, B];

  /** @internal */
  constructor(origin: StreamOrigin, handle: native.ConnectedStreams) {
    this.#origin = origin;
    this.#handle = handle;
  }

  /**
   * Partitions both streams by key, so that equal keys meet: a function of each, or the fields of each, by place or
   * by name (`0`, `[0, 2]`, `"f0"`, `["f0", "f1.f0"]`), whose key is a tuple of them as in Flink. `keyType`: what keys
   * are, as in `Types.LONG`.
   */
  keyBy<K>(
    keySelector1: KeySelector<A, K> | Fields,
    keySelector2: KeySelector<B, K> | Fields,
    keyType?: TypeInformation<K>,
  ): ConnectedStreams<A, B> {
    const { functions } = this.#origin.session;
    const call = "keyBy(keySelector1, keySelector2)";
    const type = shapeOf(call, keyType);
    const first = functions.add(call, "keySelector", fieldsKey(call, keySelector1), type);
    const second = functions.add(call, "keySelector", fieldsKey(call, keySelector2), type);
    return new ConnectedStreams(
      this.#origin,
      this.#origin.call(() => this.#handle.keyBy(first, second)),
    );
  }

  /** One method for each stream: `map({ map1: a => ..., map2: b => ... })`. */
  map<R>(coMapper: CoMapFunction<A, B, R>): SingleOutputStreamOperator<R> {
    const id = this.#origin.session.functions.add("map(coMapper)", "coMap", coMapper);
    return operator(this.#origin, () => this.#handle.map(id));
  }

  /** One method for each stream: `flatMap({ flatMap1(a, out) { ... }, flatMap2(b, out) { ... } })`. */
  flatMap<R>(coFlatMapper: CoFlatMapFunction<A, B, R>): SingleOutputStreamOperator<R> {
    const id = this.#origin.session.functions.add("flatMap(coFlatMapper)", "coFlatMap", coFlatMapper);
    return operator(this.#origin, () => this.#handle.flatMap(id));
  }

  /** One method for each stream, with side outputs and, where both are keyed, with state. */
  process<R>(
    coProcessFunction:
      | CoProcessFunction<A, B, R>
      | CoProcessLike<A, B, R>
      | KeyedCoProcessFunction<unknown, A, B, R>
      | KeyedCoProcessLike<unknown, A, B, R>,
  ): SingleOutputStreamOperator<R> {
    const { functions } = this.#origin.session;
    const call = "process(coProcessFunction)";
    const keyed =
      coProcessFunction instanceof KeyedCoProcessFunction ||
      (this.#handle.isKeyed && !(coProcessFunction instanceof CoProcessFunction));
    if (keyed) {
      const id = functions.add(call, "keyedCoProcess", coProcessFunction);
      return operator(this.#origin, () => this.#handle.processKeyed(id));
    }
    const id = functions.add(call, "coProcess", coProcessFunction);
    return operator(this.#origin, () => this.#handle.process(id));
  }
}

/** What `broadcast(descriptors)` makes. Flink: `BroadcastStream`. */
export class BroadcastStream<T> {
  /** @internal */
  readonly handle: native.BroadcastStream;
  declare protected readonly record?: T;

  /** @internal */
  constructor(handle: native.BroadcastStream) {
    this.handle = handle;
  }
}

/** A stream connected with a broadcast one. Flink: `BroadcastConnectedStream`. */
export class BroadcastConnectedStream<A, B> {
  readonly #origin: StreamOrigin;
  readonly #handle: native.BroadcastConnectedStream;
  declare protected readonly records?: [A, B];

  /** @internal */
  constructor(origin: StreamOrigin, handle: native.BroadcastConnectedStream) {
    this.#origin = origin;
    this.#handle = handle;
  }

  /** `process({ processElement(a, ctx, out) { ... }, processBroadcastElement(b, ctx, out) { ... } })`. */
  process<R>(
    broadcastFunction:
      | BroadcastProcessFunction<A, B, R>
      | BroadcastProcessLike<A, B, R>
      | KeyedBroadcastProcessFunction<unknown, A, B, R>
      | KeyedBroadcastProcessLike<unknown, A, B, R>,
  ): SingleOutputStreamOperator<R> {
    const call = "process(broadcastFunction)";
    const keyed =
      broadcastFunction instanceof KeyedBroadcastProcessFunction ||
      (this.#handle.isKeyed && !(broadcastFunction instanceof BroadcastProcessFunction));
    const role = keyed ? "keyedBroadcastProcess" : "broadcastProcess";
    const id = this.#origin.session.functions.add(call, role, broadcastFunction);
    return operator(this.#origin, () => (keyed ? this.#handle.processKeyed(id) : this.#handle.process(id)));
  }
}

guardMembers({ ConnectedStreams, BroadcastStream, BroadcastConnectedStream });
