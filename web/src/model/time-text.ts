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

/** A time as `timeText` writes it; of a clock, on the day of `like` if no day is named. Null for what is none. */
export function parseTime(text: string, like: number): number | null {
  const plain = text.trim().replaceAll(",", "").replace("−", "-");
  if (/^-?\d+$/.test(plain)) return Number(plain);
  const parts = /^(?:(\d{4}-\d{2}-\d{2}) +)?(\d{1,2}):(\d{2})(?::(\d{2})(?:\.(\d{1,3}))?)?$/.exec(plain);
  if (parts === null || !Number.isFinite(like)) return null;
  const [, date, hours = "", minutes = "", seconds = "0", fraction = ""] = parts;
  const day = date === undefined ? Math.floor(like / DAY) * DAY : Date.parse(`${date}T00:00:00Z`);
  const ms =
    ((Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1000 + Number(fraction.padEnd(3, "0"));
  return Number.isNaN(day) || ms >= DAY ? null : day + ms;
}
