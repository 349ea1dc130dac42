/** Process functions: they see the key, the time and the state, and emit to side outputs. */
import type { Collector } from "./collector";
import type {
  BroadcastContext,
  KeyedReadOnlyBroadcastContext,
  ReadOnlyBroadcastContext,
} from "./broadcast-context";
import { AbstractRichFunction } from "./functions";
import type { JoinContext } from "./join-context";
import type { KeyedContext, KeyedOnTimerContext, OnTimerContext, ProcessContext } from "./process-context";
import type { WindowContext } from "./window-context";

/** Flink: `ProcessFunction`. */
export abstract class ProcessFunction<I = unknown, O = unknown> extends AbstractRichFunction {
  abstract processElement(value: I, ctx: ProcessContext, out: Collector<O>): void;
  /** A timer fires. */
  onTimer(_timestamp: number, _ctx: OnTimerContext, _out: Collector<O>): void {
    return;
  }
}

/** On a keyed stream: state and timers belong to the record's key. Flink: `KeyedProcessFunction`. */
export abstract class KeyedProcessFunction<
  K = unknown,
  I = unknown,
  O = unknown,
> extends AbstractRichFunction {
  abstract processElement(value: I, ctx: KeyedContext<K>, out: Collector<O>): void;
  /** A timer fires, with the key that it was registered for. */
  onTimer(_timestamp: number, _ctx: KeyedOnTimerContext<K>, _out: Collector<O>): void {
    return;
  }
}

/** On two connected streams. Flink: `CoProcessFunction`. */
export abstract class CoProcessFunction<A = unknown, B = unknown, O = unknown> extends AbstractRichFunction {
  abstract processElement1(value: A, ctx: ProcessContext, out: Collector<O>): void;
  abstract processElement2(value: B, ctx: ProcessContext, out: Collector<O>): void;
  onTimer(_timestamp: number, _ctx: OnTimerContext, _out: Collector<O>): void {
    return;
  }
}

/** On two connected keyed streams, which share state by key. Flink: `KeyedCoProcessFunction`. */
export abstract class KeyedCoProcessFunction<
  K = unknown,
  A = unknown,
  B = unknown,
  O = unknown,
> extends AbstractRichFunction {
  abstract processElement1(value: A, ctx: KeyedContext<K>, out: Collector<O>): void;
  abstract processElement2(value: B, ctx: KeyedContext<K>, out: Collector<O>): void;
  onTimer(_timestamp: number, _ctx: KeyedOnTimerContext<K>, _out: Collector<O>): void {
    return;
  }
}

/** On a stream connected with a broadcast one. Flink: `BroadcastProcessFunction`. */
export abstract class BroadcastProcessFunction<
  A = unknown,
  B = unknown,
  O = unknown,
> extends AbstractRichFunction {
  abstract processElement(value: A, ctx: ReadOnlyBroadcastContext, out: Collector<O>): void;
  abstract processBroadcastElement(value: B, ctx: BroadcastContext, out: Collector<O>): void;
}

/** On a keyed stream connected with a broadcast one. Flink: `KeyedBroadcastProcessFunction`. */
export abstract class KeyedBroadcastProcessFunction<
  K = unknown,
  A = unknown,
  B = unknown,
  O = unknown,
> extends AbstractRichFunction {
  abstract processElement(value: A, ctx: KeyedReadOnlyBroadcastContext<K>, out: Collector<O>): void;
  abstract processBroadcastElement(value: B, ctx: BroadcastContext, out: Collector<O>): void;
  onTimer(
    _timestamp: number,
    _ctx: KeyedOnTimerContext<K> & KeyedReadOnlyBroadcastContext<K>,
    _out: Collector<O>,
  ): void {
    return;
  }
}

/** On the records of a key in a window. Flink: `ProcessWindowFunction`. */
export abstract class ProcessWindowFunction<
  I = unknown,
  O = unknown,
  K = unknown,
> extends AbstractRichFunction {
  abstract process(key: K, ctx: WindowContext, elements: Iterable<I>, out: Collector<O>): void;
  /** The window is removed. */
  clear(_ctx: WindowContext): void {
    return;
  }
}

/** On all records of a window over a whole stream. Flink: `ProcessAllWindowFunction`. */
export abstract class ProcessAllWindowFunction<I = unknown, O = unknown> extends AbstractRichFunction {
  abstract process(ctx: WindowContext, elements: Iterable<I>, out: Collector<O>): void;
  /** The window is removed. */
  clear(_ctx: WindowContext): void {
    return;
  }
}

/** On each pair of an interval join. Flink: `ProcessJoinFunction`. */
export abstract class ProcessJoinFunction<
  L = unknown,
  R = unknown,
  O = unknown,
> extends AbstractRichFunction {
  abstract processElement(left: L, right: R, ctx: JoinContext, out: Collector<O>): void;
}

/** The methods of a function that is not a subclass: an object literal, or a class of the job's own. */
type Like<F extends AbstractRichFunction, Wanted extends keyof F> = Pick<F, Wanted> &
  Partial<Omit<F, Wanted>> &
  ThisType<F>;

export type ProcessLike<I, O> = Like<ProcessFunction<I, O>, "processElement">;
export type KeyedProcessLike<K, I, O> = Like<KeyedProcessFunction<K, I, O>, "processElement">;
export type CoProcessLike<A, B, O> = Like<CoProcessFunction<A, B, O>, "processElement1" | "processElement2">;
export type KeyedCoProcessLike<K, A, B, O> = Like<
  KeyedCoProcessFunction<K, A, B, O>,
  "processElement1" | "processElement2"
>;
export type BroadcastProcessLike<A, B, O> = Like<
  BroadcastProcessFunction<A, B, O>,
  "processElement" | "processBroadcastElement"
>;
export type KeyedBroadcastProcessLike<K, A, B, O> = Like<
  KeyedBroadcastProcessFunction<K, A, B, O>,
  "processElement" | "processBroadcastElement"
>;
export type ProcessWindowLike<I, O, K> = Like<ProcessWindowFunction<I, O, K>, "process">;
export type ProcessAllWindowLike<I, O> = Like<ProcessAllWindowFunction<I, O>, "process">;
export type ProcessJoinLike<L, R, O> = Like<ProcessJoinFunction<L, R, O>, "processElement">;
