/** Streams cut into windows, each with a key of its own or all in one subtask. */
import * as native from "../engine/native";
import { booleanArgument, instanceArgument } from "./arguments";
import { operator, type SingleOutputStreamOperator } from "./data-stream";
import { spanArgument, type TimeSpan } from "./duration";
import { evictorHandle, type Evictor, type EvictorLike } from "./evictors";
import { fieldArgument, type FieldName } from "./field";
import type { Collector } from "./collector";
import { reject } from "./errors";
import { AbstractRichFunction, type AggregateFunction, type ReduceFunction } from "./functions";
import { guardMembers } from "./guard";
import { OutputTag } from "./output-tag";
import type {
  ProcessAllWindowFunction,
  ProcessAllWindowLike,
  ProcessWindowFunction,
  ProcessWindowLike,
} from "./process-functions";
import type { RoleName } from "./roles";
import type { StreamOrigin } from "./stream-origin";
import { triggerHandle, type Trigger, type TriggerLike } from "./triggers";
import type { TimeWindow } from "./windows";

/** The records of a key in a window. Flink: `WindowFunction`. */
export type WindowFunction<T, K, R> =
  | ((key: K, window: TimeWindow, elements: Iterable<T>, out: Collector<R>) => void)
  | { apply(key: K, window: TimeWindow, elements: Iterable<T>, out: Collector<R>): void };

/** All records of a window. Flink: `AllWindowFunction`. */
export type AllWindowFunction<T, R> =
  | ((window: TimeWindow, elements: Iterable<T>, out: Collector<R>) => void)
  | { apply(window: TimeWindow, elements: Iterable<T>, out: Collector<R>): void };

/** What may come after the reduction or aggregation of a key's window. */
type AfterWindow<T, R, K> =
  ProcessWindowFunction<T, R, K> | ProcessWindowLike<T, R, K> | WindowFunction<T, K, R>;

/** What may come after the reduction or aggregation of a window over all records. */
type AfterAllWindow<T, R> =
  ProcessAllWindowFunction<T, R> | ProcessAllWindowLike<T, R> | AllWindowFunction<T, R>;

/** What both windowed streams have. */
abstract class Windowed<T> {
  /** @internal */
  protected readonly origin: StreamOrigin;
  /** @internal */
  protected readonly handle: native.WindowedStream | native.AllWindowedStream;
  declare protected readonly record?: T;

  /** @internal */
  constructor(origin: StreamOrigin, handle: native.WindowedStream | native.AllWindowedStream) {
    this.origin = origin;
    this.handle = handle;
  }

  /** Decides when windows are computed, in place of the assigner's own trigger. */
  trigger(trigger: Trigger<T> | TriggerLike<T>): this {
    const checked = triggerHandle("trigger(trigger)", trigger);
    this.origin.call(() => this.handle.trigger(checked));
    return this;
  }

  /** Takes records out of windows before or after they are computed. */
  evictor(evictor: Evictor | EvictorLike<T>): this {
    this.handle.evictor(evictorHandle("evictor(evictor)", evictor));
    return this;
  }

  /** For how long after its end a window still takes late records. */
  allowedLateness(lateness: TimeSpan): this {
    const millis = spanArgument("allowedLateness(lateness)", lateness);
    this.origin.call(() => this.handle.allowedLateness(millis));
    return this;
  }

  /** Gives records that come too late to a side output. */
  sideOutputLateData(outputTag: OutputTag<T>): this {
    const tag = instanceArgument("sideOutputLateData(tag)", outputTag, OutputTag, 'new OutputTag("late")');
    this.handle.sideOutputLateData(tag.getId());
    return this;
  }

  /** The sum of a field over the window. */
  sum(field: FieldName): SingleOutputStreamOperator<T> {
    return this.roll("sum(field)", native.Aggregation.Sum, field);
  }

  /** The least of a field in the window. */
  min(field: FieldName): SingleOutputStreamOperator<T> {
    return this.roll("min(field)", native.Aggregation.Min, field);
  }

  /** The greatest of a field in the window. */
  max(field: FieldName): SingleOutputStreamOperator<T> {
    return this.roll("max(field)", native.Aggregation.Max, field);
  }

  /** The record with the least field; among equals the first, unless `first` is false. */
  minBy(field: FieldName, first = true): SingleOutputStreamOperator<T> {
    const { MinByFirst, MinByLast } = native.Aggregation;
    const isFirst = booleanArgument("minBy(field, first)", "first", first);
    return this.roll("minBy(field)", isFirst ? MinByFirst : MinByLast, field);
  }

  /** The record with the greatest field; among equals the first, unless `first` is false. */
  maxBy(field: FieldName, first = true): SingleOutputStreamOperator<T> {
    const { MaxByFirst, MaxByLast } = native.Aggregation;
    const isFirst = booleanArgument("maxBy(field, first)", "first", first);
    return this.roll("maxBy(field)", isFirst ? MaxByFirst : MaxByLast, field);
  }

  /** @internal */
  protected roll(
    call: string,
    aggregation: native.Aggregation,
    field: FieldName,
  ): SingleOutputStreamOperator<T> {
    const checked = fieldArgument(call, field);
    return operator(this.origin, () => this.handle.roll(aggregation, checked));
  }

  /** @internal */
  protected added(call: string, role: RoleName, given: unknown): number {
    // What is called while records come has no life cycle, as it has no state of its own.
    if (given instanceof AbstractRichFunction) {
      if (role === "reduce") {
        reject(
          "ReduceFunction of reduce can not be a RichFunction. Please use reduce(ReduceFunction, WindowFunction) instead.",
        );
      }
      if (role === "windowAggregate") reject("This aggregation function cannot be a RichFunction.");
    }
    return this.origin.session.functions.add(call, role, given);
  }

  /** @internal A second function is optional. */
  protected addedAfter(
    call: string,
    role: "windowProcess" | "allWindowProcess",
    given: unknown,
  ): number | undefined {
    if (given === undefined) return undefined;
    const hasMethod = (method: string) =>
      typeof given === "object" && typeof (given as Record<string, unknown> | null)?.[method] === "function";
    // After reduce or aggregate there may be Flink's WindowFunction, too: a plain function, or an `apply`.
    const isWindowFunction = typeof given === "function" || (hasMethod("apply") && !hasMethod("process"));
    if (!isWindowFunction) return this.added(call, role, given);
    return this.added(call, role === "windowProcess" ? "windowApply" : "allWindowApply", given);
  }
}

/** Windows for each key. Flink: `WindowedStream`. */
export class WindowedStream<T, K> extends Windowed<T> {
  declare protected readonly key?: K;

  /** Reduces the window's records to one, and hands it to `windowFunction` if there is one. */
  reduce(reduceFunction: ReduceFunction<T>): SingleOutputStreamOperator<T>;
  reduce<R>(
    reduceFunction: ReduceFunction<T>,
    windowFunction: AfterWindow<T, R, K>,
  ): SingleOutputStreamOperator<R>;
  reduce<R>(
    reduceFunction: ReduceFunction<T>,
    windowFunction?: AfterWindow<T, R, K>,
  ): SingleOutputStreamOperator<R> {
    const call = "reduce(reduceFunction, windowFunction)";
    const reduce = this.added(call, "reduce", reduceFunction);
    const after = this.addedAfter(call, "windowProcess", windowFunction);
    return operator(this.origin, () => this.handle.reduce(reduce, after));
  }

  /** Aggregates the window's records, and hands the result to `windowFunction` if there is one. */
  aggregate<A, V>(aggregateFunction: AggregateFunction<T, A, V>): SingleOutputStreamOperator<V>;
  aggregate<A, V, R>(
    aggregateFunction: AggregateFunction<T, A, V>,
    windowFunction: AfterWindow<V, R, K>,
  ): SingleOutputStreamOperator<R>;
  aggregate<A, V, R>(
    aggregateFunction: AggregateFunction<T, A, V>,
    windowFunction?: AfterWindow<V, R, K>,
  ): SingleOutputStreamOperator<R> {
    const call = "aggregate(aggregateFunction, windowFunction)";
    const aggregate = this.added(call, "windowAggregate", aggregateFunction);
    const after = this.addedAfter(call, "windowProcess", windowFunction);
    return operator(this.origin, () => this.handle.aggregate(aggregate, after));
  }

  /** Computes the window: `apply((key, window, elements, out) => ...)`. */
  apply<R>(windowFunction: WindowFunction<T, K, R>): SingleOutputStreamOperator<R> {
    const id = this.added("apply(windowFunction)", "windowApply", windowFunction);
    return operator(this.origin, () => this.handle.apply(id));
  }

  /** Computes the window with its context: `process({ process(key, ctx, elements, out) { ... } })`. */
  process<R>(
    processWindowFunction: ProcessWindowFunction<T, R, K> | ProcessWindowLike<T, R, K>,
  ): SingleOutputStreamOperator<R> {
    const id = this.added("process(windowFunction)", "windowProcess", processWindowFunction);
    return operator(this.origin, () => this.handle.process(id));
  }
}

/** Windows over all records, computed in one subtask. Flink: `AllWindowedStream`. */
export class AllWindowedStream<T> extends Windowed<T> {
  /** Reduces the window's records to one, and hands it to `windowFunction` if there is one. */
  reduce(reduceFunction: ReduceFunction<T>): SingleOutputStreamOperator<T>;
  reduce<R>(
    reduceFunction: ReduceFunction<T>,
    windowFunction: AfterAllWindow<T, R>,
  ): SingleOutputStreamOperator<R>;
  reduce<R>(
    reduceFunction: ReduceFunction<T>,
    windowFunction?: AfterAllWindow<T, R>,
  ): SingleOutputStreamOperator<R> {
    const call = "reduce(reduceFunction, windowFunction)";
    const reduce = this.added(call, "reduce", reduceFunction);
    const after = this.addedAfter(call, "allWindowProcess", windowFunction);
    return operator(this.origin, () => this.handle.reduce(reduce, after));
  }

  /** Aggregates the window's records, and hands the result to `windowFunction` if there is one. */
  aggregate<A, V>(aggregateFunction: AggregateFunction<T, A, V>): SingleOutputStreamOperator<V>;
  aggregate<A, V, R>(
    aggregateFunction: AggregateFunction<T, A, V>,
    windowFunction: AfterAllWindow<V, R>,
  ): SingleOutputStreamOperator<R>;
  aggregate<A, V, R>(
    aggregateFunction: AggregateFunction<T, A, V>,
    windowFunction?: AfterAllWindow<V, R>,
  ): SingleOutputStreamOperator<R> {
    const call = "aggregate(aggregateFunction, windowFunction)";
    const aggregate = this.added(call, "windowAggregate", aggregateFunction);
    const after = this.addedAfter(call, "allWindowProcess", windowFunction);
    return operator(this.origin, () => this.handle.aggregate(aggregate, after));
  }

  /** Computes the window: `apply((window, elements, out) => ...)`. */
  apply<R>(windowFunction: AllWindowFunction<T, R>): SingleOutputStreamOperator<R> {
    const id = this.added("apply(windowFunction)", "allWindowApply", windowFunction);
    return operator(this.origin, () => this.handle.apply(id));
  }

  /** Computes the window with its context: `process({ process(ctx, elements, out) { ... } })`. */
  process<R>(
    processWindowFunction: ProcessAllWindowFunction<T, R> | ProcessAllWindowLike<T, R>,
  ): SingleOutputStreamOperator<R> {
    const id = this.added("process(windowFunction)", "allWindowProcess", processWindowFunction);
    return operator(this.origin, () => this.handle.process(id));
  }
}

guardMembers({ Windowed, WindowedStream, AllWindowedStream });
