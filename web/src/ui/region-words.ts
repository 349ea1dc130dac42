/** Regions and the back-off in words, the same wherever they are told. */
import { Header } from "../engine/frame";
import type { Failover, RegionPhase, RegionStep } from "../model/failover";
import { shownName } from "../model/text-ruler";
import type { Session } from "./session";

/** How far a region is. */
export const PHASE_WORDS: Readonly<Record<RegionPhase, string>> = {
  ending: "being cancelled",
  ended: "ended",
  created: "waiting for its inputs",
  scheduled: "waiting for slots",
  starting: "being deployed",
  running: "running again",
};

/** A region by its task that failed, or its first one: `Source: numbers (3/4) and 2 more`. */
export function regionName({ tasks, root }: RegionStep, session: Session): string {
  const name = shownName(session.topology?.tasks[root ?? tasks[0] ?? -1]?.name ?? "");
  return tasks.length > 1 ? `${name} and ${tasks.length - 1} more` : name;
}

/** The delay of the restart strategy: what is left of it, and all of it. Ticks; null: none is waited for. */
export function backOff(
  session: Session,
  failover: Failover | undefined,
): { readonly left: number; readonly all: number } | null {
  const left = session.moment?.frame[Header.restartsIn] ?? 0;
  if (left === 0) return null;
  const waiting = failover?.steps.filter(({ created }) => created === null) ?? [];
  const since = Math.min(session.tick, ...waiting.map(({ began }) => began));
  return { left, all: session.tick + left - since };
}
