/**
 * The processes over the picture: each JobManager with what is in it, who leads and who stands by, and each TaskManager
 * with its slots; on YARN, the NodeManagers. A process that is opened shows what can be done to it.
 */
import { css, html, nothing, type TemplateResult } from "lit";
import type { Topology } from "../../engine/protocol";
import { STATE_IN_NAME } from "../../model/cluster-model";
import { define, Panel } from "../panel";
import { isGone, type ProcessId } from "../process-faults";
import type { Topic } from "../session";
import { base } from "../theme";
import { counted } from "../words";
import "./process-acts";

type JobManager = Topology["jobManagers"][number];
type TaskManager = Topology["taskManagers"][number];

export class Processes extends Panel {
  static override styles = [
    base,
    css`
      :host {
        display: block;
        flex: none;
        position: relative;
        border-bottom: 1px solid var(--line);
        font-size: var(--text-small);
      }
      ul {
        display: flex;
        flex-wrap: wrap;
        gap: 6px;
        max-height: 120px;
        padding: 6px var(--inset);
        overflow: auto;
      }
      li {
        border: 1px solid var(--line-strong);
        border-radius: var(--radius);
        background: var(--panel);
        color: var(--ink-soft);
      }
      li > button {
        display: flex;
        flex-wrap: wrap;
        gap: 0 8px;
        align-items: center;
        padding: 0 8px;
        text-align: start;
        white-space: normal;
      }
      .standby {
        border-style: dashed;
      }
      .leader {
        border: 2px solid var(--accent);
      }
      .gone {
        border: 1px dotted var(--bad);
        background: none;
      }
      .gone b {
        text-decoration: line-through;
      }
      .open {
        background: var(--accent-soft);
      }
      .part {
        padding: 0 5px;
        border-radius: 4px;
        background: var(--sunken);
        font-size: var(--text-tiny);
      }
      .state {
        color: var(--bad);
      }
      /* Over the picture, which keeps its place. */
      weir-process-acts {
        position: absolute;
        inset-inline: var(--inset);
        inset-block-start: calc(100% - 3px);
        z-index: 4;
        max-width: 600px;
        max-height: 50vh;
        padding: 10px;
        overflow: auto;
        border: 1px solid var(--line-strong);
        border-radius: 8px;
        background: var(--panel);
        box-shadow: 0 6px 24px rgb(0 0 0 / 0.16);
      }
    `,
  ];
  static override properties = { ...Panel.properties, all: { attribute: false }, opened: { state: true } };
  /** Also the TaskManagers, which the picture has too. */
  declare all: boolean;
  declare private opened: ProcessId | null;

  constructor() {
    super();
    this.all = true;
    this.opened = null;
  }

  protected readonly topics: readonly Topic[] = ["moment"];

  override render(): TemplateResult {
    const { topology } = this.lab.session;
    if (topology === null) return html``;
    const { jobManagers, taskManagers, nodes = [] } = topology;
    return html`
      <ul aria-label="Processes" data-test="processes">
        ${jobManagers.map((jobManager, id) => this.renderJobManager(jobManager, id))}
        ${this.all ? taskManagers.map((manager) => this.renderTaskManager(manager, topology)) : nothing}
        ${nodes.map(({ name }, id) => this.renderNodeManager(name, id))}
      </ul>
      ${
        this.opened === null
          ? nothing
          : html`<weir-process-acts
              role="group"
              aria-label="What can be done to it"
              .lab=${this.lab}
              .process=${this.opened}
              @keydown=${this.onKey}
            ></weir-process-acts>`
      }
    `;
  }

  private readonly onKey = (event: KeyboardEvent): void => {
    if (event.key !== "Escape") return;
    event.preventDefault();
    this.opened = null;
    this.renderRoot.querySelector<HTMLElement>("[aria-expanded=true]")?.focus();
  };

  private renderJobManager({ name, role, session, hasJob }: JobManager, id: number): TemplateResult {
    const isLeader = role.startsWith("leader");
    const parts = isLeader ? ["Dispatcher", "ResourceManager", ...(hasJob ? ["JobMaster"] : [])] : [];
    const title = isLeader && session !== "" ? `It leads in session ${session}` : "";
    const looks = isGone(role) ? "gone" : (role.split(",")[0] ?? "");
    return this.renderProcess(
      { kind: "jobManager", id },
      looks,
      title,
      html`<b>${name}</b> ${role} ${parts.map((part) => html`<span class="part">${part}</span>`)}`,
    );
  }

  private renderTaskManager({ id, name, slots }: TaskManager, { tasks }: Topology): TemplateResult {
    const state = STATE_IN_NAME.exec(name)?.[1] ?? "";
    const used = new Set(tasks.filter(({ taskManager }) => taskManager === id).map(({ slot }) => slot)).size;
    return this.renderProcess(
      { kind: "taskManager", id },
      isGone(state) ? "gone" : "",
      `${used} of ${counted(slots, "slot")} used`,
      html`<b>${name.replace(STATE_IN_NAME, "")}</b>
        ${state === "" ? nothing : html`<span class="state">${state}</span>`}
        ${isGone(state) ? nothing : html`<span class="part">${used} / ${counted(slots, "slot")}</span>`}`,
    );
  }

  private renderNodeManager(name: string, id: number): TemplateResult {
    const [who = name, memory = ""] = name.split(": ");
    const looks = who.includes("(lost)") ? "gone" : "";
    const title = `Memory of its containers: ${memory}`;
    return this.renderProcess({ kind: "nodeManager", id }, looks, title, html`<b>${who}</b>`);
  }

  private renderProcess(
    process: ProcessId,
    looks: string,
    title: string,
    inside: TemplateResult,
  ): TemplateResult {
    const { opened } = this;
    const isOpen = opened?.kind === process.kind && opened.id === process.id;
    return html`<li class="${looks} ${isOpen ? "open" : ""}">
      <button
        class="plain"
        aria-expanded=${isOpen}
        title=${title}
        @click=${() => (this.opened = isOpen ? null : process)}
      >
        ${inside}<span aria-hidden="true">${isOpen ? "▴" : "▾"}</span>
      </button>
    </li>`;
  }
}

define("weir-processes", Processes);
