/** What the examples of event time say is so: watermarks, timers, and what becomes of records and windows. */
import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, test } from "vitest";
import { compileJob, momentOf, submitJob } from "../api/compile";
import { loadEngine } from "../engine/load";
import type { Lab } from "../engine/native";
import { FATES, TIME_KINDS, type EventTime, type StdoutLine, type TaskDetail } from "../engine/protocol";
import type { ExampleId } from "./catalog";
import { contentOf, TEXTS } from "./content";
import { EXAMPLES } from "./examples";

beforeAll(() => loadEngine(readFileSync(new URL("../engine/generated/weir_wasm_bg.wasm", import.meta.url))));

/** Longer than any example takes. */
const TICKS_MAX = 1_000_000;

interface Run {
  readonly lab: Lab;
  /** Goes to a tick, and tells the sentence and all lines printed so far. */
  readonly at: (tick: number) => { readonly sentence: string; readonly lines: readonly StdoutLine[] };
}

async function open(id: ExampleId, change: (source: string) => string = (source) => source): Promise<Run> {
  const source = change((await contentOf(id)).source);
  const { taskManagers, slots } = EXAMPLES[id];
  const named = Object.entries(TEXTS).filter(([path]) => source.includes(path));
  const texts = await Promise.all(named.map(async ([path, load]) => [path, await load()] as const));
  const compiled = compileJob(source, 42);
  const files = Object.fromEntries(texts);
  const lab = submitJob(compiled, { seed: 42, taskManagers, slotsPerTaskManager: slots, files });
  let lines: StdoutLine[] = [];
  const at: Run["at"] = (tick) => {
    lab.seek(tick, 0);
    const { sentence, stdout } = momentOf(compiled, lab);
    lines = [...lines.slice(0, stdout.from), ...stdout.lines];
    return { sentence: sentence.map(({ text }) => text).join(""), lines };
  };
  return { lab, at };
}

/** The numbers of a log's entries by what they say, of all operators with windows together. */
function tally(lab: Lab): { readonly kinds: Record<string, number>; readonly fates: Record<string, number> } {
  const kinds: Record<string, number> = Object.fromEntries(TIME_KINDS.map((kind) => [kind, 0]));
  const fates: Record<string, number> = Object.fromEntries(FATES.map((fate) => [fate, 0]));
  const { operators } = lab.eventTime(undefined, undefined, 0) as EventTime;
  for (const { task, place } of operators) {
    const { log } = lab.eventTime(task, place, 100_000) as EventTime;
    log?.kinds.forEach((kind, entry) => {
      const name = TIME_KINDS[kind]!;
      kinds[name]! += 1;
      if (name === "record") fates[FATES[log.fates[entry]!]!]! += 1;
    });
  }
  return { kinds, fates };
}

function taskNamed(lab: Lab, name: string): TaskDetail {
  for (let task = 0; ; task += 1) {
    const detail = lab.inspectTask(task) as TaskDetail | undefined;
    if (detail === undefined) throw new Error(`There is no task ${name}.`);
    if (detail.name === name) return detail;
  }
}

describe("the window that never fires", () => {
  const WINDOW = "Window -> Sink: Print to Std. Out (2/2)";

  test("waits for the silent source, and says so", async () => {
    const { lab, at } = await open("idle-partition");
    expect(at(1200).lines).toEqual([]);
    const waiting = at(5000);
    expect(waiting.lines).toEqual([]);
    expect(waiting.sentence).toContain(
      `The watermark of ${WINDOW} stands at −101: it waits for the channel from Source: south (1/1), ` +
        "which has read 1 record and sent −101 last; it does not count as idle.",
    );
    const { watermarks, timers } = taskNamed(lab, WINDOW);
    expect(watermarks?.inputs[0]?.channels.map(({ from, holdsBack }) => [from, holdsBack])).toEqual([
      ["Source: north (1/1)", false],
      ["Source: south (1/1)", true],
    ]);
    expect(timers[0]).toMatchObject({
      eventTime: true,
      time: "999",
      key: "north",
      namespace: "0 – 1,000",
    });
    expect(at(30013).lines).toEqual([]);
    expect(at(TICKS_MAX).lines).toHaveLength(22);
  });

  test("is cured by idleness", async () => {
    const { lab, at } = await open("idle-partition", (source) =>
      source.replace("const cure = false", "const cure = true"),
    );
    const cured = at(5000);
    expect(cured.lines.length).toBeGreaterThanOrEqual(4);
    expect(cured.sentence).not.toContain("waits for");
    expect(taskNamed(lab, WINDOW).watermarks?.inputs[0]?.channels.map(({ idle }) => idle)).toEqual([
      false,
      true,
    ]);
    // The price: when north has ended, nothing is waited for any more, and south's second record comes too late.
    at(TICKS_MAX);
    expect(tally(lab).fates).toEqual({ onTime: 201, allowed: 0, toSide: 0, dropped: 1 });
  });
});

describe("late data four ways", () => {
  test("drops, waits, corrects or puts aside the same 48 flights", async () => {
    const { lab, at } = await open("late-data");
    const early = at(131).lines.map(({ text }) => text);
    for (const way of ["drop", "correct", "aside"]) expect(early).toContain(`(${way},06:00,13)`);
    expect(early.join()).not.toContain("wait,06:00");

    const texts = at(366).lines.map(({ text }) => text);
    /** The last result of each hour. */
    const totalOf = (way: string): number => {
      const results = texts.map((text) => new RegExp(`^\\(${way},(.*),(\\d+)\\)$`).exec(text));
      const hours = new Map(results.map((result) => [result?.[1], Number(result?.[2] ?? 0)]));
      return [...hours.values()].reduce((sum, flights) => sum + flights, 0);
    };
    expect(["drop", "wait", "correct", "aside"].map(totalOf)).toEqual([208, 256, 256, 208]);
    expect(texts.filter((text) => text.startsWith("too late> "))).toHaveLength(48);
    expect(tally(lab).fates).toEqual({ onTime: 208 + 256 + 208 + 208, allowed: 48, toSide: 48, dropped: 48 });
  });
});

test("one stream, four assigners: each puts the clicks together its own way", async () => {
  const { lab, at } = await open("assigners");
  const texts = at(TICKS_MAX).lines.map(({ text }) => text);
  const sums = new Map<string, number>();
  for (const text of texts) {
    const [, way = "", clicks] = /^\((\w+),.*,(\d+)\)$/.exec(text) ?? [];
    sums.set(way, (sums.get(way) ?? 0) + Number(clicks));
  }
  expect(Object.fromEntries(sums)).toEqual({ tumbling: 100, sliding: 200, sessions: 100, global: 100 });
  expect(texts.filter((text) => text.includes("sessions"))).toHaveLength(10);
  expect(texts.filter((text) => text.includes("GlobalWindow"))).toHaveLength(4);
  expect(tally(lab).fates["onTime"]).toBe(400);
});

test("sessions that merge: a late quake makes one session of two", async () => {
  const { lab, at } = await open("sessions");
  const california = (tick: number): readonly string[] => {
    at(tick);
    const { timers } = taskNamed(lab, "Sessions -> Sink: Print to Std. Out (2/2)");
    return timers.filter(({ key }) => key === "California").map(({ namespace }) => namespace);
  };
  const [first, second] = california(124).filter((window) => window.startsWith("2018-01-31"));
  expect(first).toMatch(/ – 2018-01-31 12:20/);
  expect(second).toMatch(/^2018-01-31 12:38/);
  const merged = california(125);
  expect(merged).not.toContain(first);
  expect(
    merged.some((window) => window.startsWith(first?.slice(0, 16) ?? "?") && window > (first ?? "")),
  ).toBe(true);

  at(227);
  expect(tally(lab).fates["dropped"]).toBeGreaterThan(0);
  at(TICKS_MAX);
  expect(tally(lab).fates).toEqual({ onTime: 296, allowed: 0, toSide: 0, dropped: 4 });
});

describe("interval join", () => {
  test("joins orders with payments near them, not always their own", async () => {
    const { lab, at } = await open("interval-join");
    const texts = (tick: number): string[] => at(tick).lines.map(({ text }) => text);
    expect(texts(1012).join()).not.toContain("paid by 3,");
    expect(texts(1013)).toContain("2> (ann,9,paid by 3,another's)");
    expect(texts(2608).join()).not.toContain("late");
    expect(texts(2609)).toContain("late:1> bea 22");
    const all = texts(TICKS_MAX);
    expect(all.filter((text) => text.includes("its own"))).toHaveLength(31);
    expect(all.filter((text) => text.includes("another's"))).toHaveLength(7);
    expect(all.join()).not.toContain(",22,");
    expect(tally(lab).fates).toMatchObject({ onTime: 79, toSide: 1, dropped: 0 });
  });

  test("an order waits until the watermark has passed its interval", async () => {
    const { lab, at } = await open("interval-join");
    at(3500);
    const { kinds } = tally(lab);
    expect(kinds["opened"]).toBe(34);
    expect(kinds["opened"]! - kinds["cleared"]!).toBeLessThan(8);
    at(TICKS_MAX);
    expect(tally(lab).kinds).toMatchObject({ opened: 40, cleared: 40, added: 38 });
  });
});

describe("async, ordered or not", () => {
  const ordersOf = (lines: readonly StdoutLine[], way: string): readonly string[] =>
    lines.flatMap(({ text }) => new RegExp(`^${way}> \\((\\d+),`).exec(text)?.[1] ?? []);

  test("ordered waits for the slowest, unordered for watermarks only", async () => {
    const { at } = await open("async");
    const early = at(420).lines;
    expect(ordersOf(early, "ordered")).toEqual(["0", "1", "2"]);
    expect(ordersOf(early, "unordered")).toHaveLength(7);
    const held = ordersOf(at(600).lines, "unordered");
    expect([...held].sort()).toEqual(["0", "1", "2", "3", "4", "5", "6", "7", "9"]);
    expect(ordersOf(at(622).lines, "unordered").slice(9)).toEqual(["8", "10", "13", "15", "11"]);
  });

  test("an answer that never comes holds the others until its timeout", async () => {
    const { at } = await open("async");
    const ordered = ordersOf(at(2300).lines, "ordered");
    expect(ordered.at(-1)).toBe("32");
    expect(Math.max(...ordersOf(at(2300).lines, "unordered").map(Number))).toBe(49);
    expect(at(2400).lines.map(({ text }) => text)).toContain("ordered> (33,no answer)");
    expect(ordersOf(at(2400).lines, "ordered").length).toBeGreaterThan(ordered.length + 3);
    const at4000 = at(4000).lines;
    expect([ordersOf(at4000, "ordered").length, ordersOf(at4000, "unordered").length]).toEqual([70, 89]);
    const all = at(TICKS_MAX).lines;
    expect(ordersOf(all, "ordered")).toEqual(Array.from({ length: 100 }, (_, n) => String(n)));
    expect(ordersOf(all, "unordered")).toHaveLength(100);
  });
});
