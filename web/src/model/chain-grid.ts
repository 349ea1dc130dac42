/** Where the operators of a chain stand to each other: a chain may branch, so it is a small grid. */
import { at } from "./at";
import type { JobModel } from "./job-model";

/** Place of one operator: columns from the head on, rows from the top; a parent stands between its children. */
export interface ChainCell {
  /** Place of the node in the JobModel. */
  readonly node: number;
  readonly column: number;
  readonly row: number;
}

/** The cells stand in the order of the vertex' nodes. */
export interface ChainGrid {
  readonly columns: number;
  readonly rows: number;
  readonly cells: readonly ChainCell[];
}

/** Arranges the operators of a vertex. Branches stand in the order of `rank`, a number for each node of the job. */
export function chainGrid(job: JobModel, vertex: number, rank: readonly number[]): ChainGrid {
  const nodes = at(job.vertices, vertex).nodes;
  const inside = job.streamEdges.filter((edge) => edge.chained && nodes.includes(edge.source));
  const placed = new Map<number, { column: number; row: number }>();
  let rows = 0;
  const place = (node: number, column: number): number => {
    const known = placed.get(node);
    if (known !== undefined) return known.row;
    const cell = { column, row: 0 };
    placed.set(node, cell);
    const children = inside.filter((edge) => edge.source === node && !placed.has(edge.target));
    children.sort((one, other) => (rank[one.target] ?? 0) - (rank[other.target] ?? 0));
    const childRows = children.map((edge) => place(edge.target, column + 1));
    const first = childRows[0];
    const last = childRows.at(-1);
    if (first === undefined || last === undefined) {
      cell.row = rows;
      rows += 1;
    } else {
      cell.row = (first + last) / 2;
    }
    return cell.row;
  };
  const targets = new Set(inside.map((edge) => edge.target));
  for (const node of nodes) if (!targets.has(node)) place(node, 0);
  for (const node of nodes) place(node, 0);
  const cells = nodes.map((node) => ({ node, ...(placed.get(node) ?? { column: 0, row: 0 }) }));
  const columns = Math.max(1, ...cells.map((cell) => cell.column + 1));
  return { columns, rows: Math.max(1, rows), cells };
}
