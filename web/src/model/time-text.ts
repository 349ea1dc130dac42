/** Event times as texts. */

/** What ms since 1970 are at least, if they are meant to be that: 1973. Less is taken for a plain number. */
export const DATES_FROM = 100_000_000_000;
export const DAY = 86_400_000;
/** The simulation's first day: 2026-01-01. */
const FIRST_DAY = 1_767_225_600_000;

/** An event time as a reader wants it, as the engine writes it: a time of day where it is one, else the number. */
export function timeText(time: number): string {
  if (time === Infinity) return "the end of time";
  if (!Number.isFinite(time)) return "none yet";
  if (Math.abs(time) < DATES_FROM) return (time || 0).toLocaleString("en-US").replace("-", "−");
  const iso = new Date(time).toISOString();
  const clock = time % 1000 === 0 ? iso.slice(11, 19) : iso.slice(11, 23);
  return Math.floor(time / DAY) * DAY === FIRST_DAY ? clock : `${iso.slice(0, 10)} ${clock}`;
}

/** The same, as short as a card wants it: of a date, the time of day. */
export function shortTimeText(time: number): string {
  return time === Infinity ? "end" : timeText(time).replace(/^\d{4}-\d{2}-\d{2} /, "");
}
