/** Sinks for `stream.sinkTo(sink)`. */
import type * as native from "../engine/native";
import { constantArgument, nameArgument } from "./arguments";
import { guardMembers } from "./guard";

/** Takes the records at the end of a stream. Flink: `Sink`. */
export abstract class Sink<T> {
  declare protected readonly record?: T;
  /** @internal Ends a stream with the sink. */
  abstract addTo(stream: native.DataStream): native.Sink;
}

/** Forgets every record. Flink: `DiscardingSink`. */
export class DiscardingSink<T> extends Sink<T> {
  /** @internal */
  addTo(stream: native.DataStream): native.Sink {
    return stream.sinkToDiscard();
  }
}

/** Collects the records into a table that the page shows under `name`. */
export class CollectSink<T> extends Sink<T> {
  readonly #name: string;

  constructor(name: string) {
    super();
    this.#name = nameArgument("new CollectSink(name)", "a name", name);
  }

  /** @internal */
  addTo(stream: native.DataStream): native.Sink {
    return stream.sinkToTable(this.#name);
  }
}

/** How often a record is seen outside when tasks start again. Flink: `DeliveryGuarantee`. */
export const DeliveryGuarantee = {
  EXACTLY_ONCE: "EXACTLY_ONCE",
  AT_LEAST_ONCE: "AT_LEAST_ONCE",
} as const;
export type DeliveryGuarantee = keyof typeof DeliveryGuarantee;

/**
 * Writes the records into a table of an external system, as Flink's `KafkaSink` does into a topic.
 *
 * `EXACTLY_ONCE`: in transactions, by two phases. A writer hands each over before the barrier of a checkpoint, a
 * committer commits it when the checkpoint is complete, or at the end where the job makes none. The table `name` has
 * what was committed, `name (all)` all that was ever written. `AT_LEAST_ONCE`: in batches, the last one before each
 * barrier; what came after it is written again when the job restarts.
 */
export class TableSink<T> extends Sink<T> {
  readonly #name: string;
  readonly #guarantee: DeliveryGuarantee;

  constructor(name: string, deliveryGuarantee: DeliveryGuarantee) {
    super();
    const call = "new TableSink(name, deliveryGuarantee)";
    this.#name = nameArgument(call, "a name", name);
    const known = ["EXACTLY_ONCE", "AT_LEAST_ONCE"] as const;
    this.#guarantee = constantArgument(call, "a guarantee", deliveryGuarantee, known);
  }

  /** @internal */
  addTo(stream: native.DataStream): native.Sink {
    return stream.sinkToExternalTable(this.#name, this.#guarantee === "EXACTLY_ONCE");
  }
}

guardMembers({ Sink });
