/** What a part of a sentence names. */
import type { Item } from "../draw";
import type { SentencePart } from "../engine/protocol";

/** The thing that a part leads to; null for plain words. */
export function itemOfPart({ task, channel, taskManager }: SentencePart): Item | null {
  if (task !== undefined) return { kind: "task", task };
  if (taskManager !== undefined) return { kind: "taskManager", taskManager };
  return channel === undefined ? null : { kind: "channel", channel };
}
