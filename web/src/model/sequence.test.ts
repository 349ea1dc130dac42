/** The sequence diagram as data: lanes, phases, filters, the cursor and Mermaid. */
import { expect, test } from "vitest";
import type { TraceEntry } from "../engine/protocol";
import { opensPhase, phaseOf, PHASES } from "./phases";
import { ALL, cursorRow, sequence, toMermaid } from "./sequence";

let number = 0;
function entry(tick: number, kind: string, from: string, to: string, text: string): TraceEntry {
  return { number: number++, tick, kind, from, to, text };
}

function submission(): readonly TraceEntry[] {
  number = 0;
  return [
    entry(1, "rpc", "TaskExecutor 10", "ResourceManager", "registerTaskExecutor, 1 slots"),
    entry(1, "rpc", "TaskExecutor 2", "ResourceManager", "registerTaskExecutor, 1 slots"),
    entry(1, "rpc", "Client", "Dispatcher", "submitJob"),
    entry(2, "rpc", "ResourceManager", "TaskExecutor 2", "registerTaskExecutor: success"),
    entry(2, "rpc", "Dispatcher", "JobMaster", "start JobMaster"),
    entry(2, "job", "Flink Streaming Job", "Flink Streaming Job", "CREATED"),
    entry(5, "rpc", "JobMaster", "TaskExecutor 2", "submitTask Map; #1 (1/1)"),
    entry(6, "rpc", "TaskExecutor 2", "JobMaster", "updateTaskExecutionState Map; #1 (1/1) RUNNING"),
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
    1,
    "message",
    "message",
    2,
    "message",
    "message",
    3,
    "message",
    "note",
    8,
    "message",
    9,
    "message",
  ]);
});

test("a filter leaves out messages, and titles with nothing under them", () => {
  const only = sequence(submission(), { participant: "Client", text: "", notes: true });
  expect(only.rows.map((row) => row.kind)).toEqual(["phase", "message"]);
  const texts = sequence(submission(), { participant: null, text: "SUBMITtask", notes: true });
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
  expect(phaseOf("updateTaskExecutionState Map (1/2) CANCELED")).toBe(11);
  expect(phaseOf("triggerCheckpoint 4")).toBe(10);
  expect(opensPhase(8, 7)).toBe(false);
  expect(opensPhase(11, 8)).toBe(true);
  expect(opensPhase(11, 10)).toBe(false);
});

test("Mermaid's text names each participant once and breaks at no sign", () => {
  const text = toMermaid(sequence(submission(), ALL));
  expect(text.split("\n")[0]).toBe("sequenceDiagram");
  expect(text.match(/participant/g)).toHaveLength(6);
  expect(text).toContain("P0->>P1: 1 ms: submitJob");
  expect(text).toContain("submitTask Map#59; #35;1 (1/1)");
});
