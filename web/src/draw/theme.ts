/**
 * The colours, as data. The picture is told its theme and never reads the page's styles.
 *
 * Record colours are Okabe and Ito's, which colour-blind readers can tell apart; every colour has a second
 * sign in the picture (shape, width, hatch or text), so that none carries a meaning alone.
 */

/** Every colour that the picture uses, by its role. Its place in this list is its number in a display list. */
export const COLOUR_NAMES = [
  "none",
  "background",
  /** A TaskManager's panel and its border. */
  "panel",
  "panelBorder",
  /** A task's card or a node's box. */
  "card",
  "cardBorder",
  "cardShadow",
  /** A card whose task has ended. */
  "cardEnded",
  "operator",
  "operatorBorder",
  /** The operator at work in this turn. */
  "atWork",
  "atWorkBorder",
  "text",
  "textMuted",
  "textFaint",
  "wire",
  "wireStrong",
  "chained",
  /** Waiting before a record, and inside one. */
  "backPressure",
  "hardBackPressure",
  "busy",
  "idle",
  "accent",
  "buffer",
  "bufferBorder",
  "bufferFill",
  "event",
  "eventText",
  "good",
  "warn",
  "bad",
  "hatch",
  /** What belongs to a record that spans two buffers. */
  "spanning",
  /** A channel that is not read for now. */
  "blocked",
  "blockedHatch",
  "record0",
  "record1",
  "record2",
  "record3",
  "record4",
  "record5",
  "record6",
  "record7",
  /** The outline that sets a pale record apart from its buffer. */
  "recordEdge",
] as const;

/** The role of a colour. */
export type ColourName = (typeof COLOUR_NAMES)[number];

/** A CSS colour for every role. `none` paints nothing. */
export type Theme = Readonly<Record<ColourName, string>>;

/** The number of each colour in a display list. */
export const Colour = Object.fromEntries(COLOUR_NAMES.map((name, place) => [name, place])) as Readonly<
  Record<ColourName, number>
>;

/** How many colours records have. */
export const RECORD_COLOUR_COUNT = 8;

/** Dark ink on warm paper. */
export const LIGHT_THEME: Theme = {
  none: "none",
  background: "#faf9f6",
  panel: "#f3f1ea",
  panelBorder: "#ddd9cd",
  card: "#ffffff",
  cardBorder: "#cbc6ba",
  cardShadow: "rgba(40, 36, 24, 0.09)",
  cardEnded: "#f8f7f3",
  operator: "#eef4ff",
  operatorBorder: "#bccdef",
  atWork: "#fff0e2",
  atWorkBorder: "#d9741a",
  text: "#1c2128",
  textMuted: "#5d6470",
  textFaint: "#858b95",
  wire: "#b7b1a2",
  wireStrong: "#6f6a5e",
  chained: "#8ea6d3",
  backPressure: "#c2410c",
  hardBackPressure: "#7c2d12",
  busy: "#2563eb",
  idle: "#e4e1d8",
  accent: "#1d4ed8",
  buffer: "#fbfaf6",
  bufferBorder: "#8f897b",
  bufferFill: "#e2ddd0",
  event: "#3f4652",
  eventText: "#ffffff",
  good: "#15803d",
  warn: "#a16207",
  bad: "#b91c1c",
  hatch: "rgba(255, 255, 255, 0.45)",
  spanning: "#a16207",
  blocked: "#a21caf",
  blockedHatch: "rgba(162, 28, 175, 0.35)",
  record0: "#0072b2",
  record1: "#e69f00",
  record2: "#009e73",
  record3: "#d55e00",
  record4: "#cc79a7",
  record5: "#56b4e9",
  record6: "#8a6d00",
  record7: "#4b4f58",
  recordEdge: "rgba(28, 33, 40, 0.35)",
};

/** Light ink on a dark desk. */
export const DARK_THEME: Theme = {
  none: "none",
  background: "#14171c",
  panel: "#1a1e25",
  panelBorder: "#2d333d",
  card: "#222832",
  cardBorder: "#424a58",
  cardShadow: "rgba(0, 0, 0, 0.35)",
  cardEnded: "#1c2129",
  operator: "#26344d",
  operatorBorder: "#435b86",
  atWork: "#4a3018",
  atWorkBorder: "#f0954a",
  text: "#e8eaee",
  textMuted: "#a5adba",
  textFaint: "#7d8694",
  wire: "#545c69",
  wireStrong: "#a2aab6",
  chained: "#5f7bb0",
  backPressure: "#f0793a",
  hardBackPressure: "#fdc08a",
  busy: "#5b93f7",
  idle: "#363d49",
  accent: "#7aa7ff",
  buffer: "#1a1f27",
  bufferBorder: "#828b99",
  bufferFill: "#3a4250",
  event: "#cdd3dc",
  eventText: "#14171c",
  good: "#4ac47a",
  warn: "#e0b040",
  bad: "#f27272",
  hatch: "rgba(0, 0, 0, 0.35)",
  spanning: "#e0b040",
  blocked: "#e879f9",
  blockedHatch: "rgba(232, 121, 249, 0.4)",
  record0: "#3d9fe0",
  record1: "#f0b429",
  record2: "#1fbf92",
  record3: "#f07b2e",
  record4: "#e09ac2",
  record5: "#86cdf5",
  record6: "#d6c85a",
  record7: "#c3c8d0",
  recordEdge: "rgba(0, 0, 0, 0.45)",
};
