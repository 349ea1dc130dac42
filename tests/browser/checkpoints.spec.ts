/** Checkpoints in the lab: what one waits for, its phases subtask by subtask, and nothing where there are none. */
import { expect, test } from "@playwright/test";
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
  await expect(rows.filter({ hasText: "◀ the last" })).toHaveCount(1);
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
  await lab.part("trigger-savepoint").click();
  await expect(lab.part("checkpoint-said")).toContainText("asks for a savepoint at tick 600");
  await lab.goTo(1500);
  await expect(lab.part("checkpoint-said")).toContainText("asked for a savepoint at tick 600");
  const history = lab.part("checkpoint-history").locator("tbody tr");
  await expect(history).toHaveCount(2);
  await expect(history.first()).toContainText("savepoint 2");
  await expect(history.first()).toContainText("complete");
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
