/** How speed and passing time become ticks. */
import { describe, expect, it } from "vitest";
import { placeOfSpeed, Playback, speedAtPlace, SPEED_STEPS } from "./playback";

/** Plays `frames` frames of 16 ms with an engine that takes `millis` a batch; the ticks that ran. */
function play(speed: number | "max", frames: number, millis: number): number[] {
  const playback = new Playback();
  playback.start(0);
  return Array.from({ length: frames }, (_, frame) => {
    const ticks = playback.ticksDue((frame + 1) * 16, speed);
    if (ticks > 0) playback.answered(ticks, millis);
    return ticks;
  });
}

const total = (ticks: readonly number[]) => ticks.reduce((a, b) => a + b, 0);

describe("Playback", () => {
  it("runs one tick a second at speed 1", () => {
    expect(total(play(1, 625, 1))).toBe(10);
  });

  it("reaches a speed above the frame rate", () => {
    const ticks = play(1000, 125, 1);
    expect(total(ticks)).toBeGreaterThan(1900);
    expect(total(ticks)).toBeLessThanOrEqual(2000);
  });

  it("grows its batch at full speed while the engine is quick", () => {
    const ticks = play("max", 10, 2);
    expect(ticks).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 512]);
  });

  it("shrinks its batch when the engine is slow", () => {
    const playback = new Playback();
    playback.start(0);
    for (let batch = 1; batch < 64; batch *= 2) playback.answered(batch, 1);
    playback.answered(64, 50);
    expect(playback.ticksDue(16, "max")).toBe(32);
  });

  it("does not catch up with a tab that slept", () => {
    const playback = new Playback();
    playback.start(0);
    for (let batch = 1; batch < 1024; batch *= 2) playback.answered(batch, 1);
    expect(playback.ticksDue(60_000, 100)).toBe(25);
  });

  it("owes no more than a quarter of a second of what the engine could not do", () => {
    const playback = new Playback();
    playback.start(0);
    for (let frame = 1; frame < 1000; frame += 1) playback.ticksDue(frame * 16, 1000);
    for (let batch = 1; batch < 65_536; batch *= 2) playback.answered(batch, 1);
    expect(playback.ticksDue(16_000, 1000)).toBeLessThanOrEqual(300);
  });
});

describe("the slider", () => {
  it("has max at its end and a place for every speed", () => {
    expect(speedAtPlace(SPEED_STEPS)).toBe("max");
    for (let place = 0; place <= SPEED_STEPS; place += 1)
      expect(placeOfSpeed(speedAtPlace(place))).toBe(place);
    expect(speedAtPlace(placeOfSpeed(7))).toBe(5);
    expect(speedAtPlace(99)).toBe("max");
  });
});
