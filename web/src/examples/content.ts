/**
 * The examples: jobs to read, run and change, each with the cluster and the speed that suit it. The first, which most
 * readers see and no more, is here; the others are loaded when one of them is opened.
 */
import { FIRST_EXAMPLE, type ExampleId } from "./catalog";
import type { Example } from "./examples";
import wordCount from "./jobs/word-count.job?raw";
import type { Content } from "./library";

/** What suits the first example. */
export const WORD_COUNT: Example = {
  summary: "Counts the words of Alice's first two chapters in Wonderland.",
  taskManagers: 2,
  slots: 1,
  speed: 20,
};

const alice = async (): Promise<string> => (await import("./texts/alice.txt?raw")).default;

/** Texts shipped with the lab, loaded when a job that reads them is opened. Their origin: texts/README.md. */
export const TEXTS: Readonly<Record<string, () => Promise<string>>> = {
  "alice.txt": alice,
  // What the first example has no need of does not load with it.
  "alice-i-iii.txt": async () => (await alice()) + (await import("./texts/alice-3.txt?raw")).default,
  "flights.csv": async () => (await import("./texts/flights.csv?raw")).default,
  "quakes.csv": async () => (await import("./texts/quakes.csv?raw")).default,
};

/** The job of an example, what suits it, and what to watch in it. */
export async function contentOf(id: ExampleId): Promise<Content & { readonly suited: Example }> {
  if (id === FIRST_EXAMPLE) return { source: wordCount, suited: WORD_COUNT };
  const [{ LIBRARY }, { EXAMPLES }] = await Promise.all([import("./library"), import("./examples")]);
  return { ...LIBRARY[id], suited: EXAMPLES[id] };
}

/** What there is to see in each example. */
export async function loadSummaries(): Promise<Readonly<Record<ExampleId, { readonly summary: string }>>> {
  return (await import("./examples")).EXAMPLES;
}
