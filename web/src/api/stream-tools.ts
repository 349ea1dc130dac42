/** Operators that Flink gives as static methods. */
import { instanceArgument, integerArgument } from "./arguments";
import { AsyncRetryStrategy } from "./async-retry";
import {
  KeyedStream,
  operator,
  streamArgument,
  type DataStream,
  type SingleOutputStreamOperator,
} from "./data-stream";
import { spanArgument, type TimeSpan } from "./duration";
import { reject } from "./errors";
import type { AsyncFunction, KeySelector } from "./functions";
import { guardMembers } from "./guard";

/** Asks the outside about each record, without waiting. Flink: `AsyncDataStream`. */
export class AsyncDataStream {
  /** Results leave in the order of their records. */
  static orderedWait<T, R>(
    input: DataStream<T>,
    asyncFunction: AsyncFunction<T, R>,
    timeout: TimeSpan,
    capacity?: number,
  ): SingleOutputStreamOperator<R> {
    const call = "AsyncDataStream.orderedWait(input, asyncFunction, timeout, capacity)";
    return asyncWait(call, true, input, asyncFunction, timeout, capacity);
  }

  /** Results leave as they come; watermarks keep their place. */
  static unorderedWait<T, R>(
    input: DataStream<T>,
    asyncFunction: AsyncFunction<T, R>,
    timeout: TimeSpan,
    capacity?: number,
  ): SingleOutputStreamOperator<R> {
    const call = "AsyncDataStream.unorderedWait(input, asyncFunction, timeout, capacity)";
    return asyncWait(call, false, input, asyncFunction, timeout, capacity);
  }

  /** As `orderedWait`, and asks again where the strategy says so; the timeout is that of all attempts. */
  static orderedWaitWithRetry<T, R>(
    input: DataStream<T>,
    asyncFunction: AsyncFunction<T, R>,
    timeout: TimeSpan,
    ...rest: CapacityAndStrategy
  ): SingleOutputStreamOperator<R> {
    const call = "AsyncDataStream.orderedWaitWithRetry(input, asyncFunction, timeout, capacity, strategy)";
    return asyncWait(call, true, input, asyncFunction, timeout, ...capacityAndStrategy(call, rest));
  }

  /** As `unorderedWait`, and asks again where the strategy says so; the timeout is that of all attempts. */
  static unorderedWaitWithRetry<T, R>(
    input: DataStream<T>,
    asyncFunction: AsyncFunction<T, R>,
    timeout: TimeSpan,
    ...rest: CapacityAndStrategy
  ): SingleOutputStreamOperator<R> {
    const call = "AsyncDataStream.unorderedWaitWithRetry(input, asyncFunction, timeout, capacity, strategy)";
    return asyncWait(call, false, input, asyncFunction, timeout, ...capacityAndStrategy(call, rest));
  }
}

/** The capacity may be left out. */
type CapacityAndStrategy =
  | readonly [asyncRetryStrategy: AsyncRetryStrategy]
  | readonly [capacity: number, asyncRetryStrategy: AsyncRetryStrategy];

function capacityAndStrategy(
  call: string,
  rest: CapacityAndStrategy,
): [capacity: number | undefined, strategy: AsyncRetryStrategy] {
  const [capacity, strategy] = rest.length === 1 ? [undefined, rest[0]] : rest;
  const example = "new AsyncRetryStrategies.FixedDelayRetryStrategyBuilder(3, 100).ifResult(...).build()";
  return [capacity, instanceArgument(call, strategy, AsyncRetryStrategy, example)];
}

function asyncWait<T, R>(
  call: string,
  isOrdered: boolean,
  input: DataStream<T>,
  asyncFunction: unknown,
  timeout: TimeSpan,
  capacity: number | undefined,
  strategy?: AsyncRetryStrategy,
): SingleOutputStreamOperator<R> {
  streamArgument(call, input);
  const id = input.origin.session.functions.add(call, "async", asyncFunction);
  const millis = spanArgument(call, timeout);
  if (strategy !== undefined && millis <= 0) reject("Timeout should be configured when do async with retry.");
  const calls =
    capacity === undefined ? undefined : integerArgument(call, "a capacity", capacity, { min: -(2 ** 31) });
  return operator(input.origin, () =>
    input.handle.asyncWait(id, isOrdered, millis, calls, strategy?.toNative()),
  );
}

/** Flink: `DataStreamUtils`. */
export class DataStreamUtils {
  /** Takes a stream as keyed without a new exchange: its records must already lie as `keyBy` would put them. */
  static reinterpretAsKeyedStream<T, K>(
    stream: DataStream<T>,
    keySelector: KeySelector<T, K>,
  ): KeyedStream<T, K> {
    const call = "DataStreamUtils.reinterpretAsKeyedStream(stream, keySelector)";
    streamArgument(call, stream);
    const id = stream.origin.session.functions.add(call, "keySelector", keySelector);
    return new KeyedStream(
      stream.origin,
      stream.origin.make(
        () => stream.handle.reinterpretAsKeyed(id),
        (made) => made.stream.id,
      ),
    );
  }
}

guardMembers({ AsyncDataStream, DataStreamUtils });
