/**
 * The attributes of `<weir-lab>`: the one place that reads, checks and explains them.
 *
 * A value that is no value of its attribute is never guessed at: the default stands, and a problem says
 * in words what was found and what is expected. The element shows the problems.
 */
import { EXAMPLE_IDS, FIRST_EXAMPLE } from "../examples/catalog";
import {
  MEMORY_SIZE,
  SEED_MAX,
  SLOTS_MAX,
  SPEED_MAX,
  TASK_MANAGERS_MAX,
  THEMES,
  VIEWS,
  type LabOptions,
  type Speed,
  type View,
} from "../ui/lab-options";

/** The furthest tick that a frame can name without losing precision in the page. */
const TICK_MAX = Number.MAX_SAFE_INTEGER;

/** One attribute whose value could not be used. */
export interface AttributeProblem {
  readonly attribute: string;
  readonly value: string;
  /** A sentence: what is expected, and what stands in its place. */
  readonly message: string;
}

export interface ParsedAttributes {
  readonly options: LabOptions;
  readonly problems: readonly AttributeProblem[];
}

/** Names that the element observes. */
export const ATTRIBUTE_NAMES = [
  "example",
  "job",
  "views",
  "tick",
  "autoplay",
  "speed",
  "readonly",
  "height",
  "theme",
  "seed",
  "task-managers",
  "slots",
  "network-memory",
] as const;
type AttributeName = (typeof ATTRIBUTE_NAMES)[number];

/** Reads one attribute; null where it is not set. */
export type AttributeSource = (name: AttributeName) => string | null;

/** Parses all attributes; `inlineJob` is the text of a `<script type="text/weir-job">` child. */
export function parseAttributes(read: AttributeSource, inlineJob: string | null): ParsedAttributes {
  const problems: AttributeProblem[] = [];
  const reader = new Reader(read, problems);
  const jobAttribute = read("job");
  if (jobAttribute !== null && inlineJob !== null) {
    reader.report(
      "job",
      jobAttribute,
      'The element also has a <script type="text/weir-job">; the script is used.',
    );
  }
  const job = inlineJob ?? jobAttribute;
  if (job !== null && read("example") !== null) {
    reader.report("example", read("example") ?? "", "The element also brings its own job; the job is used.");
  }
  const options: LabOptions = {
    job,
    example: reader.choice("example", EXAMPLE_IDS, FIRST_EXAMPLE),
    views: reader.views(),
    tick: reader.integer("tick", 0, TICK_MAX) ?? 0,
    autoplay: reader.flag("autoplay"),
    speed: reader.speed(),
    readonly: reader.flag("readonly"),
    height: reader.height(),
    theme: reader.choice("theme", THEMES, "auto"),
    seed: reader.integer("seed", 0, SEED_MAX),
    taskManagers: reader.integer("task-managers", 1, TASK_MANAGERS_MAX),
    slots: reader.integer("slots", 1, SLOTS_MAX),
    networkMemory: reader.memory("network-memory"),
  };
  return { options, problems };
}

/** One pass over the attributes that collects problems as it goes. */
class Reader {
  private readonly read: AttributeSource;
  private readonly problems: AttributeProblem[];

  constructor(read: AttributeSource, problems: AttributeProblem[]) {
    this.read = read;
    this.problems = problems;
  }

  report(attribute: AttributeName, value: string, message: string): void {
    this.problems.push({ attribute, value, message });
  }

  flag(name: AttributeName): boolean {
    const value = this.read(name);
    if (value === null) return false;
    if (value === "" || value === name || value === "true") return true;
    if (value !== "false") this.report(name, value, `It is either there or not; "${value}" counts as there.`);
    return value !== "false";
  }

  integer(name: AttributeName, least: number, most: number): number | null {
    const value = this.read(name)?.trim() ?? null;
    if (value === null) return null;
    const number = Number(value);
    if (/^\d+$/.test(value) && number >= least && number <= most) return number;
    this.report(name, value, `A whole number from ${least} to ${most} is expected; the default is used.`);
    return null;
  }

  memory(name: AttributeName): string | null {
    const value = this.read(name)?.trim() ?? null;
    if (value === null || MEMORY_SIZE.test(value)) return value;
    this.report(name, value, "A size as Flink writes it, like 1m, is expected; the default is used.");
    return null;
  }

  choice<T extends string>(name: AttributeName, choices: readonly T[], fallback: T): T {
    const value = this.read(name)?.trim() ?? null;
    if (value === null) return fallback;
    const chosen = choices.find((choice) => choice === value);
    if (chosen !== undefined) return chosen;
    this.report(name, value, `One of ${choices.join(", ")} is expected; ${fallback} is used.`);
    return fallback;
  }

  speed(): Speed | null {
    const value = this.read("speed")?.trim() ?? null;
    if (value === null || value === "max") return value;
    const number = Number(value);
    if (/^\d+$/.test(value) && number >= 1 && number <= SPEED_MAX) return number;
    this.report(
      "speed",
      value,
      `Ticks a second from 1 to ${SPEED_MAX}, or max, are expected; the default is used.`,
    );
    return null;
  }

  height(): number | "full" | null {
    const value = this.read("height")?.trim() ?? null;
    if (value === null || value === "full") return value;
    const pixels = /^(\d+)(px)?$/.exec(value)?.[1];
    if (pixels !== undefined && Number(pixels) >= 120) return Number(pixels);
    this.report("height", value, "A number of pixels from 120, or full, is expected; the default is used.");
    return null;
  }

  views(): ReadonlySet<View> {
    const value = this.read("views");
    if (value === null) return new Set(VIEWS);
    const chosen = new Set<View>();
    for (const word of value.split(/[\s,]+/).filter((part) => part.length > 0)) {
      const view = VIEWS.find((known) => known === word);
      if (view === undefined)
        this.report("views", word, `Only ${VIEWS.join(", ")} are views; the word is left out.`);
      else chosen.add(view);
    }
    if (chosen.size > 0) return chosen;
    this.report("views", value, "No view is left; all are shown.");
    return new Set(VIEWS);
  }
}
