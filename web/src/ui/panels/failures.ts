/**
 * Failures: what the job waits for before it starts again, how each failure walked over the graph region by region, and
 * the exception history. Flink: the job's exceptions in the web interface.
 */
import { css, html, nothing, type TemplateResult } from "lit";
import type { ExceptionEntry, Topology } from "../../engine/protocol";
import type { Failover, RegionStep } from "../../model/failover";
import { FailoverFeed } from "../failover-feed";
import { FeedPanel } from "../feed-panel";
import { define } from "../panel";
import { PHASE_WORDS, regionName } from "../region-words";
import { sectionStyles } from "../section-styles";
import type { Session } from "../session";
import { tableHead } from "../table-head";
import { base } from "../theme";
import { count, counted } from "../words";

/** When what became of a region; where the job fails, no more than the first two. */
const MOMENTS = ["reached", "ended", "scheduled", "deployed", "runs again"] as const;

export class Failures extends FeedPanel<FailoverFeed> {
  static override styles = [
    base,
    sectionStyles,
    css`
      :host {
        grid-template-columns: minmax(0, 1fr) minmax(0, 1fr);
      }
      p {
        max-width: 80ch;
      }
      .verdict {
        margin-bottom: 6px;
        color: var(--bad);
      }
      table {
        width: 100%;
        border-collapse: collapse;
        font-variant-numeric: tabular-nums;
      }
      th,
      td {
        padding: 3px 12px 3px 0;
        border-bottom: 1px solid var(--line);
        font-weight: 400;
        text-align: start;
        vertical-align: top;
      }
      thead th {
        color: var(--ink-faint);
        font-size: var(--text-tiny);
        white-space: nowrap;
      }
      .num {
        text-align: end;
        white-space: nowrap;
      }
      tbody th {
        min-width: 20ch;
        overflow-wrap: anywhere;
      }
      .along td:nth-child(2)::before {
        color: var(--ink-faint);
        content: "↳ along with it: ";
      }
      .along {
        color: var(--ink-soft);
      }
      .exception {
        min-width: 24ch;
        overflow-wrap: anywhere;
      }
      .place {
        white-space: nowrap;
      }
      @container (max-width: 1080px) {
        section {
          overflow: auto hidden;
        }
      }
      /* Without room for columns each row is a few lines, and its cells say themselves what they are. */
      @container (max-width: 480px) {
        thead {
          display: none;
        }
        tr {
          display: flex;
          flex-wrap: wrap;
          gap: 0 12px;
          padding: 4px 0;
          border-bottom: 1px solid var(--line);
        }
        th,
        td {
          padding: 1px 0;
          border: 0;
        }
        tbody th,
        .exception {
          flex: 1 1 70%;
        }
        td[data-name]::before {
          color: var(--ink-faint);
          font-size: var(--text-tiny);
          content: attr(data-name) " ";
        }
      }
    `,
  ];
  protected open(session: Session, changed: () => void): FailoverFeed {
    return new FailoverFeed(session, changed);
  }

  override render(): TemplateResult {
    const { topology } = this.lab.session;
    if (topology === null) return html`<section><p>No job runs.</p></section>`;
    return html`
      <section aria-label="The failure's way" data-test="failovers">${this.renderFailovers()}</section>
      <section aria-label="Exception history" data-test="exceptions">${this.renderHistory(topology)}</section>
    `;
  }

  private renderFailovers(): TemplateResult {
    const failovers = [...(this.feed?.failovers ?? [])].reverse();
    if (failovers.length === 0) {
      return html`<h3>A failure's way over the graph</h3>
        <p>
          Nothing has failed yet. A task that fails takes its pipelined region with it, and the regions that
          read what is lost: here they stand in the order in which they are cancelled and start again. The
          faults beside this make one.
        </p>`;
    }
    return html`${failovers.map((failover) => this.renderFailover(failover))}
    ${this.feed?.isCut === true ? html`<p>Earlier ones are not listed: the run is too long.</p>` : nothing}`;
  }

  private renderFailover(failover: Failover): TemplateResult {
    const { began, over, isLast, steps } = failover;
    const took = over === null ? "" : `, all of it runs again after ${count(over - began)} ms`;
    const title = isLast ? "The job fails" : `${counted(steps.length, "region")} to start again${took}`;
    const names = isLast ? MOMENTS.slice(0, 2) : MOMENTS;
    return html`
      <h3>${this.link(began)} ${title}</h3>
      <table>
        ${tableHead([["#", "num"], "region", ...names.map((name) => [name, "num"] as const)])}
        <tbody>
          ${steps.map((step, place) => this.renderStep(step, place + 1, names))}
        </tbody>
      </table>
    `;
  }

  private renderStep(step: RegionStep, number: number, names: readonly string[]): TemplateResult {
    const ticks = [step.began, step.ended, step.scheduled, step.deployed, step.running];
    const { session, actions } = this.lab;
    return html`<tr>
      <td class="num">${number}</td>
      <th scope="row">
        <button
          class="link"
          title=${PHASE_WORDS[step.phase]}
          @click=${() => actions.select({ kind: "task", task: step.root ?? step.tasks[0] ?? 0 })}
        >
          ${regionName(step, session)}
        </button>
        ${step.root === null ? nothing : "failed"}
      </th>
      ${names.map((name, place) => {
        const tick = ticks[place] ?? null;
        return html`<td class="num" data-name=${name}>${tick === null ? "–" : this.link(tick)}</td>`;
      })}
    </tr>`;
  }

  private renderHistory({ exceptions = [], verdict = null, taskManagers }: Topology): TemplateResult {
    const nameOf = (id: number | null): string =>
      taskManagers.find((manager) => manager.id === id)?.name ??
      (id === null ? "–" : `TaskManager ${id + 1}`);
    return html`
      <h3>Exception history</h3>
      ${verdict === null ? nothing : html`<p class="verdict">${verdict}.</p>`}
      ${
        exceptions.length === 0
          ? html`<p>No exception yet.</p>`
          : html`<table>
              ${tableHead([["time", "num"], "exception", "task", "location"])}
              <tbody>
                ${exceptions.map((entry) => this.renderException(entry, nameOf(entry.taskManager)))}
              </tbody>
            </table>`
      }
    `;
  }

  private renderException({ at, task, failure, concurrent }: ExceptionEntry, place: string): TemplateResult {
    return html`<tr class=${concurrent ? "along" : "root"}>
      <td class="num">${this.link(at)}</td>
      <td class="exception">${failure}</td>
      <td data-name="task">${task ?? "the job"}</td>
      <td class="place" data-name="location">${place}</td>
    </tr>`;
  }

  /** A tick that leads to its moment. */
  private link(tick: number): TemplateResult {
    return html`<button
      class="link"
      title="Go to tick ${count(tick)}"
      @click=${() => void this.lab.session.seek(tick + 1)}
    >
      ${count(tick)}
    </button>`;
  }
}

define("weir-failures", Failures);
