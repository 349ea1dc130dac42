/** A verdict is a failure whenever something is not as it should be, or not as it is known to be. */
import { expect, test } from "vitest";
import type { PartResult } from "./case.mjs";
import { judge } from "./verdict.mjs";

const agrees: PartResult[] = [
  { part: "stream_graph", differences: [] },
  { part: "stdout", differences: [] },
];
const waits: PartResult[] = [
  { part: "stream_graph", differences: [] },
  { part: "stdout", differences: ["refused error: windows"], notYet: "windows" },
];
const gaps: PartResult[] = [{ part: "stream_graph", differences: [], note: "gaps only" }];
const nothingKnown = { not_yet: {}, node_id_gaps: {} };
const open = { parts: undefined, known: undefined };

test("what agrees passes, what differs fails with the place", () => {
  expect(judge("a", agrees, open)).toEqual({ verdict: "passed", line: "ok a" });
  const differs: PartResult[] = [{ part: "job_graph", differences: ["x: expected 1 got 2"] }];
  expect(judge("a", differs, open)).toEqual({
    verdict: "failed",
    line: "DIFF a job_graph: x: expected 1 got 2",
  });
});

test("a job that does not run yet fails where its stdout is asked for", () => {
  expect(judge("a", waits, open).verdict).toBe("notYet");
  expect(judge("a", waits, { parts: ["stdout"], known: undefined }).verdict).toBe("failed");
});

test("a job that does not run yet and whose graph differs fails", () => {
  const both: PartResult[] = [{ part: "stream_graph", differences: ["x"] }, ...waits.slice(1)];
  expect(judge("a", both, open)).toEqual({ verdict: "failed", line: "DIFF a stream_graph: x" });
});

test("what is not as it is known to be fails", () => {
  const listed = { not_yet: { a: "windows" }, node_id_gaps: {} };
  expect(judge("a", waits, { parts: undefined, known: listed }).verdict).toBe("notYet");
  expect(judge("a", waits, { parts: undefined, known: nothingKnown }).verdict).toBe("failed");
  expect(judge("a", agrees, { parts: undefined, known: listed }).verdict).toBe("failed");
  const gapped = { not_yet: {}, node_id_gaps: { a: "its twin's order" } };
  expect(judge("a", gaps, { parts: undefined, known: gapped }).verdict).toBe("passed");
  expect(judge("a", gaps, { parts: undefined, known: nothingKnown }).verdict).toBe("failed");
  expect(judge("a", agrees, { parts: undefined, known: gapped }).verdict).toBe("failed");
});

test("a case without the parts asked for does not count", () => {
  expect(judge("a", [], open).verdict).toBe("nothing");
});
