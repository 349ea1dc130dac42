/** What the page may ask of the picture: the contract between the drawing and the elements around it. */
import type { Graphs, Topology } from "../engine/protocol";
import type { Item } from "../model/items";
import type { Measure } from "../model/text-ruler";
import type { DisplayList } from "./display-list";
import type { Overlay } from "./picture";

/** Which of the three graphs is shown. They are one picture at three depths. */
export type Depth = "stream" | "job" | "execution";

/** How much is drawn at the present zoom. */
export type Detail = "far" | "near" | "nearest";

/** `reduced`: no morph, no gliding, no camera flight; every change is there at once. */
export type Motion = "full" | "reduced";

/** An area of the picture in CSS pixels, from the top left corner of the drawing. */
export interface Area {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** What a scene needs to know from the start. */
export interface SceneOptions {
  readonly measure: Measure;
  readonly motion: Motion;
}

/** The part of the world that is seen. All times are milliseconds of one clock, as of `requestAnimationFrame`. */
export interface SceneCamera {
  /** CSS pixels for a unit of the layout; 1 is the size that the texts are made for. */
  readonly scale: number;
  /** Whether the whole picture is kept in view as it changes: until the reader pans or zooms. */
  readonly fitted: boolean;
  readonly detail: Detail;
  /** Brings the whole picture into view, and keeps it there. */
  fit(now: number): void;
  /** Moves the picture by so many CSS pixels. */
  panBy(dx: number, dy: number): void;
  /** Zooms by `factor` around a point in CSS pixels, at once: for the wheel and for pinching. */
  zoomBy(factor: number, x: number, y: number): void;
  /** Zooms by `factor` around the middle, in a short flight: for buttons and keys. */
  zoomStep(factor: number, now: number): void;
  /** Flies so that the item is in view; nearer where it is too small to read. */
  reveal(item: Item, now: number): void;
}

/** Where a key leads from an item. `in` and `out` change the level: task → operators, channels → buffers. */
export type Direction = "next" | "previous" | "left" | "right" | "up" | "down" | "in" | "out";

/** What there is to say about an item: for the tooltip, the inspector's head and a screen reader. */
export interface Description {
  readonly title: string;
  /** Whole sentences or `name: value`, most important first. */
  readonly lines: readonly string[];
}

/** The picture's twin in text. */
export interface Table {
  readonly caption: string;
  readonly columns: readonly string[];
  readonly rows: readonly { readonly item: Item; readonly cells: readonly string[] }[];
}

/** One picture: what it is fed with, how it is handled, and what it draws. */
export interface Scene {
  readonly depth: Depth;
  readonly camera: SceneCamera;
  readonly selected: Item | null;
  readonly hovered: Item | null;

  /** Takes the three graphs of a job; `null` where there is no job. The same object again changes nothing. */
  setGraphs(graphs: Graphs | null): void;
  /**
   * Takes who is where; `null` before anything was submitted: the execution graph is then drawn as planned.
   * The same object again changes nothing.
   */
  setTopology(topology: Topology | null): void;
  /** Size of a network memory segment in bytes (Flink: `taskmanager.memory.segment-size`). */
  setSegmentBytes(bytes: number): void;
  /** What is drawn into the ExecutionGraph besides; the same function draws the same. */
  setOverlay(overlay: Overlay | null): void;
  /**
   * Takes a frame. Buffers glide from where they were to where they are now within `glideMs`; 0 puts
   * them there at once. The scene keeps the array and never writes to it.
   */
  setFrame(frame: Uint32Array | null, now: number, glideMs: number): void;
  /** Morphs to another depth, and brings its whole picture into view. */
  setDepth(depth: Depth, now: number): void;
  setMotion(motion: Motion): void;
  /** Takes the drawing's size in CSS pixels. */
  resize(width: number, height: number): void;

  /** What is drawn at this point (CSS pixels), the topmost; `null` for nothing. */
  hit(x: number, y: number): Item | null;
  /** Where the item was drawn last; `null` where it was not. */
  areaOf(item: Item): Area | null;
  select(item: Item | null): void;
  hover(item: Item | null): void;
  /** The item that a key leads to; the first one from `null`. */
  neighbour(item: Item | null, direction: Direction): Item | null;
  describe(item: Item): Description;
  table(): Table;

  /** Whether a later moment looks otherwise without any further call. */
  isAnimating(now: number): boolean;
  /** The picture of this moment. The list belongs to the scene and is used again by the next call. */
  draw(now: number): DisplayList;
}
