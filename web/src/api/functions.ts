/**
 * The shapes of user functions. Java's interfaces with one method are functions here, or objects with that
 * method; what has several methods, or a life cycle, is an object or an instance of a subclass.
 *
 * Each subtask gets a copy of an object, opened and then frozen: what a function remembers from record to
 * record it keeps in Flink state. So a run can be stepped back and replayed to the same result.
 */
import type { Collector } from "./collector";
import type { TimeSpan } from "./duration";
import { reject } from "./errors";
import type { RuntimeContext } from "./runtime-context";

/** What `open` is called with. Flink: `OpenContext`, which is empty too. */
export type OpenContext = Readonly<Record<string, never>>;

/** The life cycle that any function given as an object may have. Flink: `RichFunction`. */
export interface RichFunction {
  /** Before the first record, once in each subtask: the place to ask for state. */
  open?(context: OpenContext): void;
  /** After the last record. */
  close?(): void;
  /** Subtask, name and state of the operator; from `open` on. */
  getRuntimeContext?(): RuntimeContext;
}

/** A function with one method, written as that method's object. */
type WithMethod<Methods> = Methods & RichFunction & ThisType<Methods & AbstractRichFunction>;

/** One record in, one out. Flink: `MapFunction`. */
export type MapFunction<T, R> = ((value: T) => R) | WithMethod<{ map(value: T): R }>;

/** One record in, any number out, through `out`. Flink: `FlatMapFunction`. */
export type FlatMapFunction<T, R> =
  ((value: T, out: Collector<R>) => void) | WithMethod<{ flatMap(value: T, out: Collector<R>): void }>;

/** Keeps the records for which it answers true. Flink: `FilterFunction`. */
export type FilterFunction<T> = ((value: T) => boolean) | WithMethod<{ filter(value: T): boolean }>;

/** The key of a record. Flink: `KeySelector`. */
export type KeySelector<T, K> = ((value: T) => K) | WithMethod<{ getKey(value: T): K }>;

/** Two records become one. Flink: `ReduceFunction`. */
export type ReduceFunction<T> = ((first: T, second: T) => T) | WithMethod<{ reduce(first: T, second: T): T }>;

/** The channel, from 0, for a key. Flink: `Partitioner`. */
export type Partitioner<K> =
  | ((key: K, numPartitions: number) => number)
  | WithMethod<{ partition(key: K, numPartitions: number): number }>;

/** The n-th record of a generated source. Flink: `GeneratorFunction`. */
export type GeneratorFunction<T> = ((index: number) => T) | WithMethod<{ map(index: number): T }>;

/** The event time of a record. Flink: `SerializableTimestampAssigner`. */
export type TimestampAssigner<T> =
  | ((element: T, recordTimestamp: number) => number)
  | WithMethod<{ extractTimestamp(element: T, recordTimestamp: number): number }>;

/** A pair of a join becomes a record. Flink: `JoinFunction`. */
export type JoinFunction<L, R, O> =
  ((first: L, second: R) => O) | WithMethod<{ join(first: L, second: R): O }>;

/** A pair of a join becomes any number of records. Flink: `FlatJoinFunction`. */
export type FlatJoinFunction<L, R, O> = WithMethod<{ join(first: L, second: R, out: Collector<O>): void }>;

/** All records of both sides with a key, in a window. Flink: `CoGroupFunction`. */
export type CoGroupFunction<L, R, O> =
  | ((first: Iterable<L>, second: Iterable<R>, out: Collector<O>) => void)
  | WithMethod<{ coGroup(first: Iterable<L>, second: Iterable<R>, out: Collector<O>): void }>;

/** Folds records into an accumulator, and the accumulator into a result. Flink: `AggregateFunction`. */
export interface AggregateFunction<T, A, R> {
  createAccumulator(): A;
  add(value: T, accumulator: A): A;
  getResult(accumulator: A): R;
  merge(a: A, b: A): A;
}

/** One method for each of two connected streams. Flink: `CoMapFunction`. */
export type CoMapFunction<A, B, R> = WithMethod<{ map1(value: A): R; map2(value: B): R }>;

/** As `CoMapFunction`, with any number of results. Flink: `CoFlatMapFunction`. */
export type CoFlatMapFunction<A, B, R> = WithMethod<{
  flatMap1(value: A, out: Collector<R>): void;
  flatMap2(value: B, out: Collector<R>): void;
}>;

/** Completes an asynchronous call; of several answers the first one counts. Flink: `ResultFuture`. */
export interface ResultFuture<R> {
  complete(results: Iterable<R>): void;
  completeExceptionally(error: Error): void;
  /** The same, after a while on the virtual clock; Flink has no such method, as its answers come from outside. */
  completeAfter(delay: TimeSpan, results: Iterable<R>): void;
  completeExceptionallyAfter(delay: TimeSpan, error: Error): void;
}

/** Asks the outside about a record. Flink: `AsyncFunction`. */
export type AsyncFunction<T, R> = WithMethod<{
  asyncInvoke(value: T, future: ResultFuture<R>): void;
  timeout?(value: T, future: ResultFuture<R>): void;
}>;

/** What every function class can do. Flink: `AbstractRichFunction`. */
export abstract class AbstractRichFunction {
  open(_context: OpenContext): void {
    return;
  }

  close(): void {
    return;
  }

  /** Subtask, name and state of the operator; from `open` on. */
  getRuntimeContext(): RuntimeContext {
    return reject("getRuntimeContext() answers from open() on, not while the job is built.");
  }
}

/** See `MapFunction`. */
export abstract class RichMapFunction<T = unknown, R = unknown> extends AbstractRichFunction {
  abstract map(value: T): R;
}

/** See `FlatMapFunction`. */
export abstract class RichFlatMapFunction<T = unknown, R = unknown> extends AbstractRichFunction {
  abstract flatMap(value: T, out: Collector<R>): void;
}

/** See `FilterFunction`. */
export abstract class RichFilterFunction<T = unknown> extends AbstractRichFunction {
  abstract filter(value: T): boolean;
}

/** See `ReduceFunction`. */
export abstract class RichReduceFunction<T = unknown> extends AbstractRichFunction {
  abstract reduce(first: T, second: T): T;
}

/** See `CoMapFunction`. */
export abstract class RichCoMapFunction<A = unknown, B = unknown, R = unknown> extends AbstractRichFunction {
  abstract map1(value: A): R;
  abstract map2(value: B): R;
}

/** See `CoFlatMapFunction`. */
export abstract class RichCoFlatMapFunction<
  A = unknown,
  B = unknown,
  R = unknown,
> extends AbstractRichFunction {
  abstract flatMap1(value: A, out: Collector<R>): void;
  abstract flatMap2(value: B, out: Collector<R>): void;
}

/** See `AsyncFunction`. */
export abstract class RichAsyncFunction<T = unknown, R = unknown> extends AbstractRichFunction {
  abstract asyncInvoke(value: T, future: ResultFuture<R>): void;
}
