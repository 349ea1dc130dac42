/** One question to the engine at a time: what changes while its answer is awaited is asked once more after it. */
export class Questions {
  private isAsking = false;
  private isStale = false;
  private readonly askOnce: () => Promise<void>;

  constructor(askOnce: () => Promise<void>) {
    this.askOnce = askOnce;
  }

  /** What is known may be so no more. Within a question: it has to be asked again. */
  async ask(): Promise<void> {
    this.isStale = true;
    if (this.isAsking) return;
    this.isAsking = true;
    try {
      while (this.takeStale()) await this.askOnce();
    } finally {
      this.isAsking = false;
    }
  }

  private takeStale(): boolean {
    const { isStale } = this;
    this.isStale = false;
    return isStale;
  }
}
