/** What can be chosen for a lab: by the author of a page through attributes, or by whoever makes the view. */
import type { ExampleId } from "../examples/catalog";

/** The parts of the lab that an author can show. */
export const VIEWS = ["editor", "output", "graph", "sentence", "inspector", "controls", "timeline"] as const;
export type View = (typeof VIEWS)[number];

export const THEMES = ["auto", "light", "dark"] as const;
export type Theme = (typeof THEMES)[number];

/** Ticks of virtual time a second; `max`: as fast as the machine can. */
export type Speed = number | "max";

export const SPEED_MAX = 10_000;
export const SEED_MAX = 0xffff_ffff;
export const TASK_MANAGERS_MAX = 16;
export const SLOTS_MAX = 16;

/** A size of memory in Flink's notation. */
export const MEMORY_SIZE = /^\d+\s*(b|bytes|[kmgtKMGT][bB]?)?$/;

/** What the author of the page chose. */
export interface LabOptions {
  /** The job's source where the page brings its own; it goes before `example`. */
  readonly job: string | null;
  readonly example: ExampleId;
  readonly views: ReadonlySet<View>;
  /** First tick shown. */
  readonly tick: number;
  readonly autoplay: boolean;
  /** Null: what suits the example. */
  readonly speed: Speed | null;
  readonly readonly: boolean;
  /** A CSS length in pixels, `full` for the window, null for the stylesheet's default. */
  readonly height: number | "full" | null;
  readonly theme: Theme;
  /** Null: what suits the example. */
  readonly seed: number | null;
  readonly taskManagers: number | null;
  readonly slots: number | null;
  /** Memory of each TaskManager's network in Flink's notation, as in `1m`. */
  readonly networkMemory: string | null;
}
