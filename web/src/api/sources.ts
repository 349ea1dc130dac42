/** Sources for `env.fromSource(source, watermarkStrategy, sourceName)`. */
import type * as native from "../engine/native";
import { describe, instanceArgument, longArgument, nameArgument } from "./arguments";
import { reject } from "./errors";
import type { GeneratorFunction } from "./functions";
import { guardMembers, guardStatics } from "./guard";
import { session } from "./session";

/** Reads records from somewhere. Flink: `Source`. */
export abstract class Source<T> {
  declare protected readonly record?: T;
  /** @internal Adds the source to an environment. */
  abstract addTo(
    environment: native.Environment,
    strategy: native.WatermarkStrategy,
    name: string,
  ): native.Operator;
}

/** How fast a generated source is. Flink: `RateLimiterStrategy`. */
export class RateLimiterStrategy {
  /** @internal Over all subtasks together; `undefined` for no limit. */
  readonly recordsPerSecond: number | undefined;

  private constructor(recordsPerSecond: number | undefined) {
    this.recordsPerSecond = recordsPerSecond;
  }

  /** So many records a second, over all subtasks together. */
  static perSecond(recordsPerSecond: number): RateLimiterStrategy {
    if (
      typeof recordsPerSecond !== "number" ||
      !(recordsPerSecond > 0) ||
      !Number.isFinite(recordsPerSecond)
    ) {
      reject(
        `RateLimiterStrategy.perSecond(recordsPerSecond) takes a number above 0, and got ${describe(recordsPerSecond)}.`,
      );
    }
    return new RateLimiterStrategy(recordsPerSecond);
  }

  /** As fast as records are taken. */
  static noOp(): RateLimiterStrategy {
    return new RateLimiterStrategy(undefined);
  }
}

/** Makes records from their numbers: `generatorFunction(0)` to `generatorFunction(count - 1)`. */
export class DataGeneratorSource<T> extends Source<T> {
  readonly #functionId: number;
  readonly #count: bigint;
  readonly #strategy: RateLimiterStrategy;

  constructor(
    generatorFunction: GeneratorFunction<T>,
    count: number,
    rateLimiterStrategy: RateLimiterStrategy = RateLimiterStrategy.noOp(),
  ) {
    super();
    const call = "new DataGeneratorSource(generatorFunction, count)";
    this.#functionId = session().functions.add(call, "generator", generatorFunction);
    this.#count = longArgument(call, "a count", count);
    if (this.#count < 0n) reject(`${call}: the count must not be negative, and is ${count}.`);
    this.#strategy = instanceArgument(
      call,
      rateLimiterStrategy,
      RateLimiterStrategy,
      "RateLimiterStrategy.perSecond(100)",
    );
  }

  /** @internal */
  addTo(environment: native.Environment, strategy: native.WatermarkStrategy, name: string): native.Operator {
    const rate = this.#strategy.recordsPerSecond;
    return environment.fromGeneratorSource(this.#functionId, this.#count, rate, strategy, name);
  }
}

/** The integers from `from` to `to`, both included. Flink: `NumberSequenceSource`. */
export class NumberSequenceSource extends Source<number> {
  readonly #from: bigint;
  readonly #to: bigint;

  constructor(from: number, to: number) {
    super();
    const call = "new NumberSequenceSource(from, to)";
    this.#from = longArgument(call, "the first number", from);
    this.#to = longArgument(call, "the last number", to);
    if (this.#from > this.#to) reject(`${call} starts after its end: give the smaller number first.`);
  }

  /** @internal */
  addTo(environment: native.Environment, strategy: native.WatermarkStrategy, name: string): native.Operator {
    return environment.fromSequenceSource(this.#from, this.#to, strategy, name);
  }
}

/** The lines of a text of the page. Flink: a `FileSource` of `TextLineInputFormat`. */
export class TextLineSource extends Source<string> {
  readonly #path: string;

  constructor(path: string) {
    super();
    this.#path = nameArgument("new TextLineSource(path)", "a path", path);
  }

  /** @internal */
  addTo(environment: native.Environment, strategy: native.WatermarkStrategy, name: string): native.Operator {
    return environment.fromTextSource(this.#path, strategy, name);
  }
}

guardMembers({ RateLimiterStrategy });
guardStatics({ Source });
