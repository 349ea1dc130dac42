/** When a call of an asynchronous function is made again. */
import * as native from "../engine/native";
import { integerArgument, numberArgument } from "./arguments";
import { spanArgument, type TimeSpan } from "./duration";
import { reject } from "./errors";
import { guardMembers } from "./guard";
import { session } from "./session";

/** Which results or errors are not good enough. Java: `Predicate`. */
export type RetryPredicate<V> = ((value: V) => boolean) | { test(value: V): boolean };

interface Backoff {
  readonly maxAttempts: number;
  readonly initialDelay: number;
  readonly maxDelay: number;
  readonly multiplier: number;
}

/** What a builder makes. Flink: `AsyncRetryStrategy`. */
export class AsyncRetryStrategy {
  /** @internal As the engine takes it. */
  readonly toNative: () => native.AsyncRetryStrategy | undefined;

  /** @internal */
  constructor(toNative: () => native.AsyncRetryStrategy | undefined) {
    this.toNative = toNative;
  }
}

/** What both builders have. */
abstract class RetryStrategyBuilder<R> {
  readonly #backoff: Backoff;
  #ifResult: number | undefined;
  #ifException: number | undefined;

  /** @internal */
  protected constructor(backoff: Backoff) {
    this.#backoff = backoff;
  }

  /** Asks again for results that the predicate takes: `ifResult(RetryPredicates.EMPTY_RESULT_PREDICATE)`. */
  ifResult(resultRetryPredicate: RetryPredicate<readonly R[]>): this {
    const call = "ifResult(resultRetryPredicate)";
    this.#ifResult = session().functions.add(call, "retryResult", resultRetryPredicate);
    return this;
  }

  /** Asks again for errors that the predicate takes: `ifException(RetryPredicates.HAS_EXCEPTION_PREDICATE)`. */
  ifException(exceptionRetryPredicate: RetryPredicate<Error>): this {
    const call = "ifException(exceptionRetryPredicate)";
    this.#ifException = session().functions.add(call, "retryException", exceptionRetryPredicate);
    return this;
  }

  build(): AsyncRetryStrategy {
    const { maxAttempts, initialDelay, maxDelay, multiplier } = this.#backoff;
    const [ifResult, ifException] = [this.#ifResult, this.#ifException];
    // Flink: without a predicate, nothing is asked again.
    return new AsyncRetryStrategy(() =>
      ifResult === undefined && ifException === undefined
        ? undefined
        : new native.AsyncRetryStrategy(
            maxAttempts,
            initialDelay,
            maxDelay,
            multiplier,
            ifResult,
            ifException,
          ),
    );
  }
}

/** Equal delays. */
class FixedDelayRetryStrategyBuilder<R = unknown> extends RetryStrategyBuilder<R> {
  constructor(maxAttempts: number, backoffTimeMillis: TimeSpan) {
    const call = "new FixedDelayRetryStrategyBuilder(maxAttempts, backoffTimeMillis)";
    const count = integerArgument(call, "maxAttempts", maxAttempts, { min: -(2 ** 31) });
    const delay = spanArgument(call, backoffTimeMillis);
    if (count <= 0) reject("maxAttempts should be greater than zero.");
    if (delay <= 0) reject("backoffTimeMillis should be greater than zero.");
    super({ maxAttempts: count, initialDelay: delay, maxDelay: delay, multiplier: 1 });
  }
}

/** Delays that grow by a factor, up to a limit. */
class ExponentialBackoffDelayRetryStrategyBuilder<R = unknown> extends RetryStrategyBuilder<R> {
  constructor(maxAttempts: number, initialDelay: TimeSpan, maxRetryDelay: TimeSpan, multiplier: number) {
    const call =
      "new ExponentialBackoffDelayRetryStrategyBuilder(maxAttempts, initialDelay, maxRetryDelay, multiplier)";
    super({
      maxAttempts: integerArgument(call, "maxAttempts", maxAttempts, { min: 0 }),
      initialDelay: spanArgument(call, initialDelay),
      maxDelay: spanArgument(call, maxRetryDelay),
      multiplier: numberArgument(call, "a multiplier", multiplier),
    });
  }
}

/** Flink: `AsyncRetryStrategies`. */
export const AsyncRetryStrategies = {
  NO_RETRY_STRATEGY: new AsyncRetryStrategy(() => undefined),
  FixedDelayRetryStrategyBuilder,
  ExponentialBackoffDelayRetryStrategyBuilder,
} as const;

/** Flink: `RetryPredicates`. */
export const RetryPredicates = {
  EMPTY_RESULT_PREDICATE: (results: readonly unknown[]): boolean => results.length === 0,
  HAS_EXCEPTION_PREDICATE: (error: Error | null): boolean => error !== null,
} as const;

guardMembers({
  AsyncRetryStrategy,
  FixedDelayRetryStrategyBuilder,
  ExponentialBackoffDelayRetryStrategyBuilder,
});
