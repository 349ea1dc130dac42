/** Names of state, and the types of what it holds, where the job declares them. */
import { describe, nameArgument } from "./arguments";
import { classNameOf } from "./class-names";
import { reject } from "./errors";
import type { AggregateFunction, ReduceFunction } from "./functions";
import { guardMembers } from "./guard";
import { ttlArgument, type StateTtlConfig } from "./state-ttl";
import { shapeOf, type Shape, type TypeInformation } from "./types";

/** What all descriptors have. Flink: `StateDescriptor`. */
export abstract class StateDescriptor {
  readonly #name: string;
  #ttl: StateTtlConfig | undefined;
  /** @internal */
  readonly shape: Shape;

  /** @internal */
  protected constructor(name: string, types: readonly (TypeInformation<unknown> | undefined)[]) {
    const call = `new ${classNameOf(new.target)}(name)`;
    this.#name = nameArgument(call, "a name", name);
    const shapes = types.map((type) => shapeOf(call, type));
    this.shape = shapes.every((shape) => shape === null)
      ? null
      : shapes.length > 1
        ? shapes
        : (shapes[0] ?? null);
  }

  /** What is held under this name lives no longer than that. */
  enableTimeToLive(ttlConfig: StateTtlConfig): void {
    this.#ttl = ttlArgument(ttlConfig);
  }

  /** @internal */
  get timeToLive(): StateTtlConfig["settings"] {
    return this.#ttl?.settings;
  }

  /** States of one operator with equal names are the same state. */
  getName(): string {
    return this.#name;
  }
}

/** A single value. Flink: `ValueStateDescriptor`. */
export class ValueStateDescriptor<T> extends StateDescriptor {
  declare protected readonly content?: T;

  constructor(name: string, type?: TypeInformation<T>) {
    super(name, [type]);
  }
}

/** A list. Flink: `ListStateDescriptor`. */
export class ListStateDescriptor<T> extends StateDescriptor {
  declare protected readonly content?: T;

  constructor(name: string, elementType?: TypeInformation<T>) {
    super(name, [elementType]);
  }
}

/** A map, also for broadcast state. Flink: `MapStateDescriptor`. */
export class MapStateDescriptor<K, V> extends StateDescriptor {
  declare protected readonly content?: [K, V];

  constructor(name: string, keyType?: TypeInformation<K>, valueType?: TypeInformation<V>) {
    super(name, [keyType, valueType]);
  }
}

/** A value to which each added one is reduced. Flink: `ReducingStateDescriptor`. */
export class ReducingStateDescriptor<T> extends StateDescriptor {
  /** @internal */
  readonly reduce: (first: T, second: T) => T;

  constructor(name: string, reduceFunction: ReduceFunction<T>, type?: TypeInformation<T>) {
    super(name, [type]);
    if (typeof reduceFunction === "function") {
      this.reduce = reduceFunction;
    } else {
      requireMethods("new ReducingStateDescriptor(name, reduceFunction)", reduceFunction, ["reduce"]);
      this.reduce = (first, second) => reduceFunction.reduce(first, second);
    }
  }
}

/** An accumulator to which each added value is aggregated. Flink: `AggregatingStateDescriptor`. */
export class AggregatingStateDescriptor<T, A, R> extends StateDescriptor {
  /** @internal */
  readonly aggregate: AggregateFunction<T, A, R>;

  constructor(name: string, aggregateFunction: AggregateFunction<T, A, R>, accType?: TypeInformation<A>) {
    super(name, [accType]);
    requireMethods("new AggregatingStateDescriptor(name, aggregateFunction)", aggregateFunction, [
      "createAccumulator",
      "add",
      "getResult",
    ]);
    this.aggregate = aggregateFunction;
  }
}

/** Checks that an object given as a function has the methods that are called. */
function requireMethods(call: string, given: unknown, methods: readonly string[]): void {
  const object = given as Record<string, unknown> | null;
  const missing = methods.filter((method) => typeof object?.[method] !== "function");
  if (missing.length > 0) {
    reject(`${call} takes a function with ${missing.join(", ")}, and got ${describe(given)} without.`);
  }
}

guardMembers({
  StateDescriptor,
  ValueStateDescriptor,
  ListStateDescriptor,
  MapStateDescriptor,
  ReducingStateDescriptor,
  AggregatingStateDescriptor,
});
