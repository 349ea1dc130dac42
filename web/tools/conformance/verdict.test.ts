/** A verdict is a failure whenever something is not as it should be, or not as it is known to be. */
import { expect, test } from "vitest";
import type { PartResult } from "./case.mjs";
import { judge } from "./verdict.mjs";

const agrees: PartResult[] = [
  { part: "stream_graph", differences: [] },
  { part: "stdout", differences: [] },
];
const gaps: PartResult[] = [{ part: "stream_graph", differences: [], note: "gaps only" }];
const nothingKnown = { node_id_gaps: {} };
const open = { known: undefined };

test("what agrees passes, what differs fails with the place", () => {
  expect(judge("a", agrees, open)).toEqual({ verdict: "passed", line: "ok a" });
  const differs: PartResult[] = [{ part: "job_graph", differences: ["x: expected 1 got 2"] }];
  expect(judge("a", differs, open)).toEqual({
    verdict: "failed",
    line: "DIFF a job_graph: x: expected 1 got 2",
  });
});

test("what is not as it is known to be fails", () => {
  const gapped = { node_id_gaps: { a: "its twin's order" } };
  expect(judge("a", gaps, { known: gapped }).verdict).toBe("passed");
  expect(judge("a", gaps, { known: nothingKnown }).verdict).toBe("failed");
  expect(judge("a", agrees, { known: gapped }).verdict).toBe("failed");
});

test("a case without the parts asked for does not count", () => {
  expect(judge("a", [], open).verdict).toBe("nothing");
});
