/**
 * Faults by hand: links that are cut or slow, connections that are reset, tasks that fail or work at another speed,
 * processes that are killed, stopped, paused, slowed down, cut off or started, a job that is cancelled; what of it holds
 * at this moment, and the way back.
 */
import { css, html, nothing, type TemplateResult } from "lit";
import { repeat } from "lit/directives/repeat.js";
import { base } from "../theme";
import type { Command, Topology } from "../../engine/protocol";
import { activeFaults, commandInWords, isDone, type Place } from "../faults";
import { define, Panel } from "../panel";
import type { ProcessId } from "../process-faults";
import { sectionStyles } from "../section-styles";
import type { Run, Topic } from "../session";
import { TASK_SPEEDS } from "../task-speeds";
import { count } from "../words";
import "./process-acts";

/** What "slow down" offers first: a link across an ocean. */
const SLOW = { latencyTicks: 100, bytesPerTick: 1000 };
/** Statuses of a job that can be cancelled. */
const CANCELLABLE: ReadonlySet<string | null> = new Set(["RUNNING", "RESTARTING", "CREATED", "FAILING"]);
const LATENCY_MAX = 60_000;
const BYTES_MAX = 0xffff_ffff;

export class Faults extends Panel {
  static override styles = [
    base,
    sectionStyles,
    css`
      :host {
        grid-template-columns: minmax(340px, 5fr) minmax(340px, 5fr) minmax(220px, 4fr);
      }
      form {
        display: flex;
        flex-wrap: wrap;
        gap: 6px 8px;
        align-items: center;
        margin-bottom: 8px;
      }
      form > b {
        flex: 0 0 7ch;
        font-weight: 400;
        color: var(--ink-faint);
      }
      label {
        display: inline-flex;
        gap: 5px;
        align-items: center;
      }
      input[type="number"] {
        width: 9ch;
      }
      select {
        min-width: 0;
        max-width: 26ch;
      }
      li {
        display: flex;
        gap: 4px 10px;
        align-items: baseline;
        justify-content: space-between;
        padding: 3px 0;
      }
      .active li {
        flex-wrap: wrap;
      }
      .active li > span::before {
        color: var(--bad);
        content: "▲ ";
      }
      .ahead {
        color: var(--ink-faint);
      }
      .given li {
        display: grid;
        grid-template-columns: 7ch 1fr;
      }
      .given button {
        text-align: end;
        font-variant-numeric: tabular-nums;
      }
    `,
  ];
  static override properties = { ...Panel.properties, process: { state: true } };
  /** The one whose acts are offered. */
  declare private process: ProcessId | null;

  constructor() {
    super();
    this.process = null;
  }

  protected readonly topics: readonly Topic[] = ["moment", "run"];

  override render(): TemplateResult {
    const { run, topology } = this.lab.session;
    if (run === null || topology === null) return html`<section><p>No job runs.</p></section>`;
    return html`
      <section>
        <h3>Make a fault at this tick</h3>
        ${this.renderLink(topology)} ${this.renderSpeed(topology)} ${this.renderFailure(topology)}
        <form @submit=${this.onCancel}>
          <b>Job</b><button type="submit" ?disabled=${!this.canCancel}>Cancel it</button>
        </form>
        ${this.renderWarning()}
      </section>
      <section data-test="process-fault">${this.renderProcess(topology)}</section>
      <section>${this.renderActive(run, topology)} ${this.renderGiven(run, topology)}</section>
    `;
  }

  private get place(): Place {
    const { tick, turn } = this.lab.session;
    return { tick, turn };
  }

  private get canCancel(): boolean {
    const { status, ended } = this.lab.session;
    return !ended && CANCELLABLE.has(status);
  }

  private renderWarning(): TemplateResult | typeof nothing {
    const { session } = this.lab;
    return session.furthestTick > session.tick
      ? html`<p>The ticks from here on, up to ${count(session.furthestTick)}, become others.</p>`
      : nothing;
  }

  private renderLink({ taskManagers }: Topology): TemplateResult {
    if (taskManagers.length < 2)
      return html`<p>All tasks run in one TaskManager: there is no link. Give the cluster a second one.</p>`;
    const options = (chosen: number): TemplateResult[] =>
      taskManagers.map(
        ({ id, name }, at) => html`<option value=${id} ?selected=${at === chosen}>${name}</option>`,
      );
    return html`
      <form aria-label="A link" @submit=${this.onLink} data-test="link-fault">
        <b>Link</b>
        <select name="from" aria-label="From">
          ${options(0)}
        </select>
        <span aria-hidden="true">→</span>
        <select name="to" aria-label="To">
          ${options(1)}
        </select>
        <label><input type="checkbox" name="bothWays" /> both ways</label>
        <button type="submit" value="cutLink">Cut</button>
        <button type="submit" value="slowLink">Slow down</button>
        <label>
          to
          <input
            type="number"
            name="latencyTicks"
            aria-label="Latency in ms"
            required
            min="1"
            max=${LATENCY_MAX}
            value=${SLOW.latencyTicks}
          />
          ms,
        </label>
        <label>
          <input
            type="number"
            name="bytesPerTick"
            aria-label="Bytes a ms"
            required
            min="1"
            max=${BYTES_MAX}
            value=${SLOW.bytesPerTick}
          />
          B a ms
        </label>
        <button
          type="submit"
          value="resetConnection"
          title="What is in flight is lost, and the tasks that read over it fail"
        >
          Reset the connection
        </button>
      </form>
    `;
  }

  private renderSpeed({ vertices }: Topology): TemplateResult {
    return html`
      <form aria-label="The speed of a task" @submit=${this.onSpeed} data-test="speed-fault">
        <b>Task</b>
        <select name="vertex" aria-label="Task">
          ${vertices.map(({ name }, vertex) => html`<option value=${vertex}>${name}</option>`)}
        </select>
        <select name="speed" aria-label="Speed">
          ${TASK_SPEEDS.map(
            ({ speed, title }) => html`<option value=${speed} ?selected=${speed === 0.2}>${title}</option>`,
          )}
        </select>
        <button type="submit">Set its speed</button>
      </form>
    `;
  }

  private renderFailure({ tasks }: Topology): TemplateResult {
    return html`
      <form aria-label="A subtask that fails" @submit=${this.onFail} data-test="task-fault">
        <b>Subtask</b>
        <select name="task" aria-label="Subtask">
          ${tasks.map(({ name }, task) => html`<option value=${task}>${name}</option>`)}
        </select>
        <button type="submit" title="It throws an exception, and the restart strategy decides what follows">
          Make it fail
        </button>
      </form>
    `;
  }

  private renderProcess({ jobManagers, taskManagers, nodes = [] }: Topology): TemplateResult {
    const first = taskManagers[0];
    const process: ProcessId =
      this.process ??
      (first === undefined ? { kind: "jobManager", id: 0 } : { kind: "taskManager", id: first.id });
    const option = ({ kind, id }: ProcessId, name: string): TemplateResult =>
      html`<option value="${kind} ${id}" ?selected=${kind === process.kind && id === process.id}>
        ${name}
      </option>`;
    return html`
      <h3>Do something to a process</h3>
      <form aria-label="A process">
        <select aria-label="Process" @change=${this.onProcess}>
          ${taskManagers.map(({ id, name }) => option({ kind: "taskManager", id }, name))}
          ${jobManagers.map(({ name, role }, id) => option({ kind: "jobManager", id }, `${name} (${role})`))}
          ${nodes.map(({ name }, id) => option({ kind: "nodeManager", id }, name))}
        </select>
        <button
          type="button"
          title="It registers, and its slots are there for the job"
          @click=${() => this.command({ kind: "startTaskManager" })}
        >
          Start another TaskManager
        </button>
      </form>
      <weir-process-acts .lab=${this.lab} .process=${process}></weir-process-acts>
    `;
  }

  private renderActive(run: Run, topology: Topology): TemplateResult {
    const { moment } = this.lab.session;
    const active = moment === null ? [] : activeFaults(run, topology, moment.frame, this.place);
    return html`
      <h3>Wrong at this moment</h3>
      ${
        active.length === 0
          ? html`<p data-test="no-faults">Nothing.</p>`
          : html`<ul class="active" data-test="active-faults">
              ${repeat(
                active,
                ({ text }) => text.replace(/,.*/, ""),
                ({ text, takeBack, then }) => html`
                  <li>
                    <span>${text}</span>
                    <button title="From the next tick on: ${then}" @click=${() => this.command(takeBack)}>
                      Take back
                    </button>
                  </li>
                `,
              )}
            </ul>`
      }
    `;
  }

  private renderGiven(run: Run, topology: Topology): TemplateResult | typeof nothing {
    if (run.commands.length === 0) return nothing;
    return html`
      <h3>Commands of this run</h3>
      <ol class="given" data-test="given">
        ${run.commands.map(
          ({ tick, command }) => html`
            <li class=${isDone(tick, this.place) ? "" : "ahead"}>
              <button
                class="link"
                title="Go to tick ${tick}"
                @click=${() => void this.lab.session.seek(tick)}
              >
                ${count(tick)}
              </button>
              <span>${commandInWords(command, topology)}</span>
            </li>
          `,
        )}
      </ol>
    `;
  }

  private command(command: Command): void {
    void this.lab.session.command(command);
  }

  private readonly onLink = (event: SubmitEvent): void => {
    event.preventDefault();
    const form = event.currentTarget as HTMLFormElement;
    const data = new FormData(form);
    const number = (name: string): number => Number(data.get(name));
    const [from, to] = [number("from"), number("to")];
    if (from === to) {
      // Until another one is chosen; the form asks again before each of its submits.
      const field = form.elements.namedItem("to") as HTMLSelectElement;
      field.setCustomValidity("A TaskManager has no link to itself.");
      form.addEventListener("change", () => field.setCustomValidity(""), { once: true });
      form.reportValidity();
      return;
    }
    const links = { from, to, bothWays: data.get("bothWays") !== null };
    switch (event.submitter instanceof HTMLButtonElement ? event.submitter.value : "") {
      case "slowLink":
        this.command({
          kind: "slowLink",
          ...links,
          latencyTicks: number("latencyTicks"),
          bytesPerTick: number("bytesPerTick"),
        });
        break;
      case "resetConnection":
        this.command({ kind: "resetConnection", from, to });
        break;
      default:
        this.command({ kind: "cutLink", ...links });
    }
  };

  private readonly onSpeed = (event: SubmitEvent): void => {
    event.preventDefault();
    const data = new FormData(event.currentTarget as HTMLFormElement);
    const [vertex, speed] = [Number(data.get("vertex")), Number(data.get("speed"))];
    this.command({ kind: "setSpeed", vertex, speed });
  };

  private readonly onFail = (event: SubmitEvent): void => {
    event.preventDefault();
    const data = new FormData(event.currentTarget as HTMLFormElement);
    this.command({ kind: "failTask", task: Number(data.get("task")) });
  };

  private readonly onProcess = (event: Event): void => {
    const [kind, id] = (event.target as HTMLSelectElement).value.split(" ");
    this.process = { kind: kind as ProcessId["kind"], id: Number(id) };
  };

  private readonly onCancel = (event: SubmitEvent): void => {
    event.preventDefault();
    this.command({ kind: "cancelJob" });
  };
}

define("weir-faults", Faults);
