/** What each attribute may say, and what is said of one that says something else. */
import { describe, expect, it } from "vitest";
import { VIEWS } from "../ui/lab-options";
import { parseAttributes } from "./attributes";
import { dedent } from "./dedent";

function parse(given: Record<string, string>, inlineJob: string | null = null) {
  return parseAttributes((name) => given[name] ?? null, inlineJob);
}

describe("parseAttributes", () => {
  it("has a default for everything", () => {
    const { options, problems } = parse({});
    expect(problems).toEqual([]);
    expect(options).toMatchObject({
      job: null,
      example: "word-count",
      tick: 0,
      speed: null,
      theme: "auto",
    });
    expect([...options.views]).toEqual([...VIEWS]);
  });

  it("reads every attribute", () => {
    const { options, problems } = parse({
      job: "env",
      views: "graph, controls",
      tick: "4936",
      autoplay: "",
      speed: "max",
      readonly: "",
      height: "480px",
      theme: "dark",
      seed: "4294967295",
      "task-managers": "3",
      slots: "4",
      "network-memory": "512 kb",
    });
    expect(problems).toEqual([]);
    expect(options).toMatchObject({
      job: "env",
      tick: 4936,
      autoplay: true,
      speed: "max",
      readonly: true,
      height: 480,
      theme: "dark",
      seed: 4_294_967_295,
      taskManagers: 3,
      slots: 4,
      networkMemory: "512 kb",
    });
    expect([...options.views]).toEqual(["graph", "controls"]);
  });

  it.each([
    ["tick", "-1"],
    ["tick", "1.5"],
    ["speed", "fast"],
    ["speed", "0"],
    ["height", "50%"],
    ["height", "3"],
    ["theme", "blue"],
    ["seed", "4294967296"],
    ["task-managers", "0"],
    ["slots", "x"],
    ["network-memory", "much"],
    ["example", "none-such"],
    ["autoplay", "perhaps"],
    ["views", "graph stars"],
  ])('names %s="%s" as a problem', (name, value) => {
    const { problems } = parse({ [name]: value });
    expect(problems).toHaveLength(1);
    expect(problems[0]!.attribute).toBe(name);
    expect(problems[0]!.message).toMatch(/\.$/);
  });

  it("takes the script before the attribute and says so", () => {
    const { options, problems } = parse({ job: "a" }, "b");
    expect(options.job).toBe("b");
    expect(problems).toHaveLength(1);
  });

  it("shows everything where no view is left", () => {
    const { options, problems } = parse({ views: "stars" });
    expect([...options.views]).toEqual([...VIEWS]);
    expect(problems).toHaveLength(2);
  });
});

describe("dedent", () => {
  it("takes the page's indentation away, not the job's", () => {
    expect(dedent("\n    a\n      b\n\n    c\n  ")).toBe("a\n  b\n\nc\n");
  });

  it("leaves an empty job empty", () => {
    expect(dedent("  \n ")).toBe("\n");
  });
});
