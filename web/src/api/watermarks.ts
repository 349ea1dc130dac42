/** How records get their event time, and streams their watermarks. */
import * as native from "../engine/native";
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

/** Where watermarks come from. */
type Generation =
  | { readonly kind: "none" | "monotonous" }
  | { readonly kind: "bounded"; readonly millis: number }
  | { readonly kind: "generator"; readonly functionId: number };

/** How timestamps and watermarks are made. Flink: `WatermarkStrategy`. */
export class WatermarkStrategy<T> {
  readonly #generation: Generation;
  readonly #assigner: number | undefined;
  readonly #idlenessMillis: number | undefined;

  private constructor(generation: Generation, assigner?: number, idlenessMillis?: number) {
    this.#generation = generation;
    this.#assigner = assigner;
    this.#idlenessMillis = idlenessMillis;
  }

  /** No watermarks at all. */
  static noWatermarks<T>(): WatermarkStrategy<T> {
    return new WatermarkStrategy({ kind: "none" });
  }

  /** For timestamps that never fall: the watermark follows the newest. */
  static forMonotonousTimestamps<T>(): WatermarkStrategy<T> {
    return new WatermarkStrategy({ kind: "monotonous" });
  }

  /** For records that lag behind the newest by at most `maxOutOfOrderness`. */
  static forBoundedOutOfOrderness<T>(maxOutOfOrderness: TimeSpan): WatermarkStrategy<T> {
    const call = "WatermarkStrategy.forBoundedOutOfOrderness(maxOutOfOrderness)";
    const millis = spanArgument(call, maxOutOfOrderness);
    if (millis < 0) reject(`${call}: the span must not be negative, and is ${millis} ms.`);
    return new WatermarkStrategy({ kind: "bounded", millis });
  }

  /** With a generator of the job's own. */
  static forGenerator<T>(
    supplier: (() => WatermarkGenerator<T>) | { createWatermarkGenerator(): WatermarkGenerator<T> },
  ): WatermarkStrategy<T> {
    const call = "WatermarkStrategy.forGenerator(supplier)";
    const functionId = session().functions.add(call, "watermarkGenerator", supplier);
    return new WatermarkStrategy({ kind: "generator", functionId });
  }

  /** Takes each record's event time from `assigner`. */
  withTimestampAssigner(assigner: TimestampAssigner<T>): WatermarkStrategy<T> {
    const call = "withTimestampAssigner(assigner)";
    const functionId = session().functions.add(call, "timestampAssigner", assigner);
    return new WatermarkStrategy(this.#generation, functionId, this.#idlenessMillis);
  }

  /** Where no record comes for `idleTimeout`, others do not wait for this stream. */
  withIdleness(idleTimeout: TimeSpan): WatermarkStrategy<T> {
    const call = "withIdleness(idleTimeout)";
    const millis = spanArgument(call, idleTimeout);
    if (millis <= 0) reject(`${call}: the span must be above 0, and is ${millis} ms.`);
    return new WatermarkStrategy(this.#generation, this.#assigner, millis);
  }

  /** @internal As the engine holds it. */
  toNative(): native.WatermarkStrategy {
    return new native.WatermarkStrategy(this.#nativeGeneration(), this.#assigner, this.#idlenessMillis);
  }

  #nativeGeneration(): native.WatermarkGeneration {
    const generation = this.#generation;
    switch (generation.kind) {
      case "none":
        return native.WatermarkGeneration.none();
      case "monotonous":
        return native.WatermarkGeneration.monotonous();
      case "bounded":
        return native.WatermarkGeneration.boundedOutOfOrderness(generation.millis);
      case "generator":
        return native.WatermarkGeneration.generator(generation.functionId);
    }
  }
}

guardMembers({ WatermarkStrategy });
