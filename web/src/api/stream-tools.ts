/** Operators that Flink gives as static methods. */
import { integerArgument } from "./arguments";
import {
  KeyedStream,
  operator,
  streamArgument,
  type DataStream,
  type SingleOutputStreamOperator,
} from "./data-stream";
import { spanArgument, type TimeSpan } from "./duration";
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
    const [id, millis, calls] = asyncArguments(call, input, asyncFunction, timeout, capacity);
    return operator(input.origin, () => input.handle.orderedWait(id, millis, calls));
  }

  /** Results leave as they come; watermarks keep their place. */
  static unorderedWait<T, R>(
    input: DataStream<T>,
    asyncFunction: AsyncFunction<T, R>,
    timeout: TimeSpan,
    capacity?: number,
  ): SingleOutputStreamOperator<R> {
    const call = "AsyncDataStream.unorderedWait(input, asyncFunction, timeout, capacity)";
    const [id, millis, calls] = asyncArguments(call, input, asyncFunction, timeout, capacity);
    return operator(input.origin, () => input.handle.unorderedWait(id, millis, calls));
  }
}

function asyncArguments<T>(
  call: string,
  input: DataStream<T>,
  asyncFunction: unknown,
  timeout: TimeSpan,
  capacity: number | undefined,
): [functionId: number, millis: number, capacity: number | undefined] {
  streamArgument(call, input);
  const id = input.origin.session.functions.add(call, "async", asyncFunction);
  const millis = spanArgument(call, timeout);
  const calls =
    capacity === undefined ? undefined : integerArgument(call, "a capacity", capacity, { min: -(2 ** 31) });
  return [id, millis, calls];
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
