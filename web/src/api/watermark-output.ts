/** Where a watermark generator puts its watermarks. */
import * as native from "../engine/native";
import { longArgument } from "./arguments";
import { guardMembers } from "./guard";

/** Takes watermarks. Flink: `WatermarkOutput`. */
export interface WatermarkOutput {
  /** Says that no record before or at `timestamp` comes any more. */
  emitWatermark(timestamp: number): void;
  markIdle(): void;
  markActive(): void;
}

class EngineWatermarkOutput implements WatermarkOutput {
  emitWatermark(timestamp: number): void {
    native.emitWatermark(longArgument("emitWatermark(timestamp)", "a timestamp", timestamp));
  }

  markIdle(): void {
    native.markOutput(true);
  }

  markActive(): void {
    native.markOutput(false);
  }
}

guardMembers({ EngineWatermarkOutput });

/** The one output: the engine knows which generator speaks. */
export const watermarkOutput: WatermarkOutput = new EngineWatermarkOutput();
