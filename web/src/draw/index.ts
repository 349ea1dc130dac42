/** The drawing's public face: make a scene, feed it, paint what it draws. */
export { canRead, createScene, loadReading } from "./scene";
export type {
  Area,
  Depth,
  Description,
  Detail,
  Direction,
  Motion,
  Scene,
  SceneCamera,
  SceneOptions,
  Table,
} from "./scene-types";
export type { Overlay } from "./picture";
export { loadLayoutsFor } from "../model/graph-layouts";
export { loadPlacement } from "../model/layered-layout";
export type { Item } from "../model/items";
export { itemKey, sameItem } from "../model/items";
export type { Measure } from "../model/text-ruler";
export type { DisplayList } from "./display-list";
export { measureWith, paintCanvas } from "./canvas-painter";
export { toSvg } from "./svg-painter";
export { DARK_THEME, LIGHT_THEME, type Theme } from "./theme";
