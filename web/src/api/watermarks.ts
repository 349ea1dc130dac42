/** How records get their event time, and streams their watermarks. */
import * as native from "../engine/native";
import { nameArgument } from "./arguments";
import { reject } from "./errors";
import { spanArgument, type TimeSpan } from "./duration";
import type { TimestampAssigner } from "./functions";
import { guardMembers } from "./guard";
import { session } from "./session";
import type { WatermarkOutput } from "./watermark-output";

/**
 * Makes watermarks from the records that it sees. What it remembers it keeps in its fields, which are part of every
 * snapshot of a run. Flink: `WatermarkGenerator`.
 */
export interface WatermarkGenerator<T> {
  onEvent(event: T, eventTimestamp: number, output: WatermarkOutput): void;
  onPeriodicEmit(output: WatermarkOutput): void;
}

/** Times in ms. */
interface Alignment {
  readonly group: string;
  readonly maxDrift: number;
  readonly updateInterval: number;
}

/** Watermarks so far behind the newest record, or of a generator of the job's own, or none. */
interface StrategyParts {
  readonly millis?: number;
  readonly functionId?: number;
  readonly assigner?: number;
  readonly idlenessMillis?: number;
  readonly alignment?: Alignment;
}

/** How timestamps and watermarks are made. Flink: `WatermarkStrategy`. */
export class WatermarkStrategy<T> {
  readonly #parts: StrategyParts;

  private constructor(parts: StrategyParts) {
    this.#parts = parts;
  }

  /** No watermarks at all. */
  static noWatermarks<T>(): WatermarkStrategy<T> {
    return new WatermarkStrategy({});
  }

  /** For timestamps that never fall: the watermark follows the newest. */
  static forMonotonousTimestamps<T>(): WatermarkStrategy<T> {
    return new WatermarkStrategy({ millis: 0 });
  }

  /** For records that lag behind the newest by at most `maxOutOfOrderness`. */
  static forBoundedOutOfOrderness<T>(maxOutOfOrderness: TimeSpan): WatermarkStrategy<T> {
    const call = "WatermarkStrategy.forBoundedOutOfOrderness(maxOutOfOrderness)";
    const millis = spanArgument(call, maxOutOfOrderness);
    if (millis < 0) reject(`${call}: the span must not be negative, and is ${millis} ms.`);
    return new WatermarkStrategy({ millis });
  }

  /** With a generator of the job's own. */
  static forGenerator<T>(
    supplier: (() => WatermarkGenerator<T>) | { createWatermarkGenerator(): WatermarkGenerator<T> },
  ): WatermarkStrategy<T> {
    const call = "WatermarkStrategy.forGenerator(supplier)";
    const functionId = session().functions.add(call, "watermarkGenerator", supplier);
    return new WatermarkStrategy({ functionId });
  }

  /** Takes each record's event time from `assigner`. */
  withTimestampAssigner(assigner: TimestampAssigner<T>): WatermarkStrategy<T> {
    const call = "withTimestampAssigner(assigner)";
    const functionId = session().functions.add(call, "timestampAssigner", assigner);
    return new WatermarkStrategy({ ...this.#parts, assigner: functionId });
  }

  /** Where no record comes for `idleTimeout`, others do not wait for this stream. */
  withIdleness(idleTimeout: TimeSpan): WatermarkStrategy<T> {
    const call = "withIdleness(idleTimeout)";
    const millis = spanArgument(call, idleTimeout);
    if (millis <= 0) reject(`${call}: the span must be above 0, and is ${millis} ms.`);
    return new WatermarkStrategy({ ...this.#parts, idlenessMillis: millis });
  }

  /**
   * A source does not run further ahead of the others of its group than `maxAllowedWatermarkDrift`; they hear of each
   * other every `updateInterval`.
   */
  withWatermarkAlignment(
    watermarkGroup: string,
    maxAllowedWatermarkDrift: TimeSpan,
    updateInterval: TimeSpan = 1000,
  ): WatermarkStrategy<T> {
    const call = "withWatermarkAlignment(watermarkGroup, maxAllowedWatermarkDrift, updateInterval)";
    const group = nameArgument(call, "a group", watermarkGroup);
    const maxDrift = spanArgument(call, maxAllowedWatermarkDrift);
    const interval = spanArgument(call, updateInterval);
    if (maxDrift < 0) reject(`${call}: the drift must not be negative, and is ${maxDrift} ms.`);
    if (interval <= 0) reject(`${call}: the interval must be above 0, and is ${interval} ms.`);
    const alignment = { group, maxDrift, updateInterval: interval };
    return new WatermarkStrategy({ ...this.#parts, alignment });
  }

  /** @internal As the engine holds it. */
  toNative(): native.WatermarkStrategy {
    const { millis, functionId, assigner, idlenessMillis, alignment } = this.#parts;
    const strategy = new native.WatermarkStrategy(millis, functionId, assigner, idlenessMillis);
    if (alignment !== undefined) {
      strategy.align(alignment.group, alignment.maxDrift, alignment.updateInterval);
    }
    return strategy;
  }
}

guardMembers({ WatermarkStrategy });
