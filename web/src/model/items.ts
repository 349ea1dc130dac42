/** The things in the picture that can be pointed at, selected and spoken of. */

/** One thing in the picture. Places are indices into the topology, ids are Flink's. */
export type Item =
  /** A node of the StreamGraph, by its id. */
  | { readonly kind: "node"; readonly node: number }
  /** An edge of the StreamGraph: the place of the edge among the source node's out edges. */
  | { readonly kind: "streamEdge"; readonly source: number; readonly edge: number }
  /** A vertex of the JobGraph, by its JobVertexID. */
  | { readonly kind: "vertex"; readonly vertex: string }
  /** An edge of the JobGraph: the place of the input at the target vertex. */
  | { readonly kind: "jobEdge"; readonly target: string; readonly input: number }
  | { readonly kind: "task"; readonly task: number }
  /** An operator of a task: its place in the chain, from 0. */
  | { readonly kind: "operator"; readonly task: number; readonly operator: number }
  | { readonly kind: "channel"; readonly channel: number }
  /** A buffer, by the id that the frame gives it. */
  | { readonly kind: "buffer"; readonly channel: number; readonly buffer: number }
  /** A record that has a dot: its place among the dots of its buffer. */
  | { readonly kind: "record"; readonly channel: number; readonly buffer: number; readonly dot: number }
  | { readonly kind: "slot"; readonly taskManager: number; readonly slot: number }
  | { readonly kind: "taskManager"; readonly taskManager: number };

/** A text that is equal for two items exactly when they are the same thing. */
export function itemKey(item: Item): string {
  switch (item.kind) {
    case "node":
      return `node ${item.node}`;
    case "streamEdge":
      return `streamEdge ${item.source} ${item.edge}`;
    case "vertex":
      return `vertex ${item.vertex}`;
    case "jobEdge":
      return `jobEdge ${item.target} ${item.input}`;
    case "task":
      return `task ${item.task}`;
    case "operator":
      return `operator ${item.task} ${item.operator}`;
    case "channel":
      return `channel ${item.channel}`;
    case "buffer":
      return `buffer ${item.channel} ${item.buffer}`;
    case "record":
      return `record ${item.channel} ${item.buffer} ${item.dot}`;
    case "slot":
      return `slot ${item.taskManager} ${item.slot}`;
    case "taskManager":
      return `taskManager ${item.taskManager}`;
  }
}

/** Whether both are the same thing, or both nothing. */
export function sameItem(one: Item | null, other: Item | null): boolean {
  if (one === null || other === null) return one === other;
  return one === other || itemKey(one) === itemKey(other);
}
