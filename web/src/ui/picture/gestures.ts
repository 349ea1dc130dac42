/**
 * Pointer, wheel and pinch on the picture: what they mean for its camera.
 *
 * One pointer drags, two pinch, a press without a drag picks. Where the page itself scrolls, the wheel
 * zooms only with Ctrl or ⌘ held, and a vertical drag of a finger scrolls the page.
 */

/** A press that moved less than this is a click. */
const DRAG_PIXELS = 4;
/** Zoom for one notch of a wheel: e to the power of notch pixels divided by this. */
const WHEEL_PIXELS = 400;
const LINE_PIXELS = 16;

export interface Gestures {
  /** Moves the picture. */
  pan(dx: number, dy: number): void;
  zoom(factor: number, x: number, y: number): void;
  /** A pointer rests at this point; null: it left. */
  point(at: { readonly x: number; readonly y: number } | null): void;
  pick(x: number, y: number): void;
}

interface Touch {
  x: number;
  y: number;
}

/** Follows the pointers on `element`; the wheel is its own while `wheelIsFree` says so. Returns what ends it. */
export function followGestures(
  element: HTMLElement,
  gestures: Gestures,
  wheelIsFree: () => boolean,
): () => void {
  const ending = new AbortController();
  const { signal } = ending;
  const pointers = new Pointers(element, gestures);
  element.addEventListener("pointerdown", (event) => pointers.down(event), { signal });
  element.addEventListener("pointermove", (event) => pointers.move(event), { signal });
  element.addEventListener("pointerup", (event) => pointers.up(event, true), { signal });
  element.addEventListener("pointercancel", (event) => pointers.up(event, false), { signal });
  element.addEventListener("pointerleave", () => gestures.point(null), { signal });
  element.addEventListener(
    "wheel",
    (event) => {
      if (!event.ctrlKey && !event.metaKey && !wheelIsFree()) return;
      event.preventDefault();
      const pixels = event.deltaY * (event.deltaMode === WheelEvent.DOM_DELTA_LINE ? LINE_PIXELS : 1);
      // A pinch on a touchpad comes as a wheel with Ctrl and small steps.
      const strength = event.ctrlKey ? 4 : 1;
      const { x, y } = placeIn(element, event);
      gestures.zoom(Math.exp((-pixels * strength) / WHEEL_PIXELS), x, y);
    },
    { signal, passive: false },
  );
  return () => ending.abort();
}

function placeIn(element: HTMLElement, event: MouseEvent): Touch {
  const box = element.getBoundingClientRect();
  return { x: event.clientX - box.left, y: event.clientY - box.top };
}

/** The pointers that are down, and what their moves amount to. */
class Pointers {
  private readonly element: HTMLElement;
  private readonly gestures: Gestures;
  private readonly touches = new Map<number, Touch>();
  private start: Touch | null = null;
  private dragged = false;

  constructor(element: HTMLElement, gestures: Gestures) {
    this.element = element;
    this.gestures = gestures;
  }

  down(event: PointerEvent): void {
    if (event.button !== 0) return;
    this.element.setPointerCapture(event.pointerId);
    const touch = placeIn(this.element, event);
    this.touches.set(event.pointerId, touch);
    this.start = touch;
    this.dragged = this.touches.size > 1;
  }

  move(event: PointerEvent): void {
    const now = placeIn(this.element, event);
    const before = this.touches.get(event.pointerId);
    if (before === undefined) {
      if (event.pointerType !== "touch") this.gestures.point(now);
      return;
    }
    if (this.start !== null && Math.hypot(now.x - this.start.x, now.y - this.start.y) > DRAG_PIXELS)
      this.dragged = true;
    if (!this.dragged) return;
    this.gestures.point(null);
    const other = [...this.touches].find(([id]) => id !== event.pointerId)?.[1];
    if (other === undefined) this.gestures.pan(now.x - before.x, now.y - before.y);
    else this.pinch(before, now, other);
    this.touches.set(event.pointerId, now);
  }

  up(event: PointerEvent, whole: boolean): void {
    const touch = this.touches.get(event.pointerId);
    this.touches.delete(event.pointerId);
    if (touch !== undefined && whole && !this.dragged && this.touches.size === 0) {
      const { x, y } = placeIn(this.element, event);
      this.gestures.pick(x, y);
    }
    if (this.touches.size > 0) this.dragged = true;
  }

  private pinch(before: Touch, now: Touch, other: Touch): void {
    const far = Math.hypot(now.x - other.x, now.y - other.y);
    const near = Math.hypot(before.x - other.x, before.y - other.y);
    const x = (now.x + other.x) / 2;
    const y = (now.y + other.y) / 2;
    if (near > 0) this.gestures.zoom(far / near, x, y);
    this.gestures.pan((now.x - before.x) / 2, (now.y - before.y) / 2);
  }
}
