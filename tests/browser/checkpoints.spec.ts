/** Checkpoints in the lab: what one waits for, its phases subtask by subtask, and nothing where there are none. */
import { expect, type Locator, type Page, test } from "@playwright/test";
import { LabPage } from "./lab-page";

test.use({ reducedMotion: "reduce" });

const JOB = `env.setParallelism(2);
env.enableCheckpointing(200);
env.fromSequence(1, 3000)
  .map(n => [n % 7, n])
  .keyBy(t => t[0])
  .sum(1).name("sum")
  .print();`;

test("a checkpoint is read while it is under way and when it is complete", async ({ page }) => {
  const lab = await LabPage.open(page);
  await lab.root.getByRole("tab", { name: "Checkpoints" }).click();
  const view = lab.root.locator("weir-checkpoints");
  await expect(view).toContainText("The job takes no checkpoints by itself.");

  await lab.run(JOB);
  await expect(lab.root.getByText("Loading", { exact: false })).toHaveCount(0);
  await lab.goTo(2000);
  await expect(lab.part("checkpoint-history").locator("tbody tr").first()).toBeVisible();
  await expect(lab.part("checkpoint-history")).toContainText("complete");
  const first = lab.part("checkpoint-history").locator("tbody tr").last();
  await first.getByRole("button").click();
  await expect(first.getByRole("button")).toHaveAttribute("aria-pressed", "true");
  const rows = lab.part("checkpoint").locator(".phases tbody tr");
  await expect(rows).toHaveCount(4);
  await expect(rows.filter({ hasText: "◀" })).toHaveCount(1);
  await expect(rows.first().getByRole("img")).toHaveAttribute(
    "aria-label",
    /takes its snapshot|writes it|travels/,
  );
  await rows.first().getByRole("button").click();
  await expect(lab.part("inspected")).toHaveText("Source: Sequence Source -> Map (1/2)");
});

test("a checkpoint and a savepoint are asked for by hand, and their state stands beside that of now", async ({
  page,
}) => {
  const lab = await LabPage.open(page);
  await lab.root.getByRole("tab", { name: "Checkpoints" }).click();
  await lab.run(JOB.replace("env.enableCheckpointing(200);", ""));
  await lab.goTo(400);
  await lab.part("trigger-checkpoint").click();
  await expect(lab.part("checkpoint-said")).toContainText("asks for a checkpoint at tick 400");
  await lab.goTo(600);
  const target = lab.part("savepoint-target");
  await target.fill("hdfs:///");
  await lab.part("trigger-savepoint").click();
  expect(await target.evaluate((field: HTMLInputElement) => field.validationMessage)).toContain(
    "no directory",
  );
  await target.fill("hdfs:///backups/daily");
  await lab.part("trigger-savepoint").click();
  await expect(lab.part("checkpoint-said")).toContainText("asks for a savepoint at tick 600");
  await lab.goTo(1500);
  await expect(lab.part("checkpoint-said")).toContainText("asked for a savepoint at tick 600");
  const history = lab.part("checkpoint-history").locator("tbody tr");
  await expect(history).toHaveCount(2);
  await expect(history.first()).toContainText("savepoint 2");
  await expect(history.first()).toContainText("complete");
  await lab.part("checkpoint").getByRole("tab", { name: "Files" }).click();
  await expect(lab.part("checkpoint")).toContainText("backups/daily/savepoint-");
  await history.last().getByRole("button", { name: "1", exact: true }).click();

  const entry = lab.part("checkpoint");
  await entry.getByRole("tab", { name: "State" }).click();
  await expect(lab.part("restore-sentence")).toContainText(/Restored now: \d+ entries set back/);
  await expect(lab.part("restore-sentence")).toContainText("reads");
  const state = lab.part("held-state").locator("tbody tr");
  await expect(state.filter({ hasText: "sum" }).first()).toContainText("key group");
  const changed = await state.count();
  await entry.getByRole("checkbox", { name: "only what would change" }).uncheck();
  expect(await state.count()).toBeGreaterThanOrEqual(changed);
  await entry.getByRole("tab", { name: "Files" }).click();
  await expect(lab.part("files-sentence")).toBeVisible();
  await lab.part("files").getByRole("button", { name: "_metadata" }).first().click();
  await expect(lab.part("file-text")).toBeVisible();
});

test("a checkpoint's phases, state and files are reached by keys alone", async ({ page }) => {
  const lab = await LabPage.open(page);
  await lab.run(
    `env.configure(Configuration.fromMap({ "execution.checkpointing.dir": "hdfs:///c" }));\n${JOB}`,
  );
  await lab.goTo(2000);
  await lab.tab("Timeline").focus();
  for (let tabs = 0; tabs < 3; tabs += 1) await page.keyboard.press("ArrowRight");
  await expect(lab.tab("Checkpoints")).toBeFocused();
  const first = lab.part("checkpoint-history").locator("tbody tr").last().getByRole("button");
  await tabTo(page, first);
  await page.keyboard.press("Enter");
  await expect(first).toHaveAttribute("aria-pressed", "true");

  const entry = lab.part("checkpoint");
  const phases = entry.getByRole("tab", { name: "Phases" });
  await tabTo(page, phases);
  const subtask = entry.locator(".phases tbody tr").first().getByRole("button");
  await tabTo(page, subtask);
  await page.keyboard.press("Enter");
  await expect(lab.part("inspected")).toHaveText("Source: Sequence Source -> Map (1/2)");

  await phases.focus();
  await page.keyboard.press("ArrowRight");
  await expect(entry.getByRole("tab", { name: "State" })).toBeFocused();
  await page.keyboard.press("ArrowRight");
  await expect(entry.getByRole("tab", { name: "Files" })).toBeFocused();
  const metadata = lab.part("files").getByRole("button", { name: "_metadata" }).last();
  await tabTo(page, metadata);
  await page.keyboard.press("Enter");
  await expect(lab.part("file-text")).toBeVisible();
});

test("a savepoint is downloaded, and another page goes on from it", async ({ page, context }) => {
  const lab = await LabPage.open(page);
  await lab.run(JOB);
  await lab.goTo(600);
  await lab.tab("Checkpoints").click();
  await lab.part("stop-with-savepoint").click();
  // It ends before.
  const field = lab.root.getByLabel("Go to tick");
  await field.fill("1500");
  await field.press("Enter");
  const savepoint = lab.part("checkpoint-history").locator("tbody tr").filter({ hasText: "savepoint" });
  await expect(savepoint).toContainText("complete");
  await savepoint.getByRole("button").click();
  const downloading = page.waitForEvent("download");
  await lab.part("download-savepoint").click();
  const download = await downloading;
  expect(download.suggestedFilename()).toMatch(/^savepoint-\d+\.savepoint$/);
  const file = await download.path();

  const other = await LabPage.open(await context.newPage());
  await other.run(JOB.replace("setParallelism(2)", "setParallelism(1)"));
  await other.goTo(100);
  await other.tab("Checkpoints").click();
  await other.part("savepoint-file").setInputFiles(file);
  // It is another run, from its beginning.
  await expect.poll(() => other.tick()).toBeLessThan(100);
  await other.goTo(400);
  await expect(other.root.locator("weir-checkpoints")).toContainText("Restored last from checkpoint");
});

/** Presses Tab until the focus is there. */
async function tabTo(page: Page, target: Locator): Promise<void> {
  for (let presses = 0; presses < 60; presses += 1) {
    if (await target.evaluate((element) => element.matches(":focus"))) return;
    await page.keyboard.press("Tab");
  }
  throw new Error("The Tab key does not lead there.");
}
