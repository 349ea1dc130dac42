/**
 * Two runs beside each other: the lab's own, and the same job with one thing changed, on the same cluster with the same
 * seed and commands. The other run follows the lab's to each of its moments.
 */
import { css, html, nothing, type TemplateResult } from "lit";
import { loadLayoutsFor } from "../../draw";
import { readCheckpoints } from "../../engine/checkpoints";
import { createEnginePort } from "../../engine/port";
import type { Checkpoints } from "../../engine/protocol";
import type { Beside } from "../../examples/library";
import type { Lab } from "../lab-state";
import { define, Panel } from "../panel";
import { Questions } from "../questions";
import { Session, type Run, type Topic } from "../session";
import { base } from "../theme";
import { bytes, count, counted } from "../words";

export class BesideView extends Panel {
  static override styles = [
    base,
    css`
      :host {
        display: flex;
        flex: 1;
        min-height: 0;
        min-width: 0;
        container-type: inline-size;
      }
      .both {
        display: flex;
        flex: 1;
        min-width: 0;
        min-height: 0;
      }
      section {
        display: flex;
        flex: 1 1 0;
        flex-direction: column;
        min-width: 0;
        min-height: 0;
        container-type: inline-size;
      }
      section + section {
        border-inline-start: 1px solid var(--line);
      }
      header {
        padding: 6px var(--inset) 5px;
        border-bottom: 1px solid var(--line);
        background: var(--panel);
      }
      h2 {
        font-size: var(--text);
      }
      p {
        color: var(--ink-soft);
        font-size: var(--text-small);
        font-variant-numeric: tabular-nums;
      }
      .failed {
        color: var(--bad);
      }
      weir-picture {
        flex: 1;
      }
      @container (max-width: 700px) {
        .both {
          flex-direction: column;
          overflow: auto;
        }
        section {
          flex: 1 0 320px;
        }
        section + section {
          border-inline-start: 0;
          border-block-start: 1px solid var(--line);
        }
      }
    `,
  ];
  static override properties = {
    ...Panel.properties,
    beside: { attribute: false },
    results: { state: true },
  };
  /** Set once, as `lab` is. */
  declare beside: Beside;
  /** The checkpoints of both. */
  declare private results: readonly (Checkpoints | null)[];
  private other: OtherLab | null = null;
  /** The lab's run that the other one was made from. */
  private of: Run | null = null;
  private readonly questions = new Questions(() => this.follow());

  constructor() {
    super();
    this.results = [];
  }

  protected readonly topics: readonly Topic[] = ["run", "moment", "choice"];

  override connectedCallback(): void {
    super.connectedCallback();
    this.other = new OtherLab(this.lab);
    this.of = null;
    this.told();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.other?.session.dispose();
    this.other = null;
  }

  protected override told(): void {
    this.other?.session.observers.tell("choice");
    this.requestUpdate();
    void this.questions.ask();
  }

  protected override recoloured(): void {
    this.other?.session.observers.tell("scheme");
    super.recoloured();
  }

  /** Brings the other run to where the lab's stands. */
  private async follow(): Promise<void> {
    const { other } = this;
    const { run, tick } = this.lab.session;
    if (other === null || run === null) return;
    if (!isSameRun(run, this.of)) {
      this.of = run;
      await other.session.open(this.beside.change(run.source), run.cluster, run.commands, run.from);
    }
    if (other.session.tick !== tick) await other.session.seek(tick);
    const sessions = [this.lab.session, other.session];
    const answers = await Promise.all(
      sessions.map((session) => session.look({ kind: "checkpoints" }, "checkpoints")),
    );
    this.results = answers.map((answer) => answer && answer.rows && readCheckpoints(answer.rows));
  }

  override render(): TemplateResult {
    const labs = [this.lab, this.other];
    return html`<div class="both" data-test="beside">
      ${labs.map((lab, at) =>
        lab === null
          ? nothing
          : html`<section aria-label=${this.beside.names[at] ?? ""}>
              <header>
                <h2>${this.beside.names[at]}</h2>
                <p data-test="beside-words">${checkpointsInWords(this.results[at] ?? null)}</p>
                ${lab.session.jobError === null ? nothing : html`<p class="failed">${lab.session.jobError.message}</p>`}
              </header>
              <weir-picture .lab=${lab}></weir-picture>
            </section>`,
      )}
    </div>`;
  }
}

function isSameRun(run: Run, of: Run | null): boolean {
  return (
    of !== null && run.source === of.source && run.cluster === of.cluster && run.commands === of.commands
  );
}

/** How many there were, and how the last one went. */
export function checkpointsInWords(all: Checkpoints | null): string {
  if (all === null || all.history.length === 0) return "No checkpoint yet.";
  const last = all.history.findLast(({ status }) => status === "completed");
  const many = `${counted(all.counts.completed, "checkpoint")} complete`;
  const open = all.counts.inProgress > 0 ? `, ${count(all.counts.inProgress)} under way` : "";
  if (last === undefined || last.ended === null) return `${many}${open}.`;
  const { subtasks, ended, triggered } = last;
  const size = subtasks.reduce((total, subtask) => total + subtask.size, 0);
  const inFlight = subtasks.reduce((total, subtask) => total + subtask.inFlight, 0);
  const flight = inFlight > 0 ? `, ${bytes(inFlight)} of them in flight` : "";
  return `${many}${open}. The last took ${count(ended - triggered)} ms and ${bytes(size)}${flight}.`;
}

/** The other run, for the panels that show it: all but the session is the lab's. */
class OtherLab implements Lab {
  readonly session: Session;
  private readonly lab: Lab;

  constructor(lab: Lab) {
    this.lab = lab;
    this.session = new Session(createEnginePort, {
      texts: (source) => lab.files.textsFor(source),
      layouts: loadLayoutsFor,
    });
  }

  get options(): Lab["options"] {
    return this.lab.options;
  }

  get files(): Lab["files"] {
    return this.lab.files;
  }

  get choices(): Lab["choices"] {
    return this.lab.choices;
  }

  get dark(): boolean {
    return this.lab.dark;
  }

  get onScreen(): boolean {
    return this.lab.onScreen;
  }

  get actions(): Lab["actions"] {
    return this.lab.actions;
  }

  get example(): Lab["example"] {
    return this.lab.example;
  }

  get summary(): Lab["summary"] {
    return this.lab.summary;
  }

  get watch(): Lab["watch"] {
    return this.lab.watch;
  }

  get draft(): string {
    return this.lab.draft;
  }
}

define("weir-beside", BesideView);
