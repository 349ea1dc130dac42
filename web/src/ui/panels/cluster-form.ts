/** The settings of a run's cluster: size, seed, speed of the tasks. Loaded when a reader opens them. */
import { html, nothing, type TemplateResult } from "lit";
import { processFaultInWords } from "../faults";
import { MEMORY_SIZE, SEED_MAX, SLOTS_MAX, TASK_MANAGERS_MAX } from "../lab-options";
import type { ScenarioOptions, SchedulerOptions } from "../../engine/protocol";
import type { Cluster, Run } from "../session";
import { speedInWords, speedOfVertex, TASK_SPEEDS } from "../task-speeds";
import { count } from "../words";

const JOB_MANAGERS_MAX = 5;

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
      ${renderAvailability(cluster.scenario)} ${renderStrategy(cluster.scenario)}
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

/** Whether JobManagers stand by. Without the service that tells who leads, there is one. */
function renderAvailability({ highAvailability }: Partial<ScenarioOptions>): TemplateResult {
  const type = highAvailability === undefined ? "NONE" : "ZOOKEEPER";
  const many = highAvailability?.jobManagers ?? 2;
  return html`
    <label
      for="highAvailability"
      title="What outlives a JobManager is kept by a service that also says who leads"
    >
      high-availability.type
    </label>
    <select id="highAvailability" name="highAvailability">
      <option value="NONE" ?selected=${type === "NONE"}>NONE: one JobManager</option>
      <option value="ZOOKEEPER" ?selected=${type === "ZOOKEEPER"}>zookeeper</option>
    </select>
    ${renderNumber("jobManagers", "JobManagers", many, 1, JOB_MANAGERS_MAX)}
  `;
}

/** Which tasks are scheduled when: the names and values of the choices. */
const STRATEGIES = [
  ["pipelined-region", "pipelined region"],
  ["eager", "eager: all at once"],
  ["lazy-from-sources", "lazy from sources: any input"],
  ["lazy-from-sources all", "lazy from sources: all inputs"],
] as const;

function renderStrategy({ scheduler }: Partial<ScenarioOptions>): TemplateResult {
  const isAdaptive = (scheduler?.kind ?? "default") !== "default";
  const chosen = strategyOf(scheduler);
  return html`
    <label
      for="strategy"
      title=${
        isAdaptive
          ? "The adaptive scheduler deploys all tasks at once: only the default scheduler has a strategy."
          : "Which tasks are scheduled when. The eager and the lazy one are those that Flink had until 1.12."
      }
    >
      Scheduling strategy
    </label>
    <select id="strategy" name="strategy" ?disabled=${isAdaptive}>
      ${STRATEGIES.map(
        ([value, title]) => html`<option value=${value} ?selected=${value === chosen}>${title}</option>`,
      )}
    </select>
  `;
}

function strategyOf(scheduler: SchedulerOptions | undefined): string {
  const all = scheduler?.allInputs === true ? " all" : "";
  return `${scheduler?.strategy ?? STRATEGIES[0][0]}${all}`;
}

/** What the form says, where it says something else than before: an adaptive scheduler has no choice. */
function readScheduler({ scheduler }: Partial<ScenarioOptions>, form: FormData): Partial<ScenarioOptions> {
  const chosen = form.get("strategy") as string | null;
  if (chosen === null || chosen === strategyOf(scheduler)) return {};
  const [strategy, all] = chosen.split(" ") as [NonNullable<SchedulerOptions["strategy"]>, string?];
  return { scheduler: { ...scheduler, strategy, allInputs: all !== undefined } };
}

function readScenario(before: Partial<ScenarioOptions>, form: FormData): Partial<ScenarioOptions> {
  const { highAvailability, ...kept } = before;
  const others = { ...kept, ...readScheduler(before, form) };
  if (form.get("highAvailability") === "NONE") return others;
  // As long as the lab's own example waits: a minute, as with ZooKeeper, is long where a tick is a millisecond.
  const jobManagers = Number(form.get("jobManagers"));
  return { ...others, highAvailability: { sessionTimeoutTicks: 1000, ...highAvailability, jobManagers } };
}

function renderNetworkMemory(value: string | null): TemplateResult {
  return html`
    <label for="networkMemory">Network memory of each</label>
    <input
      id="networkMemory"
      name="networkMemory"
      type="text"
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
    scenario: readScenario(run.cluster.scenario, form),
    speeds,
    taskManagers: Number(form.get("taskManagers")),
    slots: Number(form.get("slots")),
    seed: Number(form.get("seed")),
    networkMemory: memory === "" ? null : memory,
  };
}
