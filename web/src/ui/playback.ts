/**
 * How many ticks to run next: turns speed and passing time into whole ticks. Pure: time is passed in.
 *
 * A speed in ticks a second accumulates fractions, so that 1 tick a second is one in sixty frames. At
 * `max` the number follows what the engine managed: it grows while an answer comes within the budget and
 * halves when it does not, so that the page keeps its frame rate whatever the job costs.
 */
import type { Speed } from "./lab-options";

/** Milliseconds that the engine may take for one batch, of the 16 between two drawn frames. */
const BATCH_MILLIS = 12;
/** More than this much time is not caught up with: the tab was asleep. */
const CATCH_UP_MILLIS = 250;
const BATCH_TICKS_MAX = 65_536;

export class Playback {
  private due = 0;
  private last: number | null = null;
  private batch = 1;

  /** Forgets the time that passed; to be called when playing starts. */
  start(now: number): void {
    this.last = now;
    this.due = 0;
  }

  /** Ticks to run at `now`; 0 where none is due. */
  ticksDue(now: number, speed: Speed): number {
    const passed = Math.min(now - (this.last ?? now), CATCH_UP_MILLIS);
    this.last = now;
    if (speed === "max") return this.batch;
    this.due += (passed * speed) / 1000;
    const whole = Math.min(Math.floor(this.due), this.batch);
    // What the engine cannot do in time is dropped, not owed: the lab then runs as fast as it can.
    this.due = Math.min(this.due - whole, Math.max(1, speed * (CATCH_UP_MILLIS / 1000)));
    return whole;
  }

  /** Learns from a batch of `ticks` whose answer took `millis`. */
  answered(ticks: number, millis: number): void {
    if (millis > BATCH_MILLIS * 1.5) this.batch = Math.max(1, this.batch >> 1);
    else if (ticks >= this.batch && millis < BATCH_MILLIS)
      this.batch = Math.min(BATCH_TICKS_MAX, this.batch * 2);
  }
}

/** The slider's places: 0 to `SPEED_STEPS`, the last one is `max`. */
const SPEEDS: readonly Speed[] = [1, 2, 5, 10, 20, 30, 60, 120, 200, 500, 1_000, 2_000, 5_000, "max"];
export const SPEED_STEPS = SPEEDS.length - 1;

/** The place of the speed nearest to `speed` that is not faster. */
export function placeOfSpeed(speed: Speed): number {
  if (speed === "max") return SPEED_STEPS;
  let place = 0;
  SPEEDS.forEach((known, at) => {
    if (known !== "max" && known <= speed) place = at;
  });
  return place;
}

export function speedAtPlace(place: number): Speed {
  return SPEEDS[Math.min(Math.max(place, 0), SPEED_STEPS)] ?? "max";
}

export function speedInWords(speed: Speed): string {
  return speed === "max" ? "max" : `${speed.toLocaleString("en")} ${speed === 1 ? "tick" : "ticks"}/s`;
}
