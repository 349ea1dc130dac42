/** The sequence diagram as data: lanes, phases, filters, the cursor and Mermaid. */
import { expect, test } from "vitest";
import type { TraceEntry } from "../engine/protocol";
import { opensPhase, PHASES, phaseTitle } from "./phases";
import { ALL, cursorRow, kindOf, sequence, toMermaid } from "./sequence";

let number = 0;
function entry(tick: number, kind: string, between: string, text: string, phase: number): TraceEntry {
  const [from = "", to = from] = between.split(" → ");
  return { number: number++, tick, kind, from, to, text, sentAt: tick - 1, phase, fate: "" };
}

function submission(): readonly TraceEntry[] {
  number = 0;
  return [
    entry(1, "rpc", "TaskExecutor 10 → ResourceManager", "registerTaskExecutor, 1 slots", 0),
    entry(1, "rpc", "TaskExecutor 2 → ResourceManager", "registerTaskExecutor, 1 slots", 0),
    entry(1, "rpc", "Client → Dispatcher", "submitJob", 1),
    entry(2, "rpc", "ResourceManager → TaskExecutor 2", "registerTaskExecutor: success", 0),
    entry(2, "rpc", "Dispatcher → JobMaster", "start JobMaster", 3),
    entry(2, "job", "Flink Streaming Job", "CREATED", 4),
    entry(5, "rpc", "JobMaster → TaskExecutor 2", "submitTask Map; #1 (1/1)", 9),
    entry(6, "rpc", "TaskExecutor 2 → JobMaster", "updateTaskExecutionState Map; #1 (1/1) RUNNING", 10),
  ];
}

test("participants stand in a fixed order, TaskExecutors by number", () => {
  expect(sequence(submission(), ALL).lanes).toEqual([
    ...["Client", "Dispatcher", "ResourceManager", "JobMaster"],
    ...["TaskExecutor 2", "TaskExecutor 10"],
  ]);
});

test("messages stand under their phases, and what lags behind opens none", () => {
  const { rows } = sequence(submission(), ALL);
  const shown = rows.map((row) => (row.kind === "phase" ? row.phase : row.kind));
  expect(shown).toEqual([
    ...[0, "message", "message"],
    ...[1, "message", "message"],
    ...[3, "message"],
    ...[4, "note"],
    ...[9, "message"],
    ...[10, "message"],
  ]);
});

test("a filter leaves out messages, and titles with nothing under them", () => {
  const only = sequence(submission(), { ...ALL, participant: "Client" });
  expect(only.rows.map((row) => row.kind)).toEqual(["phase", "message"]);
  const texts = sequence(submission(), { ...ALL, text: "SUBMITtask" });
  expect(texts.rows.map((row) => row.entry.text)).toEqual([
    "submitTask Map; #1 (1/1)",
    "submitTask Map; #1 (1/1)",
  ]);
  expect(sequence(submission(), { ...ALL, notes: false }).rows.some((row) => row.kind === "note")).toBe(
    false,
  );
});

test("the cursor stands before what has not happened yet", () => {
  const { rows } = sequence(submission(), ALL);
  expect(cursorRow(rows, 0)).toBe(0);
  expect(rows[cursorRow(rows, 3)]?.entry.number).toBe(3);
  expect(cursorRow(rows, 100)).toBe(rows.length);
});

test("phases rise, but for slots and deployments after tasks ran", () => {
  expect(PHASES).toHaveLength(12);
  expect([phaseTitle(0), phaseTitle(7)]).toEqual(["The cluster starts", "7 Slots are allotted"]);
  expect(opensPhase(8, 7)).toBe(false);
  expect(opensPhase(8, 0)).toBe(false);
  expect(opensPhase(11, 8)).toBe(true);
  expect(opensPhase(11, 10)).toBe(false);
});

/** A statement of Mermaid's grammar of sequence diagrams, of those that are written here; none holds an open `;` or `#`. */
const STATEMENT =
  /^(sequenceDiagram| {2}(participant P\d+ as|Note over P\d+(,P\d+)?:|Note right of P\d+:|P\d+(->>|-x|--x)P\d+:) ([^;#\n]|#\d+;)+)$/;

test("what was lost ends in a cross, in Mermaid too, and kinds can be left out", () => {
  const [first, ...others] = submission();
  const entries = [{ ...first!, fate: "lost" }, ...others];
  const text = toMermaid(sequence(entries, ALL));
  expect(text).toContain("-x");
  expect(text).toContain("registerTaskExecutor, 1 slots (lost)");
  expect(
    text
      .trimEnd()
      .split("\n")
      .every((line) => STATEMENT.test(line)),
  ).toBe(true);
  expect(submission().map(kindOf)).toEqual([
    ...["cluster", "cluster", "cluster", "cluster", "cluster", "tasks", "tasks", "tasks"],
  ]);
  const { rows } = sequence(entries, { ...ALL, without: new Set(["cluster"]) });
  expect(rows.filter(({ kind }) => kind === "message")).toHaveLength(2);
});

test("Mermaid's text names each participant once and breaks at no sign", () => {
  const text = toMermaid(sequence(submission(), ALL));
  expect(text.split("\n")[0]).toBe("sequenceDiagram");
  expect(text.match(/participant/g)).toHaveLength(6);
  expect(text).toContain("P0->>P1: 1 ms: submitJob");
  expect(text).toContain("submitTask Map#59; #35;1 (1/1)");
  expect(
    text
      .trimEnd()
      .split("\n")
      .filter((line) => !STATEMENT.test(line)),
  ).toEqual([]);
});
