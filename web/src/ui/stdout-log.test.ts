/** How lines come, go with a step back, and come again. */
import { describe, expect, it } from "vitest";
import type { StdoutLine } from "../engine/protocol";
import { StdoutLog } from "./stdout-log";

const line = (stream: string, text: string, tick = 0): StdoutLine => ({ stream, text, tick, task: 0 });

describe("StdoutLog", () => {
  it("keeps each stream's lines in order", () => {
    const log = new StdoutLog();
    log.apply({ from: 0, lines: [line("stdout", "a"), line("table", "x"), line("stderr", "e")] });
    log.apply({ from: 3, lines: [line("stdout", "b")] });
    expect(log.streams()).toEqual(["stdout", "stderr", "table"]);
    expect(log.count("stdout")).toBe(2);
    expect(log.line("stdout", 1)?.text).toBe("b");
    expect(log.line("table", 0)?.text).toBe("x");
    expect(log.line("stdout", 2)).toBeUndefined();
  });

  it("cuts what an earlier moment has not seen, and takes it again", () => {
    const log = new StdoutLog();
    log.apply({ from: 0, lines: [line("stdout", "a"), line("stderr", "e"), line("stdout", "b")] });
    log.apply({ from: 1, lines: [] });
    expect(log.total).toBe(1);
    expect(log.count("stderr")).toBe(0);
    expect(log.count("stdout")).toBe(1);
    log.apply({ from: 1, lines: [line("stderr", "e"), line("stdout", "b")] });
    expect(log.line("stdout", 1)?.text).toBe("b");
  });

  it("says whether anything changed", () => {
    const log = new StdoutLog();
    expect(log.apply({ from: 0, lines: [] })).toBe(false);
    expect(log.apply({ from: 0, lines: [line("stdout", "a")] })).toBe(true);
    expect(log.apply({ from: 1, lines: [] })).toBe(false);
    expect(log.apply({ from: 0, lines: [] })).toBe(true);
  });
});
