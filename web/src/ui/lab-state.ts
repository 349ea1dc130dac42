/** All that the panels of one lab share: the session, the reader's choices and the draft of the job. */
import type { Depth } from "../draw";
import type { SnapshotStart } from "../engine/protocol";
import type { LabOptions } from "./lab-options";
import type { ExampleId } from "../examples/catalog";
import type { Item } from "../draw";
import type { Cluster, Session } from "./session";
import type { JobFiles } from "./job-files";

export interface Choices {
  depth: Depth;
  /** Kept in the inspector; null: nothing. */
  selected: Item | null;
  /** Pointed at: in the inspector while nothing is kept there. */
  hovered: Item | null;
  /** The table stands in place of the picture. */
  asTable: boolean;
}

/** What the panels may ask the lab to do beyond the session's own moves. */
export interface LabActions {
  /** Builds and plays the draft. */
  readonly runDraft: () => void;
  /** The same, and the job starts from a snapshot. What does not fit changes nothing. */
  readonly startFrom: (from: SnapshotStart) => void;
  /** Runs the same job on another cluster. */
  readonly recluster: (cluster: Cluster) => void;
  readonly openExample: (id: string) => void;
  readonly select: (item: Item | null) => void;
  readonly hover: (item: Item | null) => void;
  readonly setDepth: (depth: Depth) => void;
  readonly setAsTable: (asTable: boolean) => void;
  /** Shows a line of the job in the editor. */
  readonly revealLine: (line: number) => void;
  readonly cycleTheme: () => void;
  readonly showHelp: () => void;
  /** Puts the focus into the field that takes a tick. */
  readonly askForTick: () => void;
  /** Takes the focus, so that the lab's keys act. */
  readonly takeFocus: () => void;
}

/** A moment of an example to go to. */
export interface WatchedMoment {
  readonly tick: number;
  readonly text: string;
}

export interface Lab {
  readonly options: LabOptions;
  readonly session: Session;
  readonly files: JobFiles;
  readonly choices: Choices;
  /** Light ink on a dark desk. */
  readonly dark: boolean;
  /** Whether any of it can be seen; what cannot costs nothing. */
  readonly onScreen: boolean;
  readonly actions: LabActions;
  /** The example in the editor; null where the page brought its own job. */
  readonly example: ExampleId | null;
  /** What there is to see in it, once that is loaded. */
  readonly summary: string | null;
  /** What to watch in the example, in the order of time. */
  readonly watch: readonly WatchedMoment[];
  /** The text in the editor, which may differ from what runs. */
  draft: string;
}
