/** Fields of records, for sums and the like. */
import * as native from "../engine/native";
import { describe } from "./arguments";
import { reject } from "./errors";

/** A position in a tuple, from 0, or a name in an object. */
export type FieldName = number | string;

/** A field as the engine holds it. */
export function fieldArgument(call: string, value: unknown): native.Field {
  if (typeof value === "number" && Number.isInteger(value) && value >= 0) return native.Field.position(value);
  if (typeof value === "string" && value !== "") return native.Field.named(value);
  return reject(
    `${call} takes a position in a tuple, from 0, or the name of a field, and got ${describe(value)}.`,
  );
}
