/**
 * The two logical graphs laid out: the StreamGraph's nodes, and the JobGraph's vertices with their chains.
 * Lengths are CSS pixels at scale 1.
 */
import type { Graphs } from "../engine/protocol";
import { at } from "./at";
import { chainGrid, type ChainGrid } from "./chain-grid";
import { boundsOf, CURVE_LENGTH, directCurve, type Flow, type Rect } from "./geometry";
import type { JobModel, StreamEdgeModel } from "./job-model";
import { chainOrder } from "./chain-placement";
import { entryOf, exitOf, layeredLayout, type LayeredLayout, loadPlacement } from "./layered-layout";
import type { Size } from "./placement";
import { type TextRuler, TextStyle } from "./text-ruler";

/** Font sizes at scale 1, shared by the layouts that make room and the pictures that write. */
export const FontSize = { title: 12.5, name: 11.5, plain: 10.5, small: 9.5 } as const;

/** The StreamGraph: boxes are its nodes, curves and labels its edges. */
export type StreamLayout = LayeredLayout;

/** The JobGraph: boxes are its vertices, curves and labels its edges. */
export interface JobLayout extends LayeredLayout {
  /** By vertex: how its operators stand to each other. */
  readonly grids: readonly ChainGrid[];
  /** Where each node of the StreamGraph stands inside its vertex. */
  readonly nodes: readonly Rect[];
  /** The arrow inside a chain for each edge of the StreamGraph: 20 numbers, all 0 where it is not chained. */
  readonly links: Float64Array;
}

/** What is written on an edge of the StreamGraph; empty for none. */
export function streamEdgeLabel(edge: StreamEdgeModel): string {
  const tag = edge.outputTag === null ? "" : `“${edge.outputTag}”`;
  if (edge.chained) return tag;
  return tag === "" ? edge.partitioner : `${edge.partitioner} ${tag}`;
}

/** Height of the strip with a vertex' name. */
export const VERTEX_HEADER_HEIGHT = 30;
const VERTEX_PADDING = 12;
const LABEL_PADDING = 6;
const LABEL_HEIGHT = 16;
/** Room in a label for the sign that says that the edge is chained. */
export const LABEL_SIGN_WIDTH = 16;
const CELL_HEIGHT = 36;
const CELL_WIDTH = 108;
const CELL_GAP_ALONG = 18;
const CELL_GAP_BESIDE = 10;

function labelSize(ruler: TextRuler, text: string, sign: number): Size | null {
  if (text === "") return null;
  return {
    width: ruler.width(text, FontSize.small, TextStyle.regular) + 2 * LABEL_PADDING + sign,
    height: LABEL_HEIGHT,
  };
}

/** Loads what the layouts of these graphs need. Operators in a chain become vertices in a chain. */
export async function loadLayoutsFor({ stream_graph: { nodes } }: Graphs): Promise<void> {
  const places = new Map(nodes.map(({ id }, place) => [id, place]));
  const edges = nodes.flatMap(({ out_edges }, source) =>
    out_edges.map(({ target }) => ({ source, target: places.get(target) ?? -1 })),
  );
  if (chainOrder(nodes.length, edges) === null) await loadPlacement();
}

/** Lays out the StreamGraph. */
export function layoutStream(job: JobModel, ruler: TextRuler, flow: Flow): StreamLayout {
  const sizes = job.nodes.map((node): Size => {
    const lines = ruler.wrap(node.name, FontSize.name, TextStyle.strong, 132, 2);
    const widest = Math.max(...lines.map((line) => ruler.width(line, FontSize.name, TextStyle.strong)));
    return { width: Math.max(92, Math.ceil(widest) + 28), height: lines.length > 1 ? 60 : 46 };
  });
  const edges = job.streamEdges.map((edge) => ({
    source: edge.source,
    target: edge.target,
    label: labelSize(ruler, streamEdgeLabel(edge), edge.chained ? LABEL_SIGN_WIDTH : 0),
  }));
  return layeredLayout(sizes, edges, { layers: flow === "across" ? 44 : 34, boxes: 26, edges: 14 }, flow);
}

/** Lays out the JobGraph: the vertices by dagre, the operators inside each as a grid. */
export function layoutJob(job: JobModel, ruler: TextRuler, stream: StreamLayout): JobLayout {
  const { flow } = stream;
  // Branches keep the order in which the StreamGraph has them, so that none crosses another on the way.
  const rank = stream.boxes.map((box) =>
    flow === "across" ? box.y + box.height / 2 : box.x + box.width / 2,
  );
  const grids = job.vertices.map((_, vertex) => chainGrid(job, vertex, rank));
  const sizes = grids.map((grid) => vertexSize(grid, flow));
  const edges = job.jobEdges.map((edge) => ({
    source: edge.source,
    target: edge.target,
    label: labelSize(ruler, edge.shipStrategy, 0),
  }));
  const layers = layeredLayout(
    sizes,
    edges,
    { layers: flow === "across" ? 54 : 40, boxes: 30, edges: 16 },
    flow,
  );
  const nodes: Rect[] = job.nodes.map(() => ({ x: 0, y: 0, width: 0, height: 0 }));
  grids.forEach((grid, vertex) => {
    const inner = innerArea(at(layers.boxes, vertex));
    for (const cell of grid.cells) nodes[cell.node] = cellRect(grid, cell.column, cell.row, inner, flow);
  });
  const links = new Float64Array(job.streamEdges.length * CURVE_LENGTH);
  job.streamEdges.forEach((edge, place) => {
    if (!edge.chained) return;
    const from = exitOf(at(nodes, edge.source), flow);
    directCurve(links, place * CURVE_LENGTH, from, entryOf(at(nodes, edge.target), flow), flow);
  });
  return { ...layers, grids, nodes, links };
}

function vertexSize(grid: ChainGrid, flow: Flow): Size {
  const [across, down] = flow === "across" ? [grid.columns, grid.rows] : [grid.rows, grid.columns];
  const [gapX, gapY] =
    flow === "across" ? [CELL_GAP_ALONG, CELL_GAP_BESIDE] : [CELL_GAP_BESIDE, CELL_GAP_ALONG];
  return {
    width: Math.max(150, across * CELL_WIDTH + (across - 1) * gapX + 2 * VERTEX_PADDING),
    height: VERTEX_HEADER_HEIGHT + down * CELL_HEIGHT + (down - 1) * gapY + VERTEX_PADDING,
  };
}

function innerArea(vertex: Rect): Rect {
  return {
    x: vertex.x + VERTEX_PADDING,
    y: vertex.y + VERTEX_HEADER_HEIGHT,
    width: vertex.width - 2 * VERTEX_PADDING,
    height: vertex.height - VERTEX_HEADER_HEIGHT - VERTEX_PADDING,
  };
}

function cellRect(grid: ChainGrid, column: number, row: number, inner: Rect, flow: Flow): Rect {
  const along = { count: grid.columns, place: column, gap: CELL_GAP_ALONG };
  const beside = { count: grid.rows, place: row, gap: CELL_GAP_BESIDE };
  const [x, y] = flow === "across" ? [along, beside] : [beside, along];
  const width = (inner.width - (x.count - 1) * x.gap) / x.count;
  const height = (inner.height - (y.count - 1) * y.gap) / y.count;
  return { x: inner.x + x.place * (width + x.gap), y: inner.y + y.place * (height + y.gap), width, height };
}

/** For each vertex, the area around its nodes where the StreamGraph places them: where its frame comes from. */
export function vertexHulls(job: JobModel, stream: StreamLayout): Rect[] {
  return job.vertices.map((vertex) => {
    const around = boundsOf(vertex.nodes.map((node) => at(stream.boxes, node)));
    return {
      x: around.x - VERTEX_PADDING,
      y: around.y - VERTEX_PADDING,
      width: around.width + 2 * VERTEX_PADDING,
      height: around.height + 2 * VERTEX_PADDING,
    };
  });
}
