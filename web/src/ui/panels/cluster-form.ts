/** The settings of a run's cluster: size, seed, speed of the tasks. Loaded when a reader opens them. */
import { html, nothing, type TemplateResult } from "lit";
import { processFaultInWords } from "../faults";
import { MEMORY_SIZE, SEED_MAX, SLOTS_MAX, TASK_MANAGERS_MAX } from "../lab-options";
import type { Cluster, Run } from "../session";
import { speedInWords, speedOfVertex, TASK_SPEEDS } from "../task-speeds";
import { count } from "../words";

export function renderForm(
  run: Run,
  apply: (event: SubmitEvent) => void,
  close: () => Promise<void>,
): TemplateResult {
  const { cluster } = run;
  return html`
    <form aria-label="Cluster settings" @submit=${apply}>
      ${renderNumber("taskManagers", "TaskManagers", cluster.taskManagers, 1, TASK_MANAGERS_MAX)}
      ${renderNumber("slots", "Slots of each", cluster.slots, 1, SLOTS_MAX)}
      ${renderNetworkMemory(cluster.networkMemory)} ${renderNumber("seed", "Seed", cluster.seed, 0, SEED_MAX)}
      <h3>Speed of each task</h3>
      ${run.graphs.job_graph.vertices.map((vertex) => renderSpeed(run, vertex))}
      ${cluster.speedChanges.map(
        ({ tick, name, speed }) => html`<p>From tick ${count(tick)} on, ${name}: ${speedInWords(speed)}.</p>`,
      )}
      ${cluster.processFaults.map(
        ({ tick, fault }) => html`<p>At tick ${count(tick)}: ${processFaultInWords(fault)}.</p>`,
      )}
      <p>
        The job starts again, at tick 0. The seed decides every choice that threads and networks would make.
      </p>
      <span class="do">
        <button type="button" @click=${close}>Cancel</button>
        <button class="primary" type="submit">Start again</button>
      </span>
    </form>
  `;
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

export function readCluster(run: Run, form: FormData): Cluster {
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
