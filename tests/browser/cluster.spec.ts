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
  await expect(lab.part("process-fault")).toContainText("JobManager 2 (leader)");
  await lab.part("active-faults").getByRole("button", { name: "Take back" }).click();
  await lab.goTo(3100);
  await expect(lab.part("no-faults")).toBeVisible();
  await expect(lab.part("process-fault")).toContainText("JobManager 1 (standby)");
});

test("JobManagers that stand by are a setting of the cluster, and are killed from the picture", async ({
  page,
}) => {
  const lab = await LabPage.open(page);
  await expect(lab.part("processes")).toHaveCount(0);
  await page.getByTitle("Cluster settings").click();
  await page.getByLabel("high-availability.type").selectOption("ZOOKEEPER");
  await page.getByRole("spinbutton", { name: "JobManagers" }).fill("3");
  await page.getByRole("button", { name: "Start again" }).click();
  const boxes = lab.part("processes").getByRole("button", { name: "JobManager" });
  await expect(boxes).toContainText([
    /JobManager 1\s+leader/,
    /JobManager 2\s+standby/,
    /JobManager 3\s+standby/,
  ]);
  await lab.goTo(50);
  await boxes.first().click();
  await lab.act("killJobManager").click();
  await expect(lab.root.locator("weir-process-acts [role=status]")).toHaveText(
    "At tick 50: kill JobManager 1. Step or run to see it.",
  );
  await lab.goTo(60);
  await expect(boxes.first()).toContainText("killed");
  await expect(lab.part("sentence")).toContainText("JobManager 1 is gone");
  await lab.goTo(1200);
  await expect(boxes.nth(1)).toContainText("leader");
  await lab.act("startJobManager").click();
  await lab.goTo(1300);
  await expect(boxes.first()).toContainText("standby");
});

test("how tasks are scheduled is a setting of the cluster, which an adaptive scheduler does not have", async ({
  page,
}) => {
  const lab = await LabPage.open(page);
  await page.getByTitle("Cluster settings").click();
  await page.getByLabel("Scheduling strategy").selectOption("lazy from sources: any input");
  await page.getByRole("button", { name: "Start again" }).click();
  await lab.goTo(30);
  await page.getByTitle("Cluster settings").click();
  await expect(page.getByLabel("Scheduling strategy")).toHaveValue("lazy-from-sources");
  await lab.openExample("reactive", 0);
  await page.getByTitle("Cluster settings").click();
  await expect(page.getByLabel("Scheduling strategy")).toBeDisabled();
  await expect(page.getByTitle(/only the default scheduler has a strategy/)).toBeVisible();
});

test("a NodeManager of YARN is lost from the picture, by the keyboard too", async ({ page }) => {
  const lab = await LabPage.open(page);
  // No JobManager is there yet, so that the processes are shown.
  await lab.openExample("on-yarn", 100);
  const box = lab.part("processes").getByRole("button", { name: "NodeManager 2" });
  await lab.tabTo(box);
  await page.keyboard.press("Enter");
  await lab.tabTo(lab.act("loseNodeManager"));
  await page.keyboard.press("Enter");
  await expect(lab.root.locator("weir-process-acts [role=status]")).toHaveText(
    "At tick 100: lose NodeManager 2. Step or run to see it.",
  );
  await lab.goTo(110);
  await expect(box).toContainText("NodeManager 2 (lost)");
  await expect(lab.root.locator("weir-process-acts")).toContainText("It is gone for good.");
});

test("a failure walks over the graph region by region, with a countdown and its history", async ({
  page,
}) => {
  const lab = await LabPage.open(page);
  await lab.openExample("region-failover", 20_000);
  await expect(lab.part("regions")).toHaveCount(0);
  const before = await lab.picture();
  await lab.goTo(20_500);
  await expect(lab.part("status")).toHaveText("RESTARTING in 1,598 ms");
  await expect(lab.part("countdown")).toContainText("1,598 ms");
  const regions = lab.part("regions").getByRole("listitem");
  await expect(regions).toHaveText([
    /1\s+Source: numbers \(3\/4\) and 2 more · ended/,
    /2\s+Source: numbers \(4\/4\) and 2 more · ended/,
  ]);
  const outlined = await lab.picture();
  expect(outlined).not.toBe(before);
  await lab.goTo(20_600);
  await expect(lab.part("countdown")).toContainText("1,498 ms");
  await lab.goTo(22_200);
  await expect(lab.part("countdown")).toHaveCount(0);
  await expect(regions).toContainText([/waiting for slots/, /waiting for slots/]);
  await lab.tab("Failures").click();
  const rows = lab.part("exceptions").locator("tbody tr");
  await expect(rows).toHaveText([
    /20,001\s+ResourceManagerException: .* no longer reachable\.\s+Source: numbers \(3\/4\)\s+TaskManager 2/,
    /20,001\s+ResourceManagerException: .* no longer reachable\.\s+Source: numbers \(4\/4\)\s+TaskManager 2/,
  ]);
  await expect(rows.nth(1)).toHaveClass("along");
  await lab.goTo(24_100);
  await expect(lab.part("regions")).toHaveCount(0);
  await expect(lab.part("failovers")).toContainText("all of it runs again after 4,004 ms");
  await lab.part("failovers").locator("tbody tr").first().getByRole("button", { name: "22,098" }).click();
  await expect.poll(() => lab.tick()).toBe(22_099);
  await expect(lab.part("failovers").locator("tbody tr").first()).toContainText("–");
});

test("a region in batch waits for its inputs, and a lost result is written again before them", async ({
  page,
}) => {
  const lab = await LabPage.open(page);
  await lab.openExample("batch-failover", 2600);
  const regions = lab.part("regions").getByRole("listitem");
  await expect(regions).toContainText([
    /1\s+of each customer \(2\/2\) · waiting for its inputs/,
    /2\s+of each customer \(1\/2\) · waiting for its inputs/,
    /3\s+of each branch .* · waiting for its inputs/,
    /4\s+of each branch .* · waiting for its inputs/,
    /5\s+Source: orders \(2\/2\) · running again/,
  ]);
  await lab.goTo(5700);
  await expect(regions).toHaveCount(0);
});

test("a job that is not restarted tells the verdict above its exceptions", async ({ page }) => {
  const lab = await LabPage.open(page);
  await lab.tab("Failures").click();
  await expect(lab.part("failovers")).toContainText("Nothing has failed yet");
  await lab.part("example").selectOption("failing");
  await expect.poll(() => lab.tick()).toBe(0);
  await lab.part("end").click();
  await expect(lab.part("status")).toHaveText("FAILED");
  await expect(lab.part("exceptions")).toContainText(
    "Recovery is suppressed by NoRestartBackoffTimeStrategy.",
  );
  await expect(lab.part("exceptions")).toContainText("Error: no answer for 42");
});

test("heartbeats are seen on demand, and how long one that does not answer still counts as there", async ({
  page,
}) => {
  const lab = await LabPage.open(page);
  await lab.openExample("late-heartbeat", 11_000);
  await expect(lab.part("heartbeats")).toHaveCount(0);
  await lab.part("show-heartbeats").click();
  const rows = lab.part("heartbeats").getByRole("listitem");
  await expect(rows).toContainText([
    /JobMaster → TaskManager 1\s+answered 0\.996 s ago/,
    /ResourceManager → TaskManager 1\s+answered 0\.998 s ago/,
    /JobMaster → TaskManager 2\s+answered 0\.996 s ago/,
    /ResourceManager → TaskManager 2\s+answered 0\.998 s ago/,
  ]);
  await lab.goTo(30_000);
  await expect(rows.nth(2)).toContainText("answered 19.996 s ago; gone in 30,003 ms");
  await lab.goTo(60_100);
  await expect(rows.nth(2)).toContainText("gone since tick");
  await lab.goTo(75_100);
  await expect(rows.nth(2)).not.toContainText("gone");
  await lab.part("show-heartbeats").click();
  await expect(lab.part("heartbeats")).toHaveCount(0);
});
