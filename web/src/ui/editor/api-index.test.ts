/** What the editor knows of the job API, and offers. */
import { CompletionContext } from "@codemirror/autocomplete";
import { javascript } from "@codemirror/lang-javascript";
import { syntaxTree } from "@codemirror/language";
import { EditorState } from "@codemirror/state";
import { describe, expect, it } from "vitest";
import { indexApi, membersOf } from "./api-index";
import { completeJob } from "./completions";
import { typeOfExpression } from "./expression-type";

const SOURCE = `
/** Where a job begins. */
export class StreamExecutionEnvironment {
  private readonly secret = 1;

  /**
   * Numbers from first to last.
   * Both are part of it.
   */
  fromSequence(from: number, to: number): DataStreamSource<number> {
    return make(from, to);
  }
  /** @internal */
  handle(): number { return 1; }
}

export class DataStream<T> {
  /** One in, one out. */
  map<R>(mapper: (value: T, more: [T, R]) => R, options?: { a: number }): SingleOutput<R>;
  map(mapper: unknown): SingleOutput<unknown> {}
  name(name: string): this {}
}

export class DataStreamSource<T> extends DataStream<T> {}

export class SingleOutput<T> extends DataStream<T> {
  setParallelism(parallelism: number): this {}
}

export class Duration {
  static ofMillis(millis: number): Duration {}
  toMillis(): number {}
}
`;
const index = indexApi([SOURCE]);

describe("indexApi", () => {
  it("reads members, parameters, results and docs", () => {
    expect(index.get("StreamExecutionEnvironment")).toEqual({
      name: "StreamExecutionEnvironment",
      parent: null,
      doc: "Where a job begins.",
      members: [
        {
          name: "fromSequence",
          isStatic: false,
          parameters: "(from, to)",
          result: "DataStreamSource",
          doc: "Numbers from first to last.\nBoth are part of it.",
        },
      ],
    });
    expect(index.get("DataStream")!.members.map(({ name, parameters }) => name + parameters!)).toEqual([
      "map(mapper, options?)",
      "name(name)",
    ]);
  });

  it("finds what a class inherits", () => {
    const names = membersOf(index, "SingleOutput").map((member) => member.name);
    expect(names).toEqual(["setParallelism", "map", "name"]);
  });
});

describe("typeOfExpression", () => {
  /** The type of the expression that stands before `|`. */
  function typeBefore(job: string) {
    const at = job.indexOf("|");
    const state = EditorState.create({ doc: job.replace("|", ""), extensions: [javascript()] });
    const tree = syntaxTree(state);
    let node = tree.resolveInner(at, -1);
    while (node.parent !== null && node.parent.to === at && !/Statement|Script/.test(node.parent.name))
      node = node.parent;
    return typeOfExpression(state, node, index);
  }

  it.each([
    ["env|", "StreamExecutionEnvironment"],
    ["env.fromSequence(1, 2)|", "DataStreamSource"],
    ["env.fromSequence(1, 2)\n  .map(n => n)\n  .name('x')|", "SingleOutput"],
    ["const s = env.fromSequence(1, 2);\nconst t = s.map(n => n);\nt|", "SingleOutput"],
    ["Duration.ofMillis(5)|", "Duration"],
    ["new Duration()|", "Duration"],
  ])("%s", (job, expected) => {
    expect(typeBefore(job)?.name).toBe(expected);
  });

  it("knows a class from its instance, and nothing of what it cannot know", () => {
    expect(typeBefore("Duration|")).toEqual({ name: "Duration", isStatic: true });
    expect(typeBefore("other|")).toBeNull();
    expect(typeBefore("const a = b, b = a;\na|")).toBeNull();
  });
});

describe("completeJob", () => {
  function labels(job: string): string[] {
    const state = EditorState.create({ doc: job, extensions: [javascript()] });
    const result = completeJob(new CompletionContext(state, job.length, true));
    return result?.options.map((option) => option.label) ?? [];
  }

  it("offers the real API after a dot", () => {
    expect(labels("env.")).toEqual(
      expect.arrayContaining(["fromSequence", "fromData", "readTextFile", "setParallelism"]),
    );
    expect(labels("env.fromSequence(1, 9).ma")).toEqual(expect.arrayContaining(["map", "keyBy", "print"]));
    expect(labels("env.fromSequence(1, 9).keyBy(n => n).")).toEqual(
      expect.arrayContaining(["reduce", "sum"]),
    );
    expect(labels("Duration.")).toContain("ofMillis");
  });

  it("offers env, classes and the job's own names elsewhere", () => {
    expect(labels("const mine = 1;\nm")).toEqual(expect.arrayContaining(["env", "OutputTag", "mine"]));
  });

  it("is silent after a dot whose left side it does not know", () => {
    expect(labels("  .ke")).toEqual([]);
    expect(labels("other.ke")).toEqual([]);
  });

  it("is silent in comments and strings", () => {
    expect(labels("// env.")).toEqual([]);
    expect(labels('"env.')).toEqual([]);
  });
});
