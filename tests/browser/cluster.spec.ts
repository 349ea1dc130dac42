/** Processes in the lab: who of them is gone, and who takes over. */
import { expect, test } from "@playwright/test";
import { LabPage } from "./lab-page";

test.use({ reducedMotion: "reduce" });

test("a JobManager that is gone is told as such, and starts again by hand", async ({ page }) => {
  const lab = await LabPage.open(page);
  await lab.openExample("job-manager-fails-over", 1790);
  await lab.tab("Faults").click();
  await expect(lab.part("no-faults")).toBeVisible();
  await lab.goTo(1810);
  await expect(lab.part("active-faults")).toContainText("JobManager 1 is gone");
  await expect(lab.part("sentence")).toContainText("JobManager 1 is gone");
  await lab.goTo(3000);
  await expect(lab.part("job-manager-fault")).toContainText("JobManager 2 (leader)");
  await lab.part("active-faults").getByRole("button", { name: "Take back" }).click();
  await lab.goTo(3100);
  await expect(lab.part("no-faults")).toBeVisible();
  await expect(lab.part("job-manager-fault")).toContainText("JobManager 1 (standby)");
});

test("JobManagers that stand by are a setting of the cluster, and are killed from the picture", async ({
  page,
}) => {
  const lab = await LabPage.open(page);
  await expect(lab.part("job-managers")).toHaveCount(0);
  await page.getByTitle("Cluster settings").click();
  await page.getByLabel("high-availability.type").selectOption("ZOOKEEPER");
  await page.getByRole("spinbutton", { name: "JobManagers" }).fill("3");
  await page.getByRole("button", { name: "Start again" }).click();
  const boxes = lab.part("job-managers").getByRole("listitem");
  await expect(boxes).toContainText([
    /JobManager 1\s+leader/,
    /JobManager 2\s+standby/,
    /JobManager 3\s+standby/,
  ]);
  await lab.goTo(50);
  await page.getByRole("button", { name: "Kill JobManager 1" }).click();
  await lab.goTo(60);
  await expect(boxes.first()).toContainText("killed");
  await expect(lab.part("sentence")).toContainText("JobManager 1 is gone");
  await lab.goTo(1200);
  await expect(boxes.nth(1)).toContainText("leader");
  await page.getByRole("button", { name: "Start JobManager 1" }).click();
  await lab.goTo(1300);
  await expect(boxes.first()).toContainText("standby");
});
