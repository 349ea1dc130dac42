/** Who wants to be told what changed. */

export class Observers<Topic extends string> {
  private readonly followers = new Map<Topic, Set<() => void>>();

  /** Calls `follower` whenever one of `topics` is told. Returns what ends it. */
  follow(topics: readonly Topic[], follower: () => void): () => void {
    for (const topic of topics) {
      let set = this.followers.get(topic);
      if (set === undefined) {
        set = new Set();
        this.followers.set(topic, set);
      }
      set.add(follower);
    }
    return () => {
      for (const topic of topics) this.followers.get(topic)?.delete(follower);
    };
  }

  tell(topic: Topic): void {
    for (const follower of [...(this.followers.get(topic) ?? [])]) follower();
  }
}
