/** Where a tick stands on the timeline, and which ticks are labelled. */

/** Room at both ends, so that the mark of the current tick is never cut. */
export const INSET_PIXELS = 6;

/** The tick under `x`, where `extent` ticks take `width` pixels. */
export function tickAtX(x: number, width: number, extent: number): number {
  const inner = Math.max(1, width - 2 * INSET_PIXELS);
  return Math.round(Math.min(Math.max((x - INSET_PIXELS) / inner, 0), 1) * extent);
}

export function xAtTick(tick: number, width: number, extent: number): number {
  return INSET_PIXELS + (tick / extent) * Math.max(1, width - 2 * INSET_PIXELS);
}

/** A round number of ticks between two labels, at least 90 pixels apart. */
export function axisStep(extent: number, width: number): number {
  const least = (extent * 90) / Math.max(1, width);
  const power = 10 ** Math.floor(Math.log10(Math.max(1, least)));
  return [1, 2, 5, 10].map((factor) => factor * power).find((step) => step >= least) ?? 10 * power;
}
