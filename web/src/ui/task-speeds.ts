/** How fast the tasks of a vertex work, as the settings offer it: the engine's number and its words. */
import type { Graphs } from "../engine/protocol";

/** Records a tick; see `ScenarioOptions.speeds`. */
export const TASK_SPEEDS: readonly { readonly speed: number; readonly title: string }[] = [
  { speed: 0.01, title: "100 ms a record" },
  { speed: 0.05, title: "20 ms a record" },
  { speed: 0.2, title: "5 ms a record" },
  { speed: 0.5, title: "2 ms a record" },
  { speed: 1, title: "1 record a ms" },
  { speed: 10, title: "10 records a ms" },
  { speed: 100, title: "100 records a ms" },
];

/** A speed as the settings name it. */
export function speedInWords(speed: number): string {
  const known = TASK_SPEEDS.find((one) => one.speed === speed);
  return known?.title ?? (speed < 1 ? `${Math.round(1 / speed)} ms a record` : `${speed} records a ms`);
}

type Speeds = Readonly<Record<string, number>>;

/** The speed of a vertex: named by itself or by one of its operators. */
export function speedOfVertex(graphs: Graphs, vertex: string, speeds: Speeds): number {
  const found = graphs.job_graph.vertices.find((known) => known.id === vertex);
  const operators = graphs.lab.nodes
    .filter((node) => node.vertex === vertex)
    .map((node) => graphs.stream_graph.nodes.find((known) => known.id === node.id)?.name);
  const name = [found?.name, ...operators].find((known) => known !== undefined && known in speeds);
  return name === undefined ? 1 : (speeds[name] ?? 1);
}
