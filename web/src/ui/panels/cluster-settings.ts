/** The cluster of the run, in a few words, and behind them its settings, which are loaded when they are opened. */
import { css, html, nothing, type TemplateResult } from "lit";
import { define, Panel } from "../panel";
import type * as ClusterForm from "./cluster-form";
import type { Topic } from "../session";
import { base } from "../theme";
import { counted } from "../words";

export class ClusterSettings extends Panel {
  static override styles = [
    base,
    css`
      :host {
        position: relative;
        flex: none;
      }
      .open {
        color: var(--ink-soft);
        font-size: var(--text-small);
      }
      .short {
        display: none;
      }
      form {
        position: absolute;
        inset-block-start: calc(100% + 6px);
        inset-inline-start: 0;
        z-index: 20;
        display: grid;
        grid-template-columns: minmax(0, 1fr) 150px;
        gap: 8px 16px;
        align-items: center;
        width: 360px;
        max-height: min(480px, 70vh);
        padding: var(--inset);
        overflow: auto;
        border: 1px solid var(--line-strong);
        border-radius: 8px;
        background: var(--panel);
        box-shadow: 0 6px 24px rgb(0 0 0 / 0.16);
      }
      label {
        overflow: hidden;
        text-overflow: ellipsis;
        white-space: nowrap;
      }
      h3,
      p,
      .do {
        grid-column: 1 / -1;
      }
      h3 {
        padding-top: 6px;
        border-top: 1px solid var(--line);
        font-size: var(--text-small);
        font-weight: 650;
      }
      p {
        color: var(--ink-faint);
        font-size: var(--text-small);
      }
      .do {
        display: flex;
        position: sticky;
        bottom: calc(-1 * var(--inset));
        gap: 8px;
        justify-content: end;
        margin-bottom: calc(-1 * var(--inset));
        padding: 4px 0 var(--inset);
        background: var(--panel);
      }
      @container (max-width: 720px) {
        :host {
          position: static;
        }
        .open {
          padding: 0 8px;
        }
        .seed {
          display: none;
        }
        form {
          inset-inline: 12px;
          inset-block-start: calc(var(--bar) + 4px);
          width: auto;
        }
      }
      @container (max-width: 520px) {
        .long {
          display: none;
        }
        .short {
          display: inline;
        }
      }
    `,
  ];
  static override properties = { ...Panel.properties, open: { state: true } };
  declare private open: boolean;
  private form: typeof ClusterForm | null = null;

  constructor() {
    super();
    this.open = false;
  }

  protected readonly topics: readonly Topic[] = ["run"];

  override render(): TemplateResult {
    const { run } = this.lab.session;
    if (run === null) return html``;
    const { seed, taskManagers, slots, scenario } = run.cluster;
    const isOnYarn = scenario.deployment === "yarn-application";
    const [count, what] = isOnYarn
      ? [scenario.nodeManagers ?? 2, "NodeManager"]
      : [taskManagers, "TaskManager"];
    return html`
      <span @focusout=${this.onFocusOut} @keydown=${this.onKey}>
        <button class="plain open" aria-expanded=${this.open} title="Cluster settings" @click=${this.toggle}>
          <span class="long">
            <span class="seed">seed ${seed} · </span
            >${counted(count, what)}${isOnYarn ? "" : ` × ${counted(slots, "slot")}`}
          </span>
          <span class="short">${isOnYarn ? count : `${count} × ${slots}`}</span>
          <span aria-hidden="true">▾</span>
        </button>
        ${this.open && this.form !== null ? this.form.renderForm(run, this.apply, this.toggle) : nothing}
      </span>
    `;
  }

  private readonly toggle = async (): Promise<void> => {
    const opens = !this.open;
    this.form ??= await import("./cluster-form");
    this.open = opens;
    await this.updateComplete;
    this.renderRoot.querySelector<HTMLElement>(this.open ? "#taskManagers" : ".open")?.focus();
  };

  private readonly onFocusOut = (event: FocusEvent): void => {
    const { relatedTarget, currentTarget } = event;
    const leaves = relatedTarget instanceof Node && !(currentTarget as Node).contains(relatedTarget);
    if (leaves) this.open = false;
  };

  private readonly onKey = (event: KeyboardEvent): void => {
    if (event.key !== "Escape" || !this.open) return;
    event.preventDefault();
    void this.toggle();
  };

  private readonly apply = (event: SubmitEvent): void => {
    event.preventDefault();
    const { run } = this.lab.session;
    if (run === null || this.form === null) return;
    this.open = false;
    const given = new FormData(event.currentTarget as HTMLFormElement);
    this.lab.actions.recluster(this.form.readCluster(run, given));
  };
}

define("weir-cluster-settings", ClusterSettings);
