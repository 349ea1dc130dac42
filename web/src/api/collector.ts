/** Where a function puts the records that it emits. */
import * as native from "../engine/native";
import { put } from "./exchange";
import { guardMembers } from "./guard";

/** Takes emitted records. Flink: `Collector`. */
export class Collector<T> {
  /** Emits a record to the main output. */
  collect(record: T): void {
    if (typeof record === "number") native.collectNumber(record);
    else native.collect(put(record));
  }

  /** Does nothing, as in Flink: the task closes its outputs. */
  close(): void {
    return;
  }
}

guardMembers({ Collector });

/** The one collector: the engine knows which operator emits. */
export const collector = new Collector<unknown>();
