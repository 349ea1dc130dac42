/** The cluster without a pointer: its processes, its failures, its heartbeats, its messages, its faults. */
import { expect, test } from "@playwright/test";
import { LabPage } from "./lab-page";

test.use({ reducedMotion: "reduce" });

test("a TaskManager is cut off and connected again at its place on the stage", async ({ page }) => {
  const lab = await LabPage.open(page);
  await lab.goTo(60);
  await lab.tabTo(lab.part("show-processes"));
  await page.keyboard.press("Enter");
  const boxes = lab.part("processes").getByRole("button");
  await expect(boxes).toHaveText([
    /JobManager 1\s+leader\s+Dispatcher\s*ResourceManager\s*JobMaster/,
    /TaskManager 1\s+1 \/ 1 slot/,
    /TaskManager 2\s+1 \/ 1 slot/,
  ]);
  await lab.tabTo(boxes.nth(1));
  await page.keyboard.press("Enter");
  await lab.tabTo(lab.act("cutOffTaskManager"));
  await expect(lab.act("cutOffTaskManager")).toHaveAccessibleDescription(/hears nothing of the JobManager/);
  await page.keyboard.press("Enter");
  await page.keyboard.press("ArrowRight");
  await expect(boxes.nth(1)).toContainText("cut off");
  await expect(lab.part("sentence")).toContainText("is cut off from the JobManager");
  await lab.tabTo(lab.act("reconnectTaskManager"));
  await page.keyboard.press("Enter");
  await page.keyboard.press("ArrowRight");
  await expect(boxes.nth(1)).not.toContainText("cut off");
  await page.keyboard.press("Escape");
  await expect(lab.act("killTaskManager")).toHaveCount(0);
  await expect(boxes.nth(1)).toBeFocused();
});

test("the JobManager is stopped in the panel of faults, and its process starts again", async ({ page }) => {
  const lab = await LabPage.open(page);
  await lab.goTo(60);
  await lab.tabTo(lab.tab("Timeline"));
  await page.keyboard.press("End");
  await expect(lab.tab("Faults")).toHaveAttribute("aria-selected", "true");
  await lab.tabTo(lab.part("process-fault").getByRole("combobox"));
  await page.keyboard.press("End");
  await expect(lab.act("stopJobManager")).toBeVisible();
  await lab.tabTo(lab.act("stopJobManager"));
  await page.keyboard.press("Enter");
  await expect(lab.part("given")).toContainText("stop JobManager 1");
  await page.keyboard.press("ArrowRight");
  await expect(lab.part("active-faults")).toContainText("JobManager 1 is gone");
  // What became of it stands on the stage without being asked for.
  await expect(lab.part("processes")).toContainText("stopped");
  await lab.tabTo(lab.part("active-faults").getByRole("button"));
  await page.keyboard.press("Enter");
  await page.keyboard.press("ArrowRight");
  await expect(lab.part("no-faults")).toBeVisible();
});

test("failures and heartbeats are opened and followed to their moments", async ({ page }) => {
  const lab = await LabPage.open(page);
  await lab.openExample("region-failover", 24_100);
  await lab.tabTo(lab.part("show-heartbeats"));
  await page.keyboard.press("Enter");
  await expect(lab.part("heartbeats").getByRole("listitem").first()).toContainText("TaskManager 1");
  await lab.tabTo(lab.tab("Timeline"));
  for (let tabs = 0; tabs < 4; tabs += 1) await page.keyboard.press("ArrowRight");
  await lab.tabTo(lab.part("failovers").getByRole("button", { name: "22,098" }).first());
  await page.keyboard.press("Enter");
  await expect.poll(() => lab.tick()).toBe(22_099);
  await lab.tabTo(lab.part("exceptions").getByRole("button", { name: "20,001" }).first());
  await page.keyboard.press("Enter");
  await expect.poll(() => lab.tick()).toBe(20_002);
});

test("the sequence is narrowed, widened and followed, and a click on an arrow leads there too", async ({
  page,
}) => {
  const lab = await LabPage.open(page);
  await lab.openExample("twelve-phases", 121);
  await lab.tabTo(lab.tab("Timeline"));
  for (let tabs = 0; tabs < 2; tabs += 1) await page.keyboard.press("ArrowRight");
  const words = lab.part("sequence-words");
  await expect(words).toContainText("messages between 6 processes");
  await lab.tabTo(lab.part("sequence-participant"));
  await page.keyboard.press("Home");
  await page.keyboard.press("ArrowDown");
  await expect(words).toHaveText("3 messages between 6 processes.");
  await lab.tabTo(lab.part("sequence-find"));
  await page.keyboard.type("submitJob");
  await expect(words).toHaveText("2 messages between 6 processes.");
  const list = lab.part("sequence");
  await lab.tabTo(list);
  await page.keyboard.press("+");
  await page.keyboard.press("Home");
  await page.keyboard.press("ArrowDown");
  await expect(words).toContainText("Client to Dispatcher");
  const tick = Number(/^Tick ([\d,]+)/.exec((await words.textContent()) ?? "")?.[1]?.replaceAll(",", ""));
  await page.keyboard.press("Enter");
  await expect.poll(() => lab.tick()).toBe(tick + 1);
  await lab.goTo(121);
  await list.focus();
  await page.keyboard.press("Home");
  await expect(words).toContainText("phase 1");
  const box = await list.boundingBox();
  // The first line, beneath the lanes' names.
  await page.mouse.click((box?.x ?? 0) + 300, (box?.y ?? 0) + 40);
  await expect.poll(() => lab.tick()).toBe(tick + 1);
});
