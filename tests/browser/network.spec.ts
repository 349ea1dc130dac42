/** The network in the lab: its messages, faults by hand, the way to the cause of back-pressure, and its paint. */
import { expect, test, type Locator } from "@playwright/test";
import { LabPage } from "./lab-page";

test.use({ reducedMotion: "reduce" });

test("the messages between TaskManagers are listed, filtered, and lead to their moment", async ({ page }) => {
  const lab = await LabPage.open(page);
  await lab.openExample("slow-operator", 850);
  await lab.tab("Messages").click();
  const rows = lab.root.locator("weir-messages .row");
  await expect(rows.filter({ hasText: "BufferResponse" }).first()).toBeVisible();
  const all = await messageCount(lab);
  expect(all).toBeGreaterThan(10);

  await lab.part("message-kind").selectOption("PartitionRequest");
  // Four tasks that read, each from one subtask in the other TaskManager.
  await expect.poll(() => messageCount(lab)).toBe(4);
  await expect(rows.first()).toContainText("credit 2");
  await lab.part("message-kind").selectOption("AddCredit");
  await expect.poll(() => messageCount(lab)).toBeGreaterThan(2);
  const credits = await messageCount(lab);
  expect(credits).toBeLessThan(all);
  expect((await rows.allTextContents()).every((row) => row.includes("AddCredit"))).toBe(true);
  const firstOfAll = (await rows.first().textContent()) ?? "";
  await lab.part("message-channel").selectOption({ index: 1 });
  const ofChannel = await lab.part("message-channel").locator("option:checked").textContent();
  await expect.poll(() => rows.first().textContent()).toContain(ofChannel?.trim());
  await lab.part("message-channel").selectOption("");
  await expect.poll(() => messageCount(lab)).toBe(credits);
  // The number is there before the rows are.
  await expect(rows.first()).toHaveText(firstOfAll);

  const first = Number((await rows.first().locator("span").nth(1).textContent())?.replaceAll(/[,()]/g, ""));
  await rows.first().click();
  await expect.poll(() => lab.tick()).toBe(first + 1);
  await expect(lab.part("inspected")).toHaveText("Channel");
  await expect(lab.part("receiver-end")).toContainText("exclusive");
});

/** The number that stands beside the filter. */
async function messageCount(lab: LabPage): Promise<number> {
  const text = (await lab.root.locator("weir-messages output").textContent()) ?? "";
  return Number(text.replaceAll(",", "").split(" ")[0]);
}

test("the list of messages is read by keys alone, and is empty before the first one", async ({ page }) => {
  // The code of a list that is passed by comes later than that of the one chosen.
  await page.route(/\/checkpoints-\w+\.js$/, async (route) => {
    await expect(lab.root.locator("weir-messages")).toBeVisible();
    await route.continue();
  });
  const passed = page.waitForResponse(/\/checkpoints-\w+\.js$/);
  const lab = await LabPage.open(page);
  await lab.goTo(2);
  await lab.tab("Timeline").focus();
  await page.keyboard.press("ArrowRight");
  await expect(lab.tab("Event time")).toBeFocused();
  for (let tabs = 0; tabs < 4; tabs += 1) await page.keyboard.press("ArrowRight");
  await expect(lab.tab("Messages")).toBeFocused();
  await passed;
  await expect(lab.root.locator("weir-messages")).toContainText("No message was sent yet");
  await lab.goTo(150);
  const list = lab.root.locator("weir-messages weir-rows");
  await expect(list.locator(".row").first()).toBeVisible();
  await list.focus();
  await page.keyboard.press("Home");
  await page.keyboard.press("ArrowDown");
  await expect(list.locator(".row.active")).toHaveCount(1);
  await page.keyboard.press("Enter");
  await expect.poll(() => lab.tick()).toBeLessThan(150);
  await expect(lab.part("inspected")).toHaveText("Channel");
});

test("the words under the picture lead to the cause of back-pressure", async ({ page }) => {
  const lab = await LabPage.open(page);
  await lab.openExample("slow-operator", 1000);
  const sentence = lab.part("sentence");
  await expect(sentence).toContainText("The slow part is slow -> Sink: Writer");
  const cause = sentence.getByRole("button").first();
  const name = await cause.textContent();
  await cause.click();
  await expect(lab.part("inspected")).toHaveText(name ?? "");
  const channel = sentence.getByRole("button", { name: "the channel between them" });
  await channel.focus();
  await page.keyboard.press("Enter");
  await expect(lab.part("inspected")).toHaveText("Channel");
  await expect(lab.part("sender-end")).toContainText("of at most 10");
});

test("back-pressure is painted while it lasts, and the example says where to look", async ({ page }) => {
  const lab = await LabPage.open(page);
  await lab.openExample("slow-operator", 450);
  const before = await orange(lab);
  await lab.part("watch").getByRole("button", { name: "2,900" }).click();
  await expect.poll(() => lab.tick()).toBe(2900);
  await expect(lab.part("sentence")).toContainText("has come up to the source");
  await expect(lab.part("watch").locator("[aria-current]")).toContainText("pace of slow");
  const during = await orange(lab);
  await lab.goTo(4500);
  await expect(lab.part("sentence")).toContainText("none is back-pressured");
  const after = await orange(lab);
  expect(during).toBeGreaterThan(500);
  expect(during).toBeGreaterThan(10 * Math.max(before, after));
});

/** Pixels of the picture in the colour of back-pressure, near enough. */
async function orange(lab: LabPage): Promise<number> {
  await lab.picture();
  return lab.canvas.evaluate((canvas: HTMLCanvasElement) => {
    const { data } = canvas.getContext("2d")!.getImageData(0, 0, canvas.width, canvas.height);
    let found = 0;
    for (let at = 0; at < data.length; at += 4) {
      const [red, green, blue] = [data[at]!, data[at + 1]!, data[at + 2]!];
      if (Math.abs(red - 0xc2) + Math.abs(green - 0x41) + Math.abs(blue - 0x0c) < 40) found += 1;
    }
    return found;
  });
}

test("a link is cut by hand, the run says so, and it is taken back", async ({ page }) => {
  const lab = await LabPage.open(page);
  await lab.goTo(150);
  await lab.tab("Faults").click();
  await expect(lab.part("no-faults")).toBeVisible();
  const whole = await lab.picture();
  await lab.part("link-fault").getByLabel("both ways").check();
  await lab.part("link-fault").getByRole("button", { name: "Cut", exact: true }).click();
  await expect(lab.part("given")).toContainText("cut the link TaskManager 1 ↔ TaskManager 2");
  await lab.goTo(200);
  await expect(lab.part("active-faults").locator("li")).toHaveCount(2);
  await expect(lab.part("sentence")).toContainText("The link from TaskManager 1 to TaskManager 2 is cut");
  expect(await lab.picture()).not.toBe(whole);

  // Before the cut there is none: commands belong to their tick.
  await lab.goTo(149);
  await expect(lab.part("no-faults")).toBeVisible();
  await lab.goTo(200);
  await lab.part("active-faults").getByRole("button", { name: "Take back" }).first().click();
  await lab.part("active-faults").getByRole("button", { name: "Take back" }).last().click();
  await lab.goTo(210);
  await expect(lab.part("no-faults")).toBeVisible();
  await expect(lab.part("sentence")).not.toContainText("is cut");
  await lab.part("end").click();
  await expect(lab.part("status")).toHaveText("FINISHED", { timeout: 120_000 });
});

test("a connection that is reset fails the job, and a speed is set and taken back", async ({ page }) => {
  const lab = await LabPage.open(page);
  await lab.goTo(150);
  await lab.tab("Faults").click();
  await lab.part("speed-fault").getByLabel("Speed").selectOption({ label: "100 ms a record" });
  await lab.part("speed-fault").getByRole("button").click();
  await lab.goTo(160);
  await expect(lab.part("active-faults")).toContainText("100 ms a record");
  await lab.part("active-faults").getByRole("button", { name: "Take back" }).click();
  await lab.goTo(170);
  await expect(lab.part("no-faults")).toBeVisible();
  await lab.part("link-fault").getByRole("button", { name: "Reset the connection" }).click();
  // A task learns it when it reads next.
  await lab.part("end").click();
  await expect(lab.part("status")).toHaveText("FAILED", { timeout: 30_000 });
  await expect(lab.part("job-error")).toContainText("The network failed a task");
  await expect(lab.part("sentence")).toContainText("The job failed: the network let down");
});

test("a TaskManager shows its pools, its memory, and the files of a batch job", async ({ page }) => {
  const lab = await LabPage.open(page);
  await lab.openExample("batch", 1600);
  await lab.part("table").click();
  await lab.part("twin").getByRole("button", { name: "TaskManager 1", exact: true }).click();
  await expect(lab.part("inspected")).toHaveText("TaskManager 1");
  await expect(lab.root.locator("weir-inspector")).toContainText("Total Process Memory");
  await expect(lab.part("segments")).toContainText("NetworkBufferPool");
  await expect(lab.part("pools")).toContainText("input gate 0");
  await expect(lab.root.locator("weir-inspector .files")).toContainText("a sorted run of input 0");
});

for (const scheme of ["light", "dark"] as const) {
  test(`messages and faults fit 360 px and can be read in the ${scheme}`, async ({ page }) => {
    await page.emulateMedia({ colorScheme: scheme });
    await page.setViewportSize({ width: 360, height: 740 });
    const lab = await LabPage.open(page);
    await lab.goTo(150);
    await lab.root.locator('[data-tab="timeline"]').first().click();
    for (const [name, words] of [
      ["Messages", "weir-messages .filter output"],
      ["Faults", "weir-faults h3"],
    ] as const) {
      await lab.tab(name).click();
      await expect(lab.root.locator(words).first()).toBeVisible();
      const excess = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
      expect(excess, name).toBeLessThanOrEqual(0);
      expect(await contrast(lab.root.locator(words).first()), name).toBeGreaterThanOrEqual(4.5);
    }
    await expect(lab.part("link-fault").getByRole("button", { name: "Cut", exact: true })).toBeInViewport();
  });
}

/** Of a text against the first ground behind it that is not see-through. */
async function contrast(text: Locator): Promise<number> {
  return text.evaluate((element) => {
    const luminance = (colour: string): number => {
      const [red = 0, green = 0, blue = 0] = (colour.match(/[\d.]+/g) ?? []).map((part) => {
        const share = Number(part) / 255;
        return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
      });
      return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
    };
    let at: Element = element;
    while (getComputedStyle(at).backgroundColor.endsWith(", 0)")) {
      const root = at.getRootNode();
      at = at.parentElement ?? (root instanceof ShadowRoot ? root.host : document.documentElement);
    }
    const ground = getComputedStyle(at).backgroundColor;
    const [dark = 0, light = 0] = [getComputedStyle(element).color, ground]
      .map(luminance)
      .sort((a, b) => a - b);
    return (light + 0.05) / (dark + 0.05);
  });
}
