/** Event time in the lab: watermarks on the wires, records that are moved to another time, and the joins. */
import { expect, test, type Locator, type Page } from "@playwright/test";
import { LabPage } from "./lab-page";

test.use({ reducedMotion: "reduce" });

async function openExample(page: Page, id: string, tick: number): Promise<LabPage> {
  const lab = await LabPage.open(page);
  await lab.part("example").selectOption(id);
  await expect.poll(() => lab.tick()).toBe(0);
  await lab.goTo(tick);
  return lab;
}

async function openView(lab: LabPage): Promise<void> {
  await lab.root.getByRole("tab", { name: "Event time" }).click();
  await expect(lab.part("event-time-chart")).toBeVisible();
}

function moves(lab: LabPage): Locator {
  return lab.part("event-time-moves").getByRole("listitem");
}

/** The last tick of "Late data four ways" before its end. */
const END = 368;
const ALL = "256 records: 208 on time, 48 late, but allowed.";

test("a record is dragged behind the watermark and dropped, and taken back", async ({ page }) => {
  const lab = await openExample(page, "late-data", END);
  await openView(lab);
  const words = lab.part("event-time-words");
  await expect(words).toContainText(ALL);
  const lines = await lab.lineCount();

  // The newest record on time whose sign nothing covers is found by the keys, which tell where it is.
  const chart = lab.part("event-time-chart");
  await chart.focus();
  await page.keyboard.press("End");
  for (let step = 0; step < 60; step += 1) {
    if ((await words.textContent())?.includes(": on time") === true && step > 40) break;
    await page.keyboard.press("ArrowUp");
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("ArrowDown");
  }
  await expect(words).toContainText(": on time");
  await page.keyboard.press("m");
  await expect(words).toContainText("where it was");
  for (let step = 0; step < 8; step += 1) await page.keyboard.press("Shift+ArrowDown");
  await expect(words).toContainText("behind the watermark that it found");
  await page.keyboard.press("Escape");
  await expect(moves(lab)).toHaveCount(0);

  await page.keyboard.press("m");
  for (let step = 0; step < 8; step += 1) await page.keyboard.press("Shift+ArrowDown");
  await page.keyboard.press("Enter");
  await expect(words).toContainText("Moved from 2001-01-03");
  await expect(moves(lab)).toHaveCount(1);
  expect(await lab.tick()).toBe(END);
  await lab.part("event-time-table").click();
  await expect(lab.part("event-time-tables")).toContainText("dropped as too late");

  await moves(lab).getByRole("button", { name: "take back" }).click();
  await expect(moves(lab)).toHaveCount(0);
  await lab.part("event-time-table").click();
  await page.mouse.move(5, 5);
  await chart.focus();
  await page.keyboard.press("Escape");
  await expect(words).toContainText(ALL);
  expect(await lab.lineCount()).toBe(lines);
});

test("a record is dragged with the pointer, and moved by its time in the table", async ({ page }) => {
  const lab = await openExample(page, "late-data", 130);
  await openView(lab);
  const chart = lab.part("event-time-chart");
  const words = lab.part("event-time-words");
  const box = await chart.boundingBox();
  if (box === null) throw new Error("The chart has no box.");
  // The newest record stands at the right; from below upwards it is the first thing that is a record.
  const at = await findRecord(page, words, box);
  await page.mouse.move(at.x, at.y);
  await page.mouse.down();
  await page.mouse.move(at.x, at.y + 6);
  await page.mouse.move(at.x, at.y + 40, { steps: 3 });
  await expect(words).toContainText("From 2001-01-03");
  await page.mouse.up();
  await expect(words).toContainText("Moved from 2001-01-03");
  await expect(moves(lab)).toHaveCount(1);
  // The release was no click, which would have gone to another tick.
  expect(await lab.tick()).toBe(130);

  await lab.part("event-time-table").click();
  const tables = lab.part("event-time-tables");
  await tables
    .getByRole("button", { name: /^move the record/ })
    .nth(3)
    .click();
  const field = tables.getByRole("textbox", { name: "New event time" });
  await expect(field).toBeFocused();
  await field.fill("soon");
  await field.press("Enter");
  await expect(lab.part("event-time-said")).toContainText("That is no time");
  await field.fill("01:00");
  await field.press("Enter");
  await expect(lab.part("event-time-said")).toContainText("to 2001-01-03 01:00:00");
  await expect(moves(lab)).toHaveCount(2);
  await lab.root.getByRole("tab", { name: "Faults" }).click();
  await expect(lab.root.locator("weir-faults")).toContainText("→ 2001-01-03 01:00:00");
});

/** A place of the chart at which the words tell of a record. */
async function findRecord(
  page: Page,
  words: Locator,
  box: { readonly x: number; readonly y: number; readonly width: number; readonly height: number },
): Promise<{ readonly x: number; readonly y: number }> {
  for (let x = box.x + box.width - 30; x > box.x + box.width / 2; x -= 18) {
    for (let y = box.y + 12; y < box.y + box.height - 24; y += 12) {
      await page.mouse.move(x, y);
      if ((await words.textContent())?.includes("Record of key") === true) return { x, y };
    }
  }
  throw new Error("No record was found.");
}

test("a watermark in a buffer is told from the records, at the keys too", async ({ page }) => {
  // South's first watermark is on its way to the other TaskManager.
  const lab = await openExample(page, "interval-join", 2700);
  await lab.root.locator("weir-picture").getByRole("application").focus();
  const spoken = lab.root.locator("weir-picture [role=status]").first();
  // To the first source, into it, past its operator and its first channel, and into the buffer of the second one.
  for (const key of ["ArrowDown", "Shift+ArrowDown", "ArrowDown", "ArrowDown"])
    await page.keyboard.press(key);
  await expect(spoken).toContainText("→");
  for (const key of ["Shift+ArrowDown", "Shift+ArrowDown"]) await page.keyboard.press(key);
  await expect(spoken).toContainText(/Watermark [\d,−]+.*No record with a time up to/s);
});

test("an interval join shows what each order waits for", async ({ page }) => {
  const lab = await openExample(page, "interval-join", 3500);
  await openView(lab);
  await expect(lab.part("event-time-words")).toContainText(/\d+ intervals, \d of them open; \d+ pairs/);
  await lab.part("event-time-table").click();
  await expect(lab.part("event-time-tables")).toContainText("What records wait for");
});

test("the lessons of joins and of async run as their texts say", async ({ page }) => {
  const lab = await openExample(page, "async", 420);
  await expect.poll(() => lab.output()).toContain("ordered> (2,12)");
  expect(await lab.output()).not.toContain("ordered> (3,13)");
  await lab.root.getByRole("button", { name: "2,400" }).click();
  await expect.poll(() => lab.tick()).toBe(2400);
  expect(await lab.everyLine()).toContain("ordered> (33,no answer)");
});
