/** From a job's source to its graphs: parsed, run once against the API, and checked as Flink would. */
import * as native from "../engine/native";
import type { Graphs, Moment, ScenarioOptions, SnapshotStart, SourcePosition } from "../engine/protocol";
import { StreamExecutionEnvironment } from "./environment";
import { JobBuildError } from "./errors";
import { JOB_SCOPE } from "./job-scope";
import { isRejection, type Rejection } from "./native-call";
import { parser, syntaxError } from "./parser";
import { errorPosition, jobFunction, withDeepStack } from "./position";
import { sandbox } from "./sandbox";
import { BuildSession, inSession } from "./session";
import type { StreamOrigin } from "./stream-origin";
import { didYouMean } from "./suggestion";
import type { FunctionTable } from "./user-code";

/** A job that Flink would accept. */
export interface CompiledJob {
  /** As the engine takes it. */
  readonly job: native.JobBuilder;
  readonly functions: FunctionTable;
  readonly graphs: Graphs;
  /** The environment that it was built in, which knows its lines. */
  readonly origin: StreamOrigin;
}

/** Builds a job. Throws a `JobBuildError` with the line and column of what is wrong. */
export function compileJob(source: string, seed: number): CompiledJob {
  checkSyntax(source);
  const session = new BuildSession();
  const { functions } = session;
  const { origin } = inSession(session, () => {
    const env = new StreamExecutionEnvironment();
    runJob(source, { ...sandbox(seed), ...JOB_SCOPE, env });
    return environmentOfJob(session);
  });
  const job = new native.JobBuilder(origin.environment, functions, seed);
  session.isOver = true;
  const graphs = withPlace(origin, () => job.graphs() as BareGraphs);
  return { job, functions, graphs: withPositions(graphs, origin), origin };
}

/** Submits a job to a new cluster. Throws a `JobBuildError` where it cannot run yet. */
export function submitJob(
  { job, origin }: CompiledJob,
  scenario: ScenarioOptions,
  from?: SnapshotStart,
): native.Lab {
  const { bytes, allowNonRestoredState = false, claim = false } = from ?? {};
  return withPlace(origin, () => new native.Lab(job, scenario, bytes, allowNonRestoredState, claim));
}

/** What the page draws of a moment, its failure at a line of the job. */
export function momentOf({ origin }: CompiledJob, lab: native.Lab, knownTopology?: number): BareMoment {
  const moment = lab.moment(knownTopology) as BareMoment & { readonly failure?: Rejection };
  if (moment.failure === undefined) return moment;
  const { transformations = [], ...failure } = moment.failure;
  // An operator that failed without a function's fault is pointed at where the job made it.
  const at = failure.at ?? placeOf(transformations, origin);
  return { ...moment, failure: at === undefined ? failure : { ...failure, at } };
}

/** All but the frame. */
type BareMoment = Omit<Moment, "frame">;

function checkSyntax(source: string): void {
  const refused = syntaxError(source);
  if (refused === undefined) return;
  try {
    parser()?.parse(`"use strict";\n${source}`, { ecmaVersion: "latest", allowReturnOutsideFunction: true });
  } catch (error) {
    if (!(error instanceof SyntaxError) || !("loc" in error)) throw error;
    const { line, column } = error.loc as SourcePosition;
    const message = error.message.replace(/ \(\d+:\d+\)$/, "");
    throw new JobBuildError("syntax", syntaxMessage(message), { line: line - 1, column: column + 1 });
  }
  throw new JobBuildError("syntax", `${refused.message}.`);
}

function syntaxMessage(message: string): string {
  return message.startsWith("'import' and 'export'")
    ? "A job has no imports and exports: env and the names of the API are in scope."
    : `${message}.`;
}

function runJob(source: string, scope: Readonly<Record<string, unknown>>): void {
  const names = Object.keys(scope);
  try {
    withDeepStack(() => jobFunction(names, source)(...Object.values(scope)));
  } catch (error) {
    if (!(error instanceof JobBuildError)) {
      throw new JobBuildError("api", ownError(error, names), errorPosition(error));
    }
    throw error.at === undefined
      ? error
      : new JobBuildError(error.kind, error.message, onName(source, error.at));
  }
}

/** Engines point at the dot of a member that does not exist, and at the name of a method that is called. */
function onName(source: string, at: SourcePosition): SourcePosition {
  const rest = source.split("\n")[at.line - 1]?.slice(at.column - 1) ?? "";
  const dot = /^\??\.\s*/.exec(rest);
  return dot === null ? at : { line: at.line, column: at.column + dot[0].length };
}

/** What the job's own code threw. */
function ownError(error: unknown, names: readonly string[]): string {
  if (!(error instanceof Error)) return `The job threw ${String(error)}.`;
  const unknownName =
    error instanceof ReferenceError
      ? /^(\S+) is not defined$|^Can't find variable: (\S+)$/.exec(error.message)
      : null;
  const name = unknownName?.[1] ?? unknownName?.[2];
  if (name !== undefined) return `${name} is not defined${didYouMean(name, names)}`;
  return `${error.name}: ${error.message}`;
}

/** The one that was executed, else the only one in which something was built. */
function environmentOfJob(session: BuildSession): StreamExecutionEnvironment {
  if (session.executed !== null) return session.executed;
  const built = session.environments.filter(({ origin }) => !origin.isEmpty);
  const [first, second] = built;
  if (first !== undefined && second !== undefined) {
    const at = second.origin.positions.values().next().value;
    throw new JobBuildError(
      "api",
      "Streams were made in two environments, and only one job can run here. Make all of them from env, or call execute() on one.",
      at,
    );
  }
  return first ?? firstOf(session.environments);
}

function firstOf(environments: readonly StreamExecutionEnvironment[]): StreamExecutionEnvironment {
  const [env] = environments;
  if (env === undefined) throw new Error("A session begins with an environment.");
  return env;
}

/** Calls the engine; the first transformation at fault gives an error its place. */
function withPlace<R>(origin: StreamOrigin, action: () => R): R {
  try {
    return action();
  } catch (thrown) {
    if (!isRejection(thrown)) throw thrown;
    // What no transformation is at fault for is the mode in which all of them run.
    const at = placeOf(thrown.transformations ?? [], origin) ?? origin.runtimeModeAt;
    throw new JobBuildError(thrown.kind, thrown.message, at);
  }
}

/** Where the first of these transformations was made whose place is known. */
function placeOf(
  transformations: readonly number[],
  { positions }: StreamOrigin,
): SourcePosition | undefined {
  return transformations.map((id) => positions.get(id)).find((place) => place !== undefined);
}

/** As the engine gives them: nodes name the call of the API that made them, not its line. */
interface BareGraphs extends Omit<Graphs, "lab"> {
  readonly lab: Omit<Graphs["lab"], "nodes"> & {
    readonly nodes: readonly (Graphs["lab"]["nodes"][number] & { readonly transformation: number })[];
  };
}

function withPositions(graphs: BareGraphs, { positions }: StreamOrigin): Graphs {
  const nodes = graphs.lab.nodes.map(({ transformation, ...node }) => {
    const at = positions.get(transformation);
    return at === undefined ? node : { ...node, at };
  });
  return { ...graphs, lab: { ...graphs.lab, nodes } };
}
