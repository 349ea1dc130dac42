/** The failures of the run that is shown, read from the trace as it grows. */
import { failovers, isOfFailover, regionsOf, type Failover } from "../model/failover";
import type { Session } from "./session";
import { TraceFeed } from "./trace-feed";

export class FailoverFeed {
  /** Oldest first. */
  failovers: readonly Failover[] = [];
  private readonly trace: TraceFeed;
  private readonly session: Session;
  private topology: Session["topology"] = null;
  private regions: readonly (readonly number[])[] = [];
  private of: unknown = null;
  private total = -1;

  /** `changed` is called after each page of the trace. */
  constructor(session: Session, changed: () => void) {
    this.session = session;
    this.trace = new TraceFeed(
      session,
      () => {
        this.read();
        changed();
      },
      isOfFailover,
    );
  }

  /** Whether a run was so long that its first failures are left out. */
  get isCut(): boolean {
    return this.trace.missing > 0;
  }

  /** Reads what is new. */
  ask(): Promise<void> {
    return this.trace.ask();
  }

  private read(): void {
    const { run, topology } = this.session;
    if (run === null || topology === null) {
      this.failovers = [];
      return;
    }
    const { entries, total } = this.trace;
    if (topology === this.topology && entries === this.of && total === this.total) return;
    if (topology !== this.topology) this.regions = regionsOf(run.graphs, topology);
    this.topology = topology;
    this.of = entries;
    this.total = total;
    this.failovers = failovers(entries, total, topology, this.regions);
  }
}
