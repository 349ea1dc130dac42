/** A panel that shows what a feed reads of the run, as it comes. */
import { Panel } from "./panel";
import type { Session, Topic } from "./session";

/** What reads the run; its owner is told of each answer. */
export interface Feed {
  ask(): Promise<void>;
}

export abstract class FeedPanel<F extends Feed> extends Panel {
  static override properties = { ...Panel.properties, version: { state: true } };
  /** Counts what the feed brought. */
  declare protected version: number;
  protected feed: F | null = null;

  constructor() {
    super();
    this.version = 0;
  }

  protected readonly topics: readonly Topic[] = ["moment", "run"];

  /** Makes the feed of a session; `changed` is to be called after each answer. */
  protected abstract open(session: Session, changed: () => void): F;

  override connectedCallback(): void {
    super.connectedCallback();
    this.told();
  }

  protected override told(): void {
    this.feed ??= this.open(this.lab.session, () => this.heard());
    void this.feed.ask();
  }

  /** What to do after an answer; by default, to render. */
  protected heard(): void {
    this.version += 1;
  }
}
