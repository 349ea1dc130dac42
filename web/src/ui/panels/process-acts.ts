/** What can be done to one process: a button for each act, beside what it means. The same wherever processes are shown. */
import { css, html, nothing, type PropertyValues, type TemplateResult } from "lit";
import type { Command } from "../../engine/protocol";
import { commandInWords } from "../faults";
import { define, Panel } from "../panel";
import { actInWords, commandOf, possibleActs, type ActKind, type ProcessId } from "../process-faults";
import type { Topic } from "../session";
import { base } from "../theme";
import { count } from "../words";

const SLOWNESS_MAX = 40_000;

/** What can come of a process that is gone. */
const AFTERWARDS: Readonly<Record<ProcessId["kind"], string>> = {
  taskManager: "Another one can be started.",
  jobManager: "YARN starts the next one, if the application has attempts left.",
  nodeManager: "YARN starts its containers elsewhere, if there is room.",
};

export class ProcessActs extends Panel {
  static override styles = [
    base,
    css`
      :host {
        display: grid;
        grid-template-columns: max-content minmax(0, 1fr);
        gap: 4px 10px;
        align-items: center;
        font-size: var(--text-small);
      }
      form {
        display: contents;
      }
      p {
        color: var(--ink-soft);
      }
      p:only-child,
      .asked {
        grid-column: 1 / -1;
      }
      label {
        white-space: nowrap;
      }
      input {
        width: 8ch;
      }
    `,
  ];
  static override properties = {
    ...Panel.properties,
    process: { attribute: false },
    asked: { state: true },
  };
  /** Whose acts they are. */
  declare process: ProcessId;
  /** What was done last here, and when it happens. */
  declare private asked: { readonly text: string; readonly tick: number } | null;

  constructor() {
    super();
    this.asked = null;
  }

  protected readonly topics: readonly Topic[] = ["moment"];

  override willUpdate(changed: PropertyValues<this>): void {
    const before = changed.get("process");
    if (before !== undefined && (before.kind !== this.process.kind || before.id !== this.process.id))
      this.asked = null;
  }

  override render(): TemplateResult {
    const { topology } = this.lab.session;
    if (topology === null) return html``;
    const { acts, canSlow } = possibleActs(this.process, topology);
    if (acts.length === 0) return html`<p>It is gone for good. ${AFTERWARDS[this.process.kind]}</p>`;
    return html`${acts.map((kind) => this.renderAct(kind))}${canSlow ? this.renderSlow() : nothing}
      <p class="asked" role="status">${this.askedInWords()}</p>`;
  }

  private renderAct(kind: ActKind): TemplateResult {
    const { label, means } = actInWords(kind);
    return html`<button
        aria-describedby=${kind}
        data-act=${kind}
        @click=${() => void this.command(commandOf(kind, this.process))}
      >
        ${label}
      </button>
      <p id=${kind}>${means}</p>`;
  }

  private renderSlow(): TemplateResult {
    return html`<form @submit=${this.onSlow}>
      <button type="submit" aria-describedby="slow" data-act="slowProcess">Slow down</button>
      <p id="slow">
        <label
          ><input
            type="number"
            name="factor"
            value="10"
            min="1"
            max=${SLOWNESS_MAX}
            required
            aria-label="How many times"
          />
          times</label
        >
        as long for every call and every record; 1 is as fast as before.
      </p>
    </form>`;
  }

  private readonly onSlow = (event: SubmitEvent): void => {
    event.preventDefault();
    const factor = Number(new FormData(event.currentTarget as HTMLFormElement).get("factor"));
    const { kind, id } = this.process;
    void this.command({
      kind: "slowProcess",
      ...(kind === "taskManager" ? { taskManager: id } : { jobManager: id }),
      factor,
    });
  };

  private async command(command: Command): Promise<void> {
    const { session } = this.lab;
    await session.command(command);
    const given = session.run?.commands.at(-1);
    if (given?.command !== command || session.topology === null) return;
    this.asked = { text: commandInWords(command, session.topology), tick: given.tick };
  }

  /** While it is to come: afterwards it is seen. */
  private askedInWords(): string {
    const { asked } = this;
    if (asked === null || this.lab.session.tick > asked.tick) return "";
    const next = this.lab.session.playing ? "" : " Step or run to see it.";
    return `At tick ${count(asked.tick)}: ${asked.text}.${next}`;
  }
}

define("weir-process-acts", ProcessActs);
