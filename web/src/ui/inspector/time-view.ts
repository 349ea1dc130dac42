/**
 * Event time in a task: the watermark of each input channel with the one that holds the others back, and the
 * timers that wait, by key and window.
 */
import { html, nothing, type TemplateResult } from "lit";
import type { SentencePart, TaskDetail, TaskWatermarks, TimerEntry } from "../../engine/protocol";
import type { Item } from "../../draw";
import { count, counted } from "../words";

type Select = (item: Item) => void;

/** A clock's timers that are listed; the rest is counted. */
const TIMER_ROWS_MAX = 100;

export function renderTime(detail: TaskDetail, select: Select): TemplateResult {
  const { watermarks } = detail;
  if (watermarks === null) return html`<p class="none">Not deployed at this tick.</p>`;
  return html`
    <section data-test="watermarks">
      <h3>Watermark <span class="note">${watermarks.current}</span></h3>
      <p data-test="watermark-sentence">
        ${watermarks.sentence.map((part) => renderPart(part, detail.task, select))}
      </p>
      ${watermarks.inputs.map((input) => renderChannels(watermarks, input, select))}
      ${watermarks.output === watermarks.current ? nothing : html`<p class="where">sent on: ${watermarks.output}</p>`}
    </section>
    ${renderTimers(detail.timers, true)} ${renderTimers(detail.timers, false)}
  `;
}

/** Words that lead where they name something; not to the task that is here already. */
function renderPart(part: SentencePart, here: number, select: Select): TemplateResult | string {
  const { text, task, channel } = part;
  if (task !== undefined && task !== here) {
    return html`<button class="link" @click=${() => select({ kind: "task", task })}>${text}</button>`;
  }
  if (channel === undefined) return text;
  return html`<button class="link" @click=${() => select({ kind: "channel", channel })}>${text}</button>`;
}

function renderChannels(
  watermarks: TaskWatermarks,
  input: TaskWatermarks["inputs"][number],
  select: Select,
): TemplateResult {
  const name = `Input ${input.input + 1}: ${input.idle ? "idle" : input.watermark}`;
  return html`${watermarks.inputs.length > 1 ? html`<h3>${name}</h3>` : nothing}
    <table>
      <thead>
        <tr>
          <th>channel from</th>
          <th class="num">watermark</th>
          <th></th>
        </tr>
      </thead>
      <tbody>
        ${input.channels.map(
          (channel) =>
            html`<tr class=${channel.holdsBack ? "changed" : ""}>
              <td>
                <button class="link" @click=${() => select({ kind: "channel", channel: channel.channel })}>
                  ${channel.from}
                </button>
              </td>
              <td class="num mono">
                ${channel.watermark === "no watermark yet" ? "none yet" : channel.watermark}
              </td>
              <td>${noteOf(channel)}</td>
            </tr>`,
        )}
      </tbody>
      ${
        input.channels.length > 1
          ? html`<tfoot>
              <tr>
                <td>the least that counts</td>
                <td class="num mono">${input.idle ? "all idle" : input.watermark}</td>
                <td></td>
              </tr>
            </tfoot>`
          : nothing
      }
    </table>`;
}

function noteOf(channel: TaskWatermarks["inputs"][number]["channels"][number]): string {
  if (channel.idle) return "idle: does not count";
  if (channel.catchesUp) return "was idle: must catch up";
  return channel.holdsBack ? "◀ holds it back" : "";
}

function renderTimers(all: readonly TimerEntry[], isEventTime: boolean): TemplateResult | typeof nothing {
  const timers = all.filter(({ eventTime }) => eventTime === isEventTime);
  const clock = isEventTime ? "Event-time timers" : "Processing-time timers";
  if (timers.length === 0)
    return isEventTime
      ? html`<section>
          <h3>${clock}</h3>
          <p class="none">None waits.</p>
        </section>`
      : nothing;
  const shown = timers.slice(0, TIMER_ROWS_MAX);
  const isOneOperator = new Set(timers.map(({ operator }) => operator)).size === 1;
  const hasNamespace = timers.some(({ namespace }) => namespace !== "");
  return html`<section data-test="timers">
    <h3>
      ${clock} <span class="note">${count(timers.length)} ${timers.length === 1 ? "waits" : "wait"}</span>
    </h3>
    <table>
      <thead>
        <tr>
          <th>fires at</th>
          <th>key</th>
          ${hasNamespace ? html`<th>window</th>` : nothing}
          ${isOneOperator ? nothing : html`<th>operator</th>`}
        </tr>
      </thead>
      <tbody>
        ${shown.map(
          (timer) =>
            html`<tr>
              <td class="mono">${timer.time}</td>
              <td class="mono">${timer.key}</td>
              ${hasNamespace ? html`<td class="mono">${timer.namespace}</td>` : nothing}
              ${isOneOperator ? nothing : html`<td>${timer.operator}</td>`}
            </tr>`,
        )}
      </tbody>
    </table>
    ${
      timers.length > shown.length
        ? html`<p class="none">and ${counted(timers.length - shown.length, "more timer")}</p>`
        : nothing
    }
  </section>`;
}
