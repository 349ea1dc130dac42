/** Joins of two keyed streams whose times lie near each other. */
import type * as native from "../engine/native";
import { instanceArgument } from "./arguments";
import { operator, type SingleOutputStreamOperator } from "./data-stream";
import { spanArgument, type TimeSpan } from "./duration";
import { guardMembers } from "./guard";
import { OutputTag } from "./output-tag";
import type { ProcessJoinFunction, ProcessJoinLike } from "./process-functions";
import type { StreamOrigin } from "./stream-origin";

/** Two keyed streams. Flink: `KeyedStream.IntervalJoin`. */
export class IntervalJoin<L, R> {
  readonly #origin: StreamOrigin;
  readonly #first: native.KeyedStream;
  readonly #second: native.KeyedStream;
  declare protected readonly records?: [L, R];

  /** @internal */
  constructor(origin: StreamOrigin, first: native.KeyedStream, second: native.KeyedStream) {
    this.#origin = origin;
    this.#first = first;
    this.#second = second;
  }

  /** Right records from `lowerBound` to `upperBound` after a left one, both included. */
  between(lowerBound: TimeSpan, upperBound: TimeSpan): IntervalJoined<L, R> {
    const call = "between(lowerBound, upperBound)";
    const [lower, upper] = [spanArgument(call, lowerBound), spanArgument(call, upperBound)];
    return new IntervalJoined(
      this.#origin,
      this.#origin.call(() => this.#first.intervalJoin(this.#second, lower, upper)),
    );
  }
}

/** Two keyed streams and the interval between their records. Flink: `KeyedStream.IntervalJoined`. */
export class IntervalJoined<L, R> {
  readonly #origin: StreamOrigin;
  #handle: native.IntervalJoined;
  declare protected readonly records?: [L, R];

  /** @internal */
  constructor(origin: StreamOrigin, handle: native.IntervalJoined) {
    this.#origin = origin;
    this.#handle = handle;
  }

  /** Leaves out the lower bound itself. */
  lowerBoundExclusive(): this {
    this.#handle = this.#handle.exclusive(true);
    return this;
  }

  /** Leaves out the upper bound itself. */
  upperBoundExclusive(): this {
    this.#handle = this.#handle.exclusive(false);
    return this;
  }

  /** Gives left records that come too late to a side output. */
  sideOutputLeftLateData(outputTag: OutputTag<L>): this {
    const tag = instanceArgument(
      "sideOutputLeftLateData(tag)",
      outputTag,
      OutputTag,
      'new OutputTag("late")',
    );
    this.#handle = this.#handle.sideOutputLateData(true, tag.getId());
    return this;
  }

  /** Gives right records that come too late to a side output. */
  sideOutputRightLateData(outputTag: OutputTag<R>): this {
    const tag = instanceArgument(
      "sideOutputRightLateData(tag)",
      outputTag,
      OutputTag,
      'new OutputTag("late")',
    );
    this.#handle = this.#handle.sideOutputLateData(false, tag.getId());
    return this;
  }

  /** Each pair: `process({ processElement(left, right, ctx, out) { ... } })`. */
  process<O>(
    processJoinFunction: ProcessJoinFunction<L, R, O> | ProcessJoinLike<L, R, O>,
  ): SingleOutputStreamOperator<O> {
    const call = "process(processJoinFunction)";
    const id = this.#origin.session.functions.add(call, "intervalJoin", processJoinFunction);
    return operator(this.#origin, () => this.#handle.process(id));
  }
}

guardMembers({ IntervalJoin, IntervalJoined });
