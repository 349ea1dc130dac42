/**
 * Faults by hand: links that are cut or slow, connections that are reset, tasks that fail or work at another speed,
 * TaskManagers that are killed or started, a job that is cancelled; what of it holds at this moment, and the way back.
 */
import { css, html, nothing, type TemplateResult } from "lit";
import { repeat } from "lit/directives/repeat.js";
import { base } from "../theme";
import type { Command, Topology } from "../../engine/protocol";
import { activeFaults, commandInWords, isDone, type Place } from "../faults";
import { define, Panel } from "../panel";
import type { Run, Topic } from "../session";
import { TASK_SPEEDS } from "../task-speeds";
import { count } from "../words";

/** What "slow down" offers first: a link across an ocean. */
const SLOW = { latencyTicks: 100, bytesPerTick: 1000 };
/** Statuses of a job that can be cancelled. */
const CANCELLABLE: ReadonlySet<string | null> = new Set(["RUNNING", "RESTARTING", "CREATED", "FAILING"]);
const LATENCY_MAX = 60_000;
const BYTES_MAX = 0xffff_ffff;

export class Faults extends Panel {
  static override styles = [
    base,
    css`
      :host {
        display: grid;
        grid-template-columns: minmax(340px, 3fr) minmax(260px, 2fr) minmax(200px, 1fr);
        min-height: 0;
        font-size: var(--text-small);
      }
      section {
        min-height: 0;
        padding: 8px var(--inset) 10px;
        overflow: auto;
      }
      section + section {
        border-inline-start: 1px solid var(--line);
      }
      h3 {
        margin-bottom: 6px;
        font-size: var(--text-small);
        font-weight: 650;
      }
      form {
        display: flex;
        flex-wrap: wrap;
        gap: 6px 8px;
        align-items: center;
        margin-bottom: 8px;
      }
      form > b {
        flex: 0 0 4.5ch;
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
      p {
        color: var(--ink-faint);
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
      @container (max-width: 1080px) {
        :host {
          display: block;
          overflow: auto;
        }
        section {
          overflow: visible;
        }
        section + section {
          border-inline-start: 0;
          border-block-start: 1px solid var(--line);
        }
      }
    `,
  ];
  protected readonly topics: readonly Topic[] = ["moment", "run"];

  override render(): TemplateResult {
    const { run, topology } = this.lab.session;
    if (run === null || topology === null) return html`<section><p>No job runs.</p></section>`;
    return html`
      <section>
        <h3>Make a fault at this tick</h3>
        ${this.renderLink(topology)} ${this.renderSpeed(topology)} ${this.renderFailure(topology)}
        ${this.renderProcess(topology)} ${this.renderJobManagers(topology)}
        <form @submit=${this.onCancel}>
          <b>Job</b><button type="submit" ?disabled=${!this.canCancel}>Cancel it</button>
        </form>
        ${this.renderWarning()}
      </section>
      ${this.renderActive(run, topology)} ${this.renderGiven(run, topology)}
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

  private renderProcess({ taskManagers }: Topology): TemplateResult {
    return html`
      <form aria-label="A TaskManager" @submit=${this.onProcess} data-test="process-fault">
        <b>Process</b>
        <select name="taskManager" aria-label="TaskManager">
          ${taskManagers.map(({ id, name }) => html`<option value=${id}>${name}</option>`)}
          <option value="">JobManager (slow only)</option>
        </select>
        <button
          type="submit"
          value="stopTaskManager"
          title="It ends by itself, and says so to the JobMaster and the ResourceManager"
        >
          Stop it
        </button>
        <button
          type="submit"
          value="slowProcess"
          title="It takes so many times as long for every call and every record"
        >
          Make it slow
        </button>
        <label>
          <input type="number" name="factor" value="10" min="1" max="40000" aria-label="How many times" />
          times
        </label>
        <button
          type="submit"
          value="killTaskManager"
          title="Its tasks, its memory and its files are gone; the JobMaster notices by its heartbeats, after 10 to 20 s"
        >
          Kill it
        </button>
        <button
          type="submit"
          value="pauseTaskManager"
          title="It does nothing, as in a long pause of its garbage collector; after 50 s without a heartbeat it counts as gone"
        >
          Pause it
        </button>
        <button
          type="submit"
          value="startTaskManager"
          title="It registers, and its slots are there for the job"
        >
          Start another one
        </button>
      </form>
    `;
  }

  private renderJobManagers({ jobManagers }: Topology): TemplateResult {
    return html`
      <form aria-label="A JobManager" @submit=${this.onJobManager} data-test="job-manager-fault">
        <b>JobManager</b>
        <select name="jobManager" aria-label="JobManager">
          ${jobManagers.map(({ name, role }, id) => html`<option value=${id}>${name} (${role})</option>`)}
        </select>
        <button
          type="submit"
          value="killJobManager"
          title="Its Dispatcher, its ResourceManager and its JobMaster are gone; one that stands by takes over, or the job is lost"
        >
          Kill it
        </button>
        <button
          type="submit"
          value="pauseJobManager"
          title="It does nothing; when its session expires, another one takes the lead"
        >
          Pause it
        </button>
        <button type="submit" value="resumeJobManager" title="If another one leads by then, it stands by">
          Let it go on
        </button>
        <button type="submit" value="startJobManager" title="One that was killed starts again, and stands by">
          Start it again
        </button>
        ${jobManagers
          .filter(({ session }) => session !== "")
          .map(({ name, session }) => html`<small>${name} leads in session ${session}</small>`)}
      </form>
    `;
  }

  private renderActive(run: Run, topology: Topology): TemplateResult {
    const { moment } = this.lab.session;
    const active = moment === null ? [] : activeFaults(run, topology, moment.frame, this.place);
    return html`
      <section>
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
      </section>
    `;
  }

  private renderGiven(run: Run, topology: Topology): TemplateResult | typeof nothing {
    if (run.commands.length === 0) return nothing;
    return html`
      <section>
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
      </section>
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

  private readonly onJobManager = (event: SubmitEvent): void => {
    event.preventDefault();
    const data = new FormData(event.currentTarget as HTMLFormElement);
    const jobManager = Number(data.get("jobManager"));
    const kind = event.submitter instanceof HTMLButtonElement ? event.submitter.value : "";
    if (kind === "pauseJobManager" || kind === "resumeJobManager") this.command({ kind, jobManager });
    else this.command({ kind: kind === "startJobManager" ? kind : "killJobManager", jobManager });
  };

  private readonly onFail = (event: SubmitEvent): void => {
    event.preventDefault();
    const data = new FormData(event.currentTarget as HTMLFormElement);
    this.command({ kind: "failTask", task: Number(data.get("task")) });
  };

  private readonly onProcess = (event: SubmitEvent): void => {
    event.preventDefault();
    const data = new FormData(event.currentTarget as HTMLFormElement);
    const kind = event.submitter instanceof HTMLButtonElement ? event.submitter.value : "";
    const chosen = data.get("taskManager");
    const of = chosen === "" ? {} : { taskManager: Number(chosen) };
    if (kind === "startTaskManager") this.command({ kind });
    if (kind === "slowProcess") this.command({ kind, ...of, factor: Number(data.get("factor")) });
    const { taskManager } = of;
    if (taskManager === undefined) return;
    if (kind === "killTaskManager" || kind === "stopTaskManager" || kind === "pauseTaskManager")
      this.command({ kind, taskManager });
  };

  private readonly onCancel = (event: SubmitEvent): void => {
    event.preventDefault();
    this.command({ kind: "cancelJob" });
  };
}

define("weir-faults", Faults);
