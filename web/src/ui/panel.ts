/** What every panel of the lab is: a Lit element that follows its lab's session. */
import { LitElement } from "lit";
import type { Lab } from "./lab-state";
import type { Topic } from "./session";

export abstract class Panel extends LitElement {
  static override properties = { lab: { attribute: false } };
  /** Set once, before the panel is put into the document. */
  declare lab: Lab;

  /** The topics whose change makes this panel render again. */
  protected abstract readonly topics: readonly Topic[];
  private unfollow: (() => void) | null = null;

  override connectedCallback(): void {
    super.connectedCallback();
    this.unfollow = this.lab.session.observers.follow(this.topics, () => this.told());
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.unfollow?.();
    this.unfollow = null;
  }

  /** What to do when told of a change; by default, to render. */
  protected told(): void {
    this.requestUpdate();
  }
}

/** Registers an element unless a second copy of the script already did. */
export function define(name: string, element: CustomElementConstructor): void {
  if (customElements.get(name) === undefined) customElements.define(name, element);
}
