/** All records of a subtask, or of a key, as one window that ends with the input. */
import * as native from "../engine/native";
import { constantArgument } from "./arguments";
import type { Collector } from "./collector";
import { operator, type DataStream, type SingleOutputStreamOperator } from "./data-stream";
import { fieldArgument, type FieldName } from "./field";
import type { AggregateFunction, KeySelector, ReduceFunction } from "./functions";
import { guardMembers } from "./guard";
import type { RoleName } from "./roles";

/** All records of a partition. Flink: `MapPartitionFunction`. */
export type MapPartitionFunction<T, R> =
  | ((values: Iterable<T>, out: Collector<R>) => void)
  | { mapPartition(values: Iterable<T>, out: Collector<R>): void };

/** In which order records are sorted. Flink: `Order`. */
export const Order = { ASCENDING: "ASCENDING", DESCENDING: "DESCENDING" } as const;
export type Order = keyof typeof Order;

/** What `fullWindowPartition()` answers. Flink: `PartitionWindowedStream`. */
export class PartitionWindowedStream<T> {
  readonly #stream: DataStream<T>;

  /** @internal */
  constructor(stream: DataStream<T>) {
    this.#stream = stream;
  }

  /** Hands all records to a function: `mapPartition((values, out) => { ... })`. */
  mapPartition<R>(mapPartitionFunction: MapPartitionFunction<T, R>): SingleOutputStreamOperator<R> {
    const call = "mapPartition(mapPartitionFunction)";
    return this.#folded(call, "mapPartition", mapPartitionFunction, native.PartitionFold.Map);
  }

  /** Reduces all records to one. */
  reduce(reduceFunction: ReduceFunction<T>): SingleOutputStreamOperator<T> {
    return this.#folded("reduce(reduceFunction)", "reduce", reduceFunction, native.PartitionFold.Reduce);
  }

  /** Aggregates all records. */
  aggregate<A, R>(aggregateFunction: AggregateFunction<T, A, R>): SingleOutputStreamOperator<R> {
    const role = "keyed" in this.#stream ? "windowAggregate" : "partitionAggregate";
    return this.#folded(
      "aggregate(aggregateFunction)",
      role,
      aggregateFunction,
      native.PartitionFold.Aggregate,
    );
  }

  /** Sorts all records by a field or by what a key selector answers: `sortPartition(1, "DESCENDING")`. */
  sortPartition<K>(field: FieldName | KeySelector<T, K>, order: Order): SingleOutputStreamOperator<T> {
    const call = "sortPartition(field, order)";
    const isDescending =
      constantArgument(call, "an order", order, ["ASCENDING", "DESCENDING"]) === "DESCENDING";
    const { origin, handle } = this.#stream;
    if (typeof field === "number" || typeof field === "string") {
      const checked = fieldArgument(call, field);
      return operator(origin, () => handle.sortPartition(checked, 0, isDescending));
    }
    const selector = origin.session.functions.add(call, "keySelector", field);
    return operator(origin, () => handle.sortPartition(undefined, selector, isDescending));
  }

  #folded<R>(
    call: string,
    role: RoleName,
    given: unknown,
    fold: native.PartitionFold,
  ): SingleOutputStreamOperator<R> {
    const { origin, handle } = this.#stream;
    const id = origin.session.functions.add(call, role, given);
    return operator(origin, () => handle.foldPartition(fold, id));
  }
}

guardMembers({ PartitionWindowedStream });
