/** A row of tabs: one stop of the Tab key, arrow keys move between them. */
import { css, html, nothing, type TemplateResult } from "lit";

export interface Tab {
  readonly id: string;
  readonly title: string;
  /** The rest of the title, left out where there is little room. */
  readonly rest?: string;
  /** Stands after the title, as a number of lines does. */
  readonly note?: string;
}

export interface TabStrip {
  readonly label: string;
  readonly tabs: readonly Tab[];
  readonly chosen: string;
  readonly choose: (id: string) => void;
}

export const tabStyles = css`
  [role="tablist"] {
    display: flex;
    flex: none;
    gap: 2px 16px;
    min-height: 34px;
    padding: 0 var(--inset);
    overflow-x: auto;
    scrollbar-width: none;
    border-bottom: 1px solid var(--line);
  }
  [role="tab"] {
    flex: none;
    min-height: 34px;
    min-width: 0;
    padding: 2px 1px 0;
    border: 0;
    border-bottom: 2px solid transparent;
    border-radius: 0;
    background: none;
    color: var(--ink-soft);
  }
  [role="tab"][aria-selected="true"] {
    border-bottom-color: var(--accent);
    color: var(--ink);
    font-weight: 600;
  }
  [role="tab"]:focus-visible {
    outline-offset: -2px;
  }
  [role="tab"] .rest {
    white-space: pre;
  }
  @container (max-width: 720px) {
    [role="tab"] .rest {
      position: absolute;
      width: 1px;
      overflow: hidden;
      clip-path: inset(50%);
    }
  }
  [role="tab"] .note {
    margin-inline-start: 4px;
    color: var(--ink-faint);
    font-weight: 400;
    font-size: var(--text-small);
    font-variant-numeric: tabular-nums;
  }
`;

export function tabStrip({ label, tabs, chosen, choose }: TabStrip): TemplateResult {
  const onKey = (event: KeyboardEvent): void => {
    const place = tabs.findIndex((tab) => tab.id === chosen);
    const moves: Readonly<Record<string, number>> = {
      ArrowRight: place + 1,
      ArrowLeft: place - 1,
      Home: 0,
      End: tabs.length - 1,
    };
    const wanted = moves[event.key];
    if (wanted === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    const at = (wanted + tabs.length) % tabs.length;
    const tab = tabs[at];
    if (tab === undefined) return;
    choose(tab.id);
    (event.currentTarget as HTMLElement).querySelectorAll<HTMLElement>("[role=tab]")[at]?.focus();
  };
  return html`
    <div role="tablist" aria-label=${label} @keydown=${onKey}>
      ${tabs.map(
        (tab) => html`
          <button
            role="tab"
            type="button"
            data-tab=${tab.id}
            aria-selected=${tab.id === chosen}
            tabindex=${tab.id === chosen ? 0 : -1}
            @click=${() => choose(tab.id)}
          >
            ${tab.title}${
              tab.rest === undefined ? nothing : html`<span class="rest">${tab.rest}</span>`
            }${tab.note === undefined ? nothing : html`<span class="note">${tab.note}</span>`}
          </button>
        `,
      )}
    </div>
  `;
}
