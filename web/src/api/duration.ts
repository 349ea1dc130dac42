/** Spans of time, in whole milliseconds: one millisecond is a tick. */
import { describe, integerArgument } from "./arguments";
import { reject } from "./errors";
import { guardMembers } from "./guard";

/** A span of time wherever the API takes one: a `Duration`, or a number of milliseconds. */
export type TimeSpan = Duration | number;

/** A span of time. Java: `java.time.Duration`. */
export class Duration {
  /** No time at all. */
  static readonly ZERO: Duration = new Duration(0);

  readonly #millis: number;

  private constructor(millis: number) {
    this.#millis = millis;
  }

  static ofMillis(millis: number): Duration {
    return Duration.#of("Duration.ofMillis(millis)", millis, 1);
  }

  static ofSeconds(seconds: number): Duration {
    return Duration.#of("Duration.ofSeconds(seconds)", seconds, 1_000);
  }

  static ofMinutes(minutes: number): Duration {
    return Duration.#of("Duration.ofMinutes(minutes)", minutes, 60_000);
  }

  static ofHours(hours: number): Duration {
    return Duration.#of("Duration.ofHours(hours)", hours, 3_600_000);
  }

  static ofDays(days: number): Duration {
    return Duration.#of("Duration.ofDays(days)", days, 86_400_000);
  }

  static #of(call: string, count: number, unitMillis: number): Duration {
    const limit = Math.floor(Number.MAX_SAFE_INTEGER / unitMillis);
    const whole = integerArgument(call, "a count", count, { min: -limit, max: limit });
    return new Duration(whole * unitMillis);
  }

  /** The whole span in milliseconds. */
  toMillis(): number {
    return this.#millis;
  }

  plus(other: Duration): Duration {
    return new Duration(this.#millis + spanArgument("Duration.plus(other)", other));
  }

  minus(other: Duration): Duration {
    return new Duration(this.#millis - spanArgument("Duration.minus(other)", other));
  }

  multipliedBy(factor: number): Duration {
    const times = integerArgument("Duration.multipliedBy(factor)", "a factor", factor, {
      min: Number.MIN_SAFE_INTEGER,
      max: Number.MAX_SAFE_INTEGER,
    });
    return new Duration(this.#millis * times);
  }

  negated(): Duration {
    return new Duration(0 - this.#millis);
  }

  toString(): string {
    return `${this.#millis} ms`;
  }
}

/** A span of time as milliseconds. */
export function spanArgument(call: string, value: unknown): number {
  if (value instanceof Duration) return value.toMillis();
  if (typeof value === "number" && Number.isSafeInteger(value)) return value;
  return reject(
    `${call} takes a span of time, as in Duration.ofSeconds(5), or a whole number of milliseconds, and got ${describe(value)}.`,
  );
}

guardMembers({ Duration });
