/** How the lab writes and reads numbers, times and code. */
import { describe, expect, it } from "vitest";
import { highlightLines } from "./editor/highlight";
import { parseTick } from "./parse-tick";
import { axisStep, tickAtX, xAtTick } from "./timeline-scale";
import { bytes, counted, seconds } from "./words";

describe("words", () => {
  it("writes times, numbers and sizes", () => {
    expect(seconds(4936)).toBe("4.936 s");
    expect(counted(1, "slot")).toBe("1 slot");
    expect(counted(4936, "record")).toBe("4,936 records");
    expect([bytes(812), bytes(1234), bytes(32_768), bytes(2_500_000)]).toEqual([
      "812 B",
      "1.2 KiB",
      "32 KiB",
      "2.4 MiB",
    ]);
  });

  it("reads a tick as a number or as a time", () => {
    expect(parseTick("4936")).toBe(4936);
    expect(parseTick(" 4,936 ")).toBe(4936);
    expect(parseTick("4.936 s")).toBe(4936);
    expect(parseTick("0.5s")).toBe(500);
    expect([parseTick(""), parseTick("-3"), parseTick("4.5"), parseTick("soon")]).toEqual([
      null,
      null,
      null,
      null,
    ]);
  });
});

describe("the timeline's scale", () => {
  it("finds the tick under a point, and back", () => {
    for (const tick of [0, 17, 500, 1000]) expect(tickAtX(xAtTick(tick, 800, 1000), 800, 1000)).toBe(tick);
    expect(tickAtX(-50, 800, 1000)).toBe(0);
    expect(tickAtX(5000, 800, 1000)).toBe(1000);
  });

  it("labels round ticks with room between them", () => {
    expect(axisStep(1000, 900)).toBe(100);
    expect(axisStep(1000, 300)).toBe(500);
    expect(axisStep(50, 1200)).toBe(5);
  });
});

describe("highlightLines", () => {
  it("keeps the text whole, and knows comments, strings and keywords", () => {
    const source = 'const a = "x"; // y\n/* two\nlines */ b(1);\n';
    const lines = highlightLines(source);
    expect(lines.map((line) => line.map((token) => token.text).join("")).join("\n")).toBe(source);
    expect(lines[0]!.map((token) => token.kind)).toEqual(["keyword", "plain", "string", "plain", "comment"]);
    expect(lines[1]![0]!.kind).toBe("comment");
    expect(lines[2]![0]!.kind).toBe("comment");
  });
});
