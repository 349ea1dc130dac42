/** The declarations for writing jobs name all that is in scope of a job, and nothing else. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { JOB_SCOPE } from "./job-scope";

test("job.d.ts declares each name in scope", () => {
  const declarations = readFileSync("web/types/job.d.ts", "utf8");
  const declared = [...declarations.matchAll(/^declare const (\w+):/gm)].map(([, name]) => name);
  expect(declared.toSorted()).toEqual(["env", ...Object.keys(JOB_SCOPE)].toSorted());
});
