/** The cluster of the run, in a few words, and behind them its settings: size, seed, speed of the tasks. */
import { css, html, nothing, type TemplateResult } from "lit";
import { MEMORY_SIZE, SEED_MAX, SLOTS_MAX, TASK_MANAGERS_MAX } from "../lab-options";
import { define, Panel } from "../panel";
import type { Cluster, Run, Topic } from "../session";
import { speedInWords, speedOfVertex, TASK_SPEEDS } from "../task-speeds";
import { base } from "../theme";
import { processFaultInWords } from "../faults";
import { count, counted } from "../words";

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
        gap: 8px;
        justify-content: end;
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

  constructor() {
    super();
    this.open = false;
  }

  protected readonly topics: readonly Topic[] = ["run"];

  override render(): TemplateResult {
    const { run } = this.lab.session;
    if (run === null) return html``;
    const { seed, taskManagers, slots } = run.cluster;
    return html`
      <span @focusout=${this.onFocusOut} @keydown=${this.onKey}>
        <button class="plain open" aria-expanded=${this.open} title="Cluster settings" @click=${this.toggle}>
          <span class="long">
            <span class="seed">seed ${seed} · </span>${counted(taskManagers, "TaskManager")} ×
            ${counted(slots, "slot")}
          </span>
          <span class="short">${taskManagers} × ${slots}</span>
          <span aria-hidden="true">▾</span>
        </button>
        ${this.open ? this.renderForm(run) : nothing}
      </span>
    `;
  }

  private renderForm(run: Run): TemplateResult {
    const { cluster } = run;
    return html`
      <form aria-label="Cluster settings" @submit=${this.apply}>
        ${renderNumber("taskManagers", "TaskManagers", cluster.taskManagers, 1, TASK_MANAGERS_MAX)}
        ${renderNumber("slots", "Slots of each", cluster.slots, 1, SLOTS_MAX)}
        ${renderNetworkMemory(cluster.networkMemory)}
        ${renderNumber("seed", "Seed", cluster.seed, 0, SEED_MAX)}
        <h3>Speed of each task</h3>
        ${run.graphs.job_graph.vertices.map((vertex) => renderSpeed(run, vertex))}
        ${cluster.speedChanges.map(
          ({ tick, name, speed }) =>
            html`<p>From tick ${count(tick)} on, ${name}: ${speedInWords(speed)}.</p>`,
        )}
        ${cluster.processFaults.map(
          ({ tick, fault }) => html`<p>At tick ${count(tick)}: ${processFaultInWords(fault)}.</p>`,
        )}
        <p>
          The job starts again, at tick 0. The seed decides every choice that threads and networks would make.
        </p>
        <span class="do">
          <button type="button" @click=${this.toggle}>Cancel</button>
          <button class="primary" type="submit">Start again</button>
        </span>
      </form>
    `;
  }

  private readonly toggle = async (): Promise<void> => {
    this.open = !this.open;
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
    if (run === null) return;
    this.open = false;
    this.lab.actions.recluster(readCluster(run, new FormData(event.currentTarget as HTMLFormElement)));
  };
}

function renderNumber(id: string, label: string, value: number, least: number, most: number): TemplateResult {
  return html`
    <label for=${id}>${label}</label>
    <input
      id=${id}
      name=${id}
      type="number"
      required
      min=${least}
      max=${most}
      step="1"
      .value=${String(value)}
    />
  `;
}

function renderNetworkMemory(value: string | null): TemplateResult {
  return html`
    <label for="networkMemory">Network memory of each</label>
    <input
      id="networkMemory"
      name="networkMemory"
      pattern=${MEMORY_SIZE.source}
      placeholder="128m"
      title="As Flink writes it, like 1m or 512k. Left empty, it is a tenth of Flink's memory."
      .value=${value ?? ""}
    />
  `;
}

function renderSpeed(run: Run, vertex: { readonly id: string; readonly name: string }): TemplateResult {
  const chosen = speedOfVertex(run.graphs, vertex.id, run.cluster.speeds);
  const known = TASK_SPEEDS.some(({ speed }) => speed === chosen);
  return html`
    <label for=${vertex.id} title=${vertex.name}>${vertex.name}</label>
    <select id=${vertex.id} name=${vertex.id}>
      ${TASK_SPEEDS.map(
        ({ speed, title }) => html`<option value=${speed} ?selected=${speed === chosen}>${title}</option>`,
      )}
      ${known ? nothing : html`<option value=${chosen} selected>${speedInWords(chosen)}</option>`}
    </select>
  `;
}

function readCluster(run: Run, form: FormData): Cluster {
  const speeds: Record<string, number> = {};
  for (const vertex of run.graphs.job_graph.vertices) {
    const speed = Number(form.get(vertex.id));
    if (speed !== 1) speeds[vertex.name] = speed;
  }
  const memory = (form.get("networkMemory") as string).trim();
  return {
    ...run.cluster,
    speeds,
    taskManagers: Number(form.get("taskManagers")),
    slots: Number(form.get("slots")),
    seed: Number(form.get("seed")),
    networkMemory: memory === "" ? null : memory,
  };
}

define("weir-cluster-settings", ClusterSettings);
