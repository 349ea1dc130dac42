/** The bar at the top: the job, its status, the cluster, theme and help. */
import { css, html, nothing, type TemplateResult } from "lit";
import { base } from "../theme";
import { define, Panel } from "../panel";
import type { Topic } from "../session";
import { Header } from "../../engine/frame";
import { count } from "../words";
import "./cluster-settings";

/** Statuses by what they mean to a reader, for their colour; the word itself is always there. */
const TONES: Readonly<Record<string, string>> = {
  RUNNING: "good",
  FINISHED: "done",
  FAILING: "bad",
  FAILED: "bad",
  RESTARTING: "warn",
  CANCELLING: "warn",
  CANCELED: "warn",
};

export class TopBar extends Panel {
  static override styles = [
    base,
    css`
      :host {
        display: flex;
        align-items: center;
        gap: 6px 12px;
        min-height: var(--bar);
        padding: 0 var(--inset);
        background: var(--panel);
        border-bottom: 1px solid var(--line);
      }
      .name {
        font-size: 17px;
        font-weight: 700;
        letter-spacing: -0.01em;
      }
      .job {
        min-width: 0;
        overflow: hidden;
        text-overflow: ellipsis;
        white-space: nowrap;
        font-weight: 500;
      }
      .status {
        flex: none;
        padding: 2px 10px;
        border: 1px solid var(--line);
        border-radius: 99px;
        background: var(--sunken);
        color: var(--ink-soft);
        font-size: var(--text-tiny);
        font-weight: 700;
        letter-spacing: 0.03em;
        font-variant-numeric: tabular-nums;
      }
      .status.good {
        color: var(--good);
        background: var(--good-soft);
        border-color: color-mix(in srgb, var(--good) 35%, transparent);
      }
      .status.done {
        color: var(--accent);
        background: var(--accent-soft);
        border-color: color-mix(in srgb, var(--accent) 35%, transparent);
      }
      .status.warn {
        color: var(--warn);
        background: var(--warn-soft);
        border-color: color-mix(in srgb, var(--warn) 35%, transparent);
      }
      .status.bad {
        color: var(--bad);
        background: var(--bad-soft);
        border-color: color-mix(in srgb, var(--bad) 35%, transparent);
      }
      .tools {
        display: flex;
        gap: 2px;
        margin-inline-start: auto;
      }
      .tools button {
        min-width: 32px;
        padding: 0 8px;
      }
      @container (max-width: 520px) {
        .name {
          display: none;
        }
      }
    `,
  ];
  protected readonly topics: readonly Topic[] = ["run", "moment"];

  override render(): TemplateResult {
    const { session } = this.lab;
    const status = session.status;
    const restartsIn = session.moment?.frame[Header.restartsIn] ?? 0;
    return html`
      <span class="name">Weir</span>
      <span class="job">${session.run?.graphs.jobName ?? ""}</span>
      ${
        status === null
          ? nothing
          : html`<span class="status ${TONES[status] ?? ""}" data-test="status"
              >${status}${restartsIn > 0 ? ` in ${count(restartsIn)} ms` : ""}</span
            >`
      }
      <weir-cluster-settings .lab=${this.lab}></weir-cluster-settings>
      <span class="tools">
        <button
          class="plain"
          title="Light, dark, or as the system is"
          aria-label="Theme"
          @click=${this.lab.actions.cycleTheme}
        >
          ◐
        </button>
        <button class="plain" title="Keys and help (?)" aria-label="Help" @click=${this.lab.actions.showHelp}>
          ?
        </button>
      </span>
    `;
  }
}

define("weir-top-bar", TopBar);
