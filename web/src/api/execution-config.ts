/** Settings of a job's execution that are no setting of one operator. */
import { integerArgument } from "./arguments";
import { spanArgument, type TimeSpan } from "./duration";
import { guardMembers } from "./guard";
import type { StreamOrigin } from "./stream-origin";

/** `env.getConfig()`. Flink: `ExecutionConfig`. */
export class ExecutionConfig {
  readonly #origin: StreamOrigin;

  /** @internal */
  constructor(origin: StreamOrigin) {
    this.#origin = origin;
  }

  /** The period at which generators are asked for watermarks; 0: never. */
  setAutoWatermarkInterval(interval: TimeSpan): this {
    const millis = spanArgument("setAutoWatermarkInterval(interval)", interval);
    this.#origin.call(() => this.#origin.environment.setAutoWatermarkInterval(millis));
    return this;
  }

  /** In milliseconds. */
  getAutoWatermarkInterval(): number {
    return this.#origin.environment.getAutoWatermarkInterval();
  }

  /** The period at which sources send latency markers through the job; 0: never. */
  setLatencyTrackingInterval(interval: TimeSpan): this {
    const millis = spanArgument("setLatencyTrackingInterval(interval)", interval);
    this.#origin.call(() => {
      this.#origin.environment.setLatencyTrackingInterval(millis);
    });
    return this;
  }

  /** In milliseconds. */
  getLatencyTrackingInterval(): number {
    return this.#origin.environment.getLatencyTrackingInterval();
  }

  /** The parallelism of operators that are made from now on and set none. */
  setParallelism(parallelism: number): this {
    const call = "setParallelism(parallelism)";
    const count = integerArgument(call, "a parallelism", parallelism, { min: -(2 ** 31) });
    this.#origin.call(() => this.#origin.environment.setParallelism(count));
    return this;
  }

  getParallelism(): number {
    return this.#origin.environment.getParallelism();
  }
}

guardMembers({ ExecutionConfig });
