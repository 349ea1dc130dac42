/** Reads what a person types for a moment of the run. */

/** `4936`, `4,936` or `4.936 s`; null where it is neither. */
export function parseTick(text: string): number | null {
  const time = /^\s*(\d+(?:\.\d+)?)\s*s\s*$/.exec(text)?.[1];
  if (time !== undefined) return Math.round(Number(time) * 1000);
  const digits = text.trim().replaceAll(/[,_\s]/g, "");
  return /^\d{1,15}$/.test(digits) ? Number(digits) : null;
}
