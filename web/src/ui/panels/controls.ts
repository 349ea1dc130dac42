/** The controls under the picture: where in time the run stands, and every way to move it. */
import { css, html, type TemplateResult } from "lit";
import { live } from "lit/directives/live.js";
import { base } from "../theme";
import type { StepUnit } from "../../engine/protocol";
import { define, Panel } from "../panel";
import { parseTick } from "../parse-tick";
import { placeOfSpeed, SPEED_STEPS, speedAtPlace, speedInWords } from "../playback";
import type { Topic } from "../session";
import { count, seconds } from "../words";

const UNITS: readonly { readonly unit: StepUnit; readonly title: string }[] = [
  { unit: "turn", title: "turn" },
  { unit: "tick", title: "tick" },
  { unit: "record", title: "record" },
];

export class Controls extends Panel {
  static override styles = [
    base,
    css`
      :host {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 6px 18px;
        min-height: var(--bar);
        padding: 7px var(--inset);
        background: var(--panel);
        border-top: 1px solid var(--line);
      }
      .group {
        display: flex;
        align-items: center;
        gap: 8px;
      }
      .moves {
        gap: 4px;
      }
      .moves button {
        width: 38px;
        padding: 0;
      }
      .moves .play {
        width: 52px;
      }
      svg {
        display: block;
        width: 16px;
        height: 16px;
        margin: auto;
        fill: currentColor;
      }
      .label {
        color: var(--ink-faint);
        font-size: var(--text-small);
      }
      .speed input {
        width: 116px;
      }
      .speed output {
        min-width: 9ch;
        font-size: var(--text-small);
        font-variant-numeric: tabular-nums;
      }
      .time {
        margin-inline-start: auto;
        gap: 14px;
      }
      .time .now {
        font: 700 15px var(--mono);
        font-variant-numeric: tabular-nums;
        white-space: nowrap;
      }
      .time .fine {
        color: var(--ink-soft);
        font-size: var(--text-small);
        font-variant-numeric: tabular-nums;
        white-space: nowrap;
      }
      .goto input {
        width: 92px;
      }
      @container (max-width: 720px) {
        :host {
          gap: 6px 10px;
        }
        .moves {
          flex: 1 1 100%;
        }
        .moves button,
        .moves .play {
          flex: 1;
        }
        .time {
          margin-inline-start: 0;
          flex: 1 1 100%;
          order: -1;
          justify-content: space-between;
        }
        .speed {
          flex: 1;
        }
        .speed input {
          flex: 1;
          width: 60px;
        }
      }
    `,
  ];

  protected readonly topics: readonly Topic[] = ["run", "moment"];

  override render(): TemplateResult {
    const { session } = this.lab;
    return html`
      <div class="group moves" role="group" aria-label="Move in time">${this.renderMoves()}</div>
      <label class="group"
        ><span class="label">step by</span>
        <select data-test="unit" .value=${live(session.stepUnit)} @change=${this.onUnit}>
          ${UNITS.map(({ unit, title }) => html`<option value=${unit} ?selected=${unit === session.stepUnit}>${title}</option>`)}
        </select>
      </label>
      <label class="group speed"
        ><span class="label">speed</span>
        <input
          type="range"
          min="0"
          max=${SPEED_STEPS}
          step="1"
          .value=${live(String(placeOfSpeed(session.speed)))}
          aria-valuetext=${speedInWords(session.speed)}
          @input=${this.onSpeed}
        />
        <output data-test="speed">${speedInWords(session.speed)}</output>
      </label>
      <div class="group time">
        <span class="now" data-test="time">t = ${seconds(session.tick)}</span>
        <span class="fine" data-test="tick"
          >tick ${count(session.tick)}${session.turn === 0 ? "" : ` · turn ${count(session.turn)}`}</span
        >
        <form class="group goto" @submit=${this.onGoTo}>
          <input
            id="goto"
            type="text"
            inputmode="numeric"
            autocomplete="off"
            placeholder="go to tick"
            aria-label="Go to tick"
            title="Go to tick (g)"
          />
        </form>
      </div>
    `;
  }

  /** Puts the focus into the field that takes a tick. */
  askForTick(): void {
    const field = this.renderRoot.querySelector<HTMLInputElement>("#goto");
    field?.focus();
    field?.select();
  }

  private renderMoves(): TemplateResult {
    const { session } = this.lab;
    const still = session.run === null || session.wreck !== null;
    const atStart = session.tick === 0 && session.turn === 0;
    const unit = session.stepUnit;
    const button = (
      name: string,
      title: string,
      path: string,
      off: boolean,
      act: () => void,
    ): TemplateResult => html`
      <button
        class=${name}
        data-test=${name}
        title=${title}
        aria-label=${title}
        ?disabled=${off}
        @click=${act}
      >
        <svg viewBox="0 0 16 16" aria-hidden="true"><path d=${path} /></svg>
      </button>
    `;
    return html`
      ${button("start", "To the start", "M2 3h2v10H2zM14 3v10L5 8z", still || atStart, () => void session.seek(0))}
      ${button("back", `One ${unit} back (←)`, "M12 3v10L3 8z", still || atStart, () => void session.step(-1))}
      ${
        session.playing
          ? button("play", "Pause (Space)", "M4 3h3v10H4zM9 3h3v10H9z", false, () => session.pause())
          : button("play", "Run (Space)", "M4 2.5v11L13 8z", still || session.ended, () => session.play())
      }
      ${button("step", `One ${unit} ahead (→)`, "M4 3v10l9-5z", still || session.ended, () => void session.step(1))}
      ${button(
        "end",
        "To the end of the job, at full speed",
        "M2 3v10l9-5zM12 3h2v10h-2z",
        still || session.ended,
        () => session.playToTheEnd(),
      )}
    `;
  }

  private readonly onUnit = (event: Event): void => {
    const unit = UNITS.find((known) => known.unit === (event.target as HTMLSelectElement).value);
    if (unit !== undefined) this.lab.session.setStepUnit(unit.unit);
  };

  private readonly onSpeed = (event: Event): void => {
    this.lab.session.setSpeed(speedAtPlace(Number((event.target as HTMLInputElement).value)));
  };

  private readonly onGoTo = (event: SubmitEvent): void => {
    event.preventDefault();
    const field = this.renderRoot.querySelector<HTMLInputElement>("#goto");
    const tick = parseTick(field?.value ?? "");
    if (field === null) return;
    field.setCustomValidity(
      tick === null ? "A tick is a whole number, such as 4936; 4.936 s is a time." : "",
    );
    if (tick === null) {
      field.reportValidity();
    } else {
      void this.lab.session.seek(tick);
      field.value = "";
      this.lab.actions.takeFocus();
    }
    field.addEventListener("input", () => field.setCustomValidity(""), { once: true });
  };
}

define("weir-controls", Controls);
