/** Types that a job declares for keys and for what states hold: checked as values are put, and on restore. */
import { describe, instanceArgument, nameArgument } from "./arguments";
import { reject } from "./errors";
import { guardMembers } from "./guard";

/** A type by its parts, as the engine reads it (`state/type_information.rs`). */
export type Shape = string | null | readonly Shape[] | { readonly [field: string]: Shape };

/** The type of a value. Flink: `TypeInformation`. */
export class TypeInformation<T> {
  declare protected readonly value?: T;
  /** @internal */
  readonly shape: Shape;

  /** @internal */
  constructor(shape: Shape) {
    this.shape = shape;
  }
}

const basic = <T>(name: string | null): TypeInformation<T> => new TypeInformation<T>(name);

/** The types that there are. Flink: `Types`. */
export const Types = {
  STRING: basic<string>("String"),
  BOOLEAN: basic<boolean>("Boolean"),
  /** Whole numbers. */
  LONG: basic<number>("Long"),
  /** Whole numbers. */
  INT: basic<number>("Long"),
  /** All numbers. */
  DOUBLE: basic<number>("Double"),
  /** Everything, as where no type is declared. */
  GENERIC: basic<unknown>(null),

  /** Arrays of so many elements, each of its own type. */
  TUPLE<T extends readonly unknown[]>(
    ...types: { [I in keyof T]: TypeInformation<T[I]> }
  ): TypeInformation<T> {
    return new TypeInformation<T>(
      (types as readonly TypeInformation<unknown>[]).map((type) => shapeOf("TUPLE(types)", type)),
    );
  },

  /** Objects with these fields. What was saved with others loses them, and gets new ones as `null`. */
  POJO<T extends object>(fields: { [F in keyof T]: TypeInformation<T[F]> }): TypeInformation<T> {
    const call = "POJO({ field: type })";
    if (typeof (fields as unknown) !== "object" || (fields as unknown) === null) {
      return reject(`${call} takes an object with a type for each field, and got ${describe(fields)}.`);
    }
    const shapes = Object.entries(fields).map(([name, type]) => [
      nameArgument(call, "a field", name),
      shapeOf(call, type as TypeInformation<unknown>),
    ]);
    return new TypeInformation<T>(Object.fromEntries(shapes) as Shape);
  },
} as const;

/** The parts of a type that a job gave; of none where it gave none. */
export function shapeOf(call: string, type: TypeInformation<unknown> | undefined): Shape {
  return type === undefined ? null : instanceArgument(call, type, TypeInformation, "Types.LONG").shape;
}

guardMembers({ TypeInformation });
