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
