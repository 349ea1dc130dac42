/** What is placed in layers: boxes, and edges with labels; and where it then stands. */
import type { Flow, Point } from "./geometry";

/** A box to place. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

/** An edge between two boxes (by their places), with room for its label; no label where that is `null`. */
export interface LayeredEdge {
  readonly source: number;
  readonly target: number;
  readonly label: Size | null;
}

/** Distances: between layers, between boxes of a layer, between edges. */
export interface Spacing {
  readonly layers: number;
  readonly boxes: number;
  readonly edges: number;
}

/** Where things stand, by their places. */
export interface Placement {
  /** The middles of the boxes. */
  readonly boxes: readonly Point[];
  readonly edges: readonly {
    /** Of its label, if it has one. */
    readonly middle: Point;
    /** Where it bends between its two boxes. */
    readonly bends: readonly Point[];
  }[];
}

/** Length of line that is kept free before and after a label, together. */
const LABEL_ROOM = 24;

/** The room that the label of an edge takes. */
export function labelRoom({ label }: LayeredEdge, flow: Flow): Size {
  if (label === null) return { width: 0, height: 0 };
  const { width, height } = label;
  return flow === "across" ? { width: width + LABEL_ROOM, height } : { width, height: height + LABEL_ROOM };
}
