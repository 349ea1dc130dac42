/** The element on a page: size, theme, keyboard, several of them, and what it costs to load. */
import { expect, test } from "@playwright/test";
import { LabPage } from "./lab-page";

test.use({ reducedMotion: "reduce" });

test("two elements live side by side, and none starts by itself", async ({ page }) => {
  await page.goto("/web/pages/embed.html");
  const first = new LabPage(page, page.locator("#first"));
  const second = new LabPage(page, page.locator("#second"));
  await first.root.scrollIntoViewIfNeeded();
  await first.ready();
  await second.root.scrollIntoViewIfNeeded();
  await second.ready();
  expect([await first.tick(), await second.tick()]).toEqual([0, 0]);
  for (let step = 1; step <= 3; step += 1) await second.part("step").click();
  await expect.poll(() => second.tick()).toBe(3);
  expect(await first.tick()).toBe(0);
  await second.part("end").click();
  await expect(second.part("status")).toHaveText("FINISHED", { timeout: 30_000 });
  await second.root.getByRole("tab", { name: "Output" }).click();
  expect(await second.lineCount()).toBe(10);
  expect(await first.tick()).toBe(0);
});

test("a bad attribute is said, and the default stands", async ({ page }) => {
  await page.goto("/web/pages/embed.html");
  await page.locator("#first").evaluate((element) => element.setAttribute("speed", "fast"));
  await expect(page.locator("#first").getByRole("alert")).toContainText('speed="fast"');
});

test("the keyboard alone is enough", async ({ page }) => {
  const lab = await LabPage.open(page);
  await lab.goTo(100);
  await lab.canvas.focus();
  await page.keyboard.press("ArrowRight");
  await expect.poll(() => lab.tick()).toBe(101);
  await page.keyboard.press("ArrowLeft");
  await expect.poll(() => lab.tick()).toBe(100);
  await page.keyboard.press("Shift+ArrowRight");
  await expect.poll(() => lab.tick()).toBe(200);
  await page.keyboard.press("]");
  await expect(lab.part("speed")).toHaveText("30 ticks/s");
  await page.keyboard.press("[");
  await expect(lab.part("speed")).toHaveText("20 ticks/s");
  await page.keyboard.press("Space");
  await expect(lab.part("play")).toHaveAccessibleName(/Pause/);
  await page.keyboard.press("Space");
  await expect(lab.part("play")).toHaveAccessibleName(/Run/);
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await expect(lab.part("inspected")).not.toBeEmpty();
  await page.keyboard.press("g");
  await page.keyboard.type("150");
  await page.keyboard.press("Enter");
  await expect.poll(() => lab.tick()).toBe(150);
  await lab.canvas.focus();
  await page.keyboard.press("?");
  await expect(lab.part("keys")).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(lab.part("keys")).toBeHidden();
});

test("every stop of the Tab key can be seen, and the editor can be left", async ({ page }) => {
  const lab = await LabPage.open(page);
  const seen = new Set<string>();
  for (let stop = 0; stop < 60; stop += 1) {
    await page.keyboard.press("Tab");
    const focus = await page.evaluate(() => {
      let at = document.activeElement;
      for (let inner = at; inner !== null; inner = inner.shadowRoot?.activeElement ?? null) at = inner;
      if (at === null || at === document.body) return null;
      const style = getComputedStyle(at);
      const name = at.getAttribute("aria-label") ?? at.getAttribute("title") ?? at.textContent.trim();
      return {
        what: `${at.localName} ${name}`,
        outline: style.outlineStyle !== "none",
        editor: at.className.includes("cm-content"),
      };
    });
    if (focus === null) break;
    seen.add(focus.what);
    if (focus.editor) await page.keyboard.press("Escape");
    else expect.soft(focus.outline, focus.what).toBe(true);
  }
  expect([...seen].some((what) => what.startsWith("canvas"))).toBe(true);
  expect([...seen].some((what) => what.includes("ticks run so far"))).toBe(true);
  await expect(lab.root).toBeVisible();
});

test("keys typed into the editor stay there", async ({ page }) => {
  const lab = await LabPage.open(page);
  await lab.goTo(100);
  await lab.write("// g ? [ ] ");
  await page.keyboard.press("ArrowLeft");
  await page.keyboard.press("Space");
  expect(await lab.tick()).toBe(100);
  await expect(lab.part("play")).toHaveAccessibleName(/Run/);
  await expect(lab.part("keys")).toBeHidden();
});

for (const width of [320, 360, 768, 1024, 1440]) {
  test(`nothing is cut off or scrolls sideways at ${width} px`, async ({ page }) => {
    await page.setViewportSize({ width, height: 740 });
    const lab = await LabPage.open(page);
    const excess = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    expect(excess).toBeLessThanOrEqual(0);
    const box = await lab.part("step").boundingBox();
    expect(box!.x + box!.width).toBeLessThanOrEqual(width);
    expect(box!.y + box!.height).toBeLessThanOrEqual(740);
    const canvas = await lab.canvas.boundingBox();
    expect(canvas!.height).toBeGreaterThan(120);
  });
}

for (const scheme of ["light", "dark"] as const) {
  test(`follows a ${scheme} system, and the toggle overrides it`, async ({ page }) => {
    await page.emulateMedia({ colorScheme: scheme });
    const lab = await LabPage.open(page);
    const ground = () =>
      lab.root.locator("weir-top-bar").evaluate((bar) => {
        const [red] = getComputedStyle(bar).backgroundColor.match(/\d+/g) ?? [];
        return Number(red) > 127 ? "light" : "dark";
      });
    expect(await ground()).toBe(scheme);
    const other = scheme === "light" ? "dark" : "light";
    const toggle = lab.root.getByRole("button", { name: "Theme" });
    await toggle.click();
    if ((await ground()) === scheme) await toggle.click();
    expect(await ground()).toBe(other);
  });
}

test("what is painted takes the other colours as soon as the system turns dark", async ({ page }) => {
  await page.emulateMedia({ colorScheme: "light" });
  const lab = await LabPage.open(page);
  await lab.goTo(40);
  for (const [tab, panel] of [
    ["Timeline", "weir-timeline"],
    ["Sequence", "weir-sequence"],
  ] as const) {
    await lab.root.getByRole("tab", { name: tab }).click();
    const painted = () =>
      lab.root.locator(`${panel} canvas`).evaluate((canvas: HTMLCanvasElement) => canvas.toDataURL());
    await expect.poll(async () => (await painted()).length).toBeGreaterThan(2000);
    await expect(async () => {
      const before = await painted();
      await page.waitForTimeout(200);
      expect(await painted()).toBe(before);
    }).toPass();
    const light = await painted();
    await page.emulateMedia({ colorScheme: "dark" });
    await expect.poll(painted).not.toBe(light);
    await page.emulateMedia({ colorScheme: "light" });
    await expect.poll(painted).toBe(light);
  }
});
