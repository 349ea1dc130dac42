/** A person can write against the types: every recorded program checks, and the names are those in scope. */
import { readFileSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { expect, test } from "vitest";
import { JOB_SCOPE } from "./job-scope";

const types = fileURLToPath(new URL("../../types/job.d.ts", import.meta.url));
const folder = new URL("../../../tests/conformance/cases/", import.meta.url);

const OPTIONS: ts.CompilerOptions = {
  allowJs: true,
  checkJs: true,
  noEmit: true,
  skipLibCheck: true,
  target: ts.ScriptTarget.ES2022,
  lib: ["lib.es2023.d.ts", "lib.dom.d.ts"],
  module: ts.ModuleKind.ESNext,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
  types: [],
};

/** `file:line message` of what is wrong in programs that are given by their names. */
function faults(programs: ReadonlyMap<string, string>): string[] {
  const host = ts.createCompilerHost(OPTIONS);
  const [getSourceFile, fileExists] = [host.getSourceFile.bind(host), host.fileExists.bind(host)];
  host.fileExists = (name) => programs.has(name) || fileExists(name);
  host.getSourceFile = (name, ...rest) => {
    const program = programs.get(name);
    // Each is a module, so that their names do not meet.
    return program === undefined
      ? getSourceFile(name, ...rest)
      : ts.createSourceFile(name, `${program}\nexport {};`, ts.ScriptTarget.ES2022, true);
  };
  const program = ts.createProgram([types, ...programs.keys()], OPTIONS, host);
  return [...programs.keys()].flatMap((name) =>
    ts.getPreEmitDiagnostics(program, program.getSourceFile(name)).map(({ file, start, messageText }) => {
      const line = file === undefined ? 0 : file.getLineAndCharacterOfPosition(start ?? 0).line + 1;
      return `${name}:${line} ${ts.flattenDiagnosticMessageText(messageText, " ")}`;
    }),
  );
}

test("every recorded program checks", { timeout: 60_000 }, () => {
  const names = readdirSync(folder).filter((name) => name.endsWith(".json"));
  const programs = names.map((name) => {
    const { program } = JSON.parse(readFileSync(new URL(name, folder), "utf8")) as { program: string };
    return [name.replace(/json$/, "js"), program] as const;
  });
  expect(faults(new Map(programs))).toEqual([]);
});

test("a typed job checks, and a wrong one does not", { timeout: 60_000 }, () => {
  const right = `
    const counts = env.fromData("to be", "or not").flatMap<[string, number]>((line, out) => {
      for (const word of line.split(" ")) out.collect([word, 1]);
    }).keyBy((t) => t[0]).sum(1);
    counts.map((t) => t[1].toFixed(1)).print();
    env.fromData(1, 2).keyBy((n) => n).reduce((a, b) => a + b).print();`;
  const wrong = "env.fromSequence(1, 3).map((n) => n.length).print();\nenv.fromSequence(1).prnt();";
  expect(
    faults(
      new Map([
        ["right.ts", right],
        ["wrong.ts", wrong],
      ]),
    ),
  ).toEqual([
    expect.stringContaining("wrong.ts:1 Property 'length' does not exist"),
    expect.stringContaining("wrong.ts:2 "),
    expect.stringContaining("wrong.ts:2 "),
  ]);
});

test("job.d.ts declares each name in scope, and nothing else", () => {
  const declared = [...readFileSync(types, "utf8").matchAll(/^declare const (\w+):/gm)].map(
    ([, name]) => name,
  );
  expect(declared.toSorted()).toEqual(["env", ...Object.keys(JOB_SCOPE)].toSorted());
});
