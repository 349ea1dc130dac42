/** The lab as a reader meets it: what stands where, for the browser tests. */
import type { LabView } from "../../web/src/ui/lab-view";
import { expect, type Locator, type Page } from "@playwright/test";

/** Places of a page that Tab leads to, at most. */
const STOPS_MAX = 80;

/** One `<weir-lab>` on a page. */
export class LabPage {
  readonly page: Page;
  readonly root: Locator;

  constructor(page: Page, root: Locator = page.locator("weir-lab")) {
    this.page = page;
    this.root = root;
  }

  /** Opens a page and waits until a job stands in the lab. */
  static async open(page: Page, path = "/"): Promise<LabPage> {
    await page.goto(path);
    const lab = new LabPage(page);
    await lab.ready();
    return lab;
  }

  async ready(): Promise<void> {
    await expect(this.part("status")).toBeVisible({ timeout: 30_000 });
    await expect(this.root.getByText("Loading", { exact: false })).toHaveCount(0);
  }

  /** An element by its `data-test`. */
  part(name: string): Locator {
    return this.root.locator(`[data-test="${name}"]`);
  }

  /** The button of what can be done to a process. */
  act(kind: string): Locator {
    return this.root.locator(`[data-act="${kind}"]`);
  }

  /** Goes on by Tab until the element has the focus. */
  async tabTo(element: Locator): Promise<void> {
    await expect(element).toBeVisible();
    for (let pressed = 0; pressed < STOPS_MAX; pressed += 1) {
      const isThere = await element.evaluate((it) => (it.getRootNode() as ShadowRoot).activeElement === it);
      if (isThere) return;
      // In the editor, Tab indents.
      if ((await this.root.locator("weir-job-code :focus").count()) > 0)
        await this.page.keyboard.press("Escape");
      await this.page.keyboard.press("Tab");
    }
    throw new Error("Tab does not lead there");
  }

  get canvas(): Locator {
    return this.root.locator("weir-picture canvas");
  }

  async tick(): Promise<number> {
    const text = (await this.part("tick").textContent()) ?? "";
    return Number(/tick ([\d,]+)/.exec(text)?.[1]?.replaceAll(",", ""));
  }

  async goTo(tick: number): Promise<void> {
    const field = this.root.getByLabel("Go to tick");
    await field.fill(String(tick));
    await field.press("Enter");
    await expect.poll(() => this.tick()).toBe(tick);
  }

  /** Opens an example and goes to a tick of it. */
  async openExample(id: string, tick: number): Promise<void> {
    await this.part("example").selectOption(id);
    await expect.poll(() => this.tick()).toBe(0);
    await this.goTo(tick);
  }

  /** One of the views under the picture. */
  tab(name: string): Locator {
    return this.root.locator("weir-timeline").getByRole("tab", { name });
  }

  /** Lines of the output that are in sight, without their ticks. */
  async output(): Promise<string[]> {
    return this.root.locator("weir-output .row span:last-child").allTextContents();
  }

  /** All that was written to stdout, also what is not in sight. */
  async everyLine(): Promise<string[]> {
    return this.root.locator("weir-lab-view").evaluate((view: LabView) => {
      const { stdout } = view.session;
      return Array.from({ length: stdout.count("stdout") }, (_, at) => stdout.line("stdout", at)?.text ?? "");
    });
  }

  /** How many lines a stream has. */
  async lineCount(stream = "stdout"): Promise<number> {
    const note = await this.root.locator(`weir-output [data-tab="${stream}"] .note`).textContent();
    return Number(note?.replaceAll(",", ""));
  }

  /** Replaces the job in the editor. */
  async write(job: string): Promise<void> {
    const code = this.root.locator("weir-job-code");
    await code.click();
    const content = code.locator(".cm-content");
    await expect(content).toBeVisible();
    await content.press("ControlOrMeta+a");
    await this.page.keyboard.insertText(job);
  }

  /** Writes a job and runs it. */
  async run(job: string): Promise<void> {
    await this.write(job);
    await this.part("run").click();
  }

  /** What is painted, as the picture's bytes; only once it has come to rest. */
  async picture(): Promise<string> {
    let before = "";
    await expect(async () => {
      const now = await this.canvas.evaluate((canvas: HTMLCanvasElement) => canvas.toDataURL());
      const still = now === before;
      before = now;
      expect(still).toBe(true);
    }).toPass({ intervals: [80] });
    return before;
  }
}
