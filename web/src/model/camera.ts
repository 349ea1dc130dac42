/** Which part of a layout is seen: fitted to the whole, moved by hand, or in flight between two views. */
import { ease, lerp, type Rect } from "./geometry";

/** The layout's point in the middle of the drawing, and CSS pixels for a unit of the layout. */
export interface View {
  readonly x: number;
  readonly y: number;
  readonly scale: number;
}

/** The drawing's size in CSS pixels. */
export interface Viewport {
  readonly width: number;
  readonly height: number;
}

/** How long a flight takes, in milliseconds. */
export const FLIGHT_MS = 320;
const SCALE_MIN = 0.05;
const SCALE_MAX = 12;
/** A small picture is not blown up beyond this. */
const FIT_SCALE_MAX = 1.3;

/** The view that shows all of `bounds`. */
export function fitView(bounds: Rect, viewport: Viewport): View {
  const margin = Math.min(20, viewport.width / 30);
  const across = (viewport.width - 2 * margin) / Math.max(1, bounds.width);
  const down = (viewport.height - 2 * margin) / Math.max(1, bounds.height);
  return {
    x: bounds.x + bounds.width / 2,
    y: bounds.y + bounds.height / 2,
    scale: Math.max(0.01, Math.min(across, down, FIT_SCALE_MAX)),
  };
}

/** The view between two; zooming is even for the eye. */
export function blendView(from: View, to: View, share: number): View {
  if (share <= 0) return from;
  if (share >= 1) return to;
  return {
    x: lerp(from.x, to.x, share),
    y: lerp(from.y, to.y, share),
    scale: from.scale * (to.scale / from.scale) ** share,
  };
}

/** See the head of this file. */
export class Camera {
  private free: View = { x: 0, y: 0, scale: 1 };
  private flight: { readonly from: View; readonly start: number } | null = null;
  /** Whether the whole picture is kept in view. */
  fitted = true;

  /** The view at this time, when `fit` is what shows the whole picture. */
  viewAt(now: number, fit: View): View {
    const aim = this.fitted ? fit : this.free;
    if (this.flight === null) return aim;
    const share = (now - this.flight.start) / FLIGHT_MS;
    if (share >= 1) {
      this.flight = null;
      return aim;
    }
    return blendView(this.flight.from, aim, ease(share));
  }

  isFlying(now: number): boolean {
    return this.flight !== null && now - this.flight.start < FLIGHT_MS;
  }

  /** Keeps the whole picture in view from now on, flying there from `from`; at once where that is `null`. */
  fit(from: View | null, now: number): void {
    this.fitted = true;
    this.flight = from === null ? null : { from, start: now };
  }

  /** Flies to a view of its own; at once where `from` is `null`. */
  flyTo(view: View, from: View | null, now: number, bounds: Rect): void {
    this.fitted = false;
    this.free = clamp(view, bounds);
    this.flight = from === null ? null : { from, start: now };
  }

  /** Moves the picture by CSS pixels. */
  panBy(dx: number, dy: number, current: View, bounds: Rect): void {
    const { scale } = current;
    this.flyTo({ x: current.x - dx / scale, y: current.y - dy / scale, scale }, null, 0, bounds);
  }
}

/** `view` after a zoom by `factor`, in which the point at (x, y) CSS pixels stays where it is. */
export function zoomedView(view: View, viewport: Viewport, factor: number, x: number, y: number): View {
  const scale = Math.max(SCALE_MIN, Math.min(SCALE_MAX, view.scale * factor));
  const dx = x - viewport.width / 2;
  const dy = y - viewport.height / 2;
  return { x: view.x + dx / view.scale - dx / scale, y: view.y + dy / view.scale - dy / scale, scale };
}

/** The picture cannot be lost: its middle stays over the layout. */
function clamp(view: View, bounds: Rect): View {
  return {
    x: Math.max(bounds.x, Math.min(bounds.x + bounds.width, view.x)),
    y: Math.max(bounds.y, Math.min(bounds.y + bounds.height, view.y)),
    scale: view.scale,
  };
}
