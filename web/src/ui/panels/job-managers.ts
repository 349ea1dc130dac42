/** The JobManagers over the picture: who leads, who stands by, who is gone; each can be killed, and start again. */
import { css, html, type TemplateResult } from "lit";
import type { Topology } from "../../engine/protocol";
import { define, Panel } from "../panel";
import type { Topic } from "../session";
import { base } from "../theme";

type JobManager = Topology["jobManagers"][number];

export class JobManagers extends Panel {
  static override styles = [
    base,
    css`
      :host {
        display: block;
        flex: none;
        padding: 6px var(--inset);
        border-bottom: 1px solid var(--line);
        font-size: var(--text-small);
      }
      ul {
        display: flex;
        flex-wrap: wrap;
        gap: 6px;
        margin: 0;
        padding: 0;
        list-style: none;
      }
      li {
        display: flex;
        align-items: center;
        gap: 8px;
        padding-inline: 8px 2px;
        border: 1px dashed var(--line-strong);
        border-radius: var(--radius);
        background: var(--panel);
        color: var(--ink-soft);
      }
      .leader {
        border: 2px solid var(--accent);
        color: inherit;
      }
      .killed {
        border: 1px dotted var(--bad);
        background: none;
      }
      button {
        color: var(--accent);
      }
      .killed b {
        text-decoration: line-through;
      }
    `,
  ];

  protected readonly topics: readonly Topic[] = ["moment"];

  override render(): TemplateResult {
    const jobManagers = this.lab.session.topology?.jobManagers ?? [];
    return html`
      <ul aria-label="JobManagers" data-test="job-managers">
        ${jobManagers.map((jobManager, id) => this.renderBox(jobManager, id))}
      </ul>
    `;
  }

  private renderBox({ name, role, session }: JobManager, id: number): TemplateResult {
    const kind = role === "killed" ? "startJobManager" : "killJobManager";
    const title =
      session === ""
        ? "It leads in no session"
        : `It leads in session ${session}, with Dispatcher, ResourceManager and JobMaster`;
    return html`
      <li class=${role.split(",")[0] ?? ""} title=${title}>
        <b>${name}</b> ${role}
        <button
          class="plain"
          aria-label="${role === "killed" ? "Start" : "Kill"} ${name}"
          @click=${() => void this.lab.session.command({ kind, jobManager: id })}
        >
          ${role === "killed" ? "Start" : "Kill"}
        </button>
      </li>
    `;
  }
}

define("weir-job-managers", JobManagers);
