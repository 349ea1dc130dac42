/** The lab in a real browser: running, stepping, going back, and what it says when a job is wrong. */
import { readFileSync } from "node:fs";
import { expect, test } from "@playwright/test";
import { LabPage } from "./lab-page";

const ALICE = readFileSync(new URL("../../web/src/examples/texts/alice.txt", import.meta.url), "utf8");

const SMALL = `env.fromData("b", "a", "b")
  .map(word => [word, 1])
  .keyBy(t => t[0])
  .sum(1)
  .print();`;

test.use({ reducedMotion: "reduce" });

test("WordCount runs to its end and counts every word", async ({ page }) => {
  const words = ALICE.toLowerCase()
    .split(/[^a-z]+/)
    .filter((word) => word.length > 0);
  const counts = new Map<string, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);

  const lab = await LabPage.open(page);
  await lab.part("end").click();
  await expect(lab.part("status")).toHaveText("FINISHED", { timeout: 120_000 });
  expect(await lab.lineCount()).toBe(words.length);

  // Each word counts up from 1 to its number, always on the same subtask.
  const reached = new Map<string, number>();
  const subtasks = new Map<string, string>();
  const faults: string[] = [];
  for (const line of await lab.everyLine()) {
    const [, subtask = "", word = "", count] = /^([12])> \(([a-z]+),(\d+)\)$/.exec(line) ?? [];
    const isNext = Number(count) === (reached.get(word) ?? 0) + 1;
    if (!isNext || (subtasks.get(word) ?? subtask) !== subtask) faults.push(line);
    reached.set(word, Number(count));
    subtasks.set(word, subtask);
  }
  expect(faults).toEqual([]);
  expect(reached).toEqual(counts);
  expect((await lab.output()).length).toBeGreaterThan(5);
});

test("a step and a step back give the same picture and the same output", async ({ page }) => {
  const lab = await LabPage.open(page);
  await lab.goTo(150);
  await expect(lab.part("status")).toHaveText("RUNNING");
  const before = {
    picture: await lab.picture(),
    lines: await lab.lineCount(),
    sentence: await lab.part("sentence").textContent(),
  };
  for (let step = 1; step <= 5; step += 1) await lab.part("step").click();
  await expect.poll(() => lab.tick()).toBe(155);
  expect(await lab.picture()).not.toBe(before.picture);
  for (let step = 1; step <= 5; step += 1) await lab.part("back").click();
  await expect.poll(() => lab.tick()).toBe(150);
  const after = {
    picture: await lab.picture(),
    lines: await lab.lineCount(),
    sentence: await lab.part("sentence").textContent(),
  };
  expect(after).toEqual(before);
});

test("steps by turn and by record stay within what they say", async ({ page }) => {
  const lab = await LabPage.open(page);
  await lab.goTo(150);
  await lab.part("unit").selectOption("turn");
  await lab.part("step").click();
  await expect(lab.part("tick")).toContainText("turn 1");
  await lab.part("back").click();
  await expect(lab.part("tick")).not.toContainText("turn");
  expect(await lab.tick()).toBe(150);
  await lab.part("unit").selectOption("record");
  await lab.part("step").click();
  await expect.poll(() => lab.part("tick").textContent()).not.toBe("tick 150");
});

test("the three depths are three pictures of one job", async ({ page }) => {
  const lab = await LabPage.open(page);
  const pictures = new Set<string>();
  for (const depth of ["stream", "job", "execution"]) {
    await lab.root.locator(`weir-picture [data-tab="${depth}"]`).click();
    pictures.add(await lab.picture());
    await lab.part("table").click();
    await expect(lab.part("twin")).toContainText("Flat Map");
    await lab.part("table").click();
  }
  expect(pictures.size).toBe(3);
});

test("a job that does not parse shows the error at its line, and the old run stays", async ({ page }) => {
  const lab = await LabPage.open(page);
  await lab.goTo(150);
  const lines = await lab.lineCount();
  await lab.run("env.setParallelism(2);\nenv.fromSequence(1, 9)\n  .map(n => ).print();");
  await expect(lab.part("job-error")).toContainText("does not parse");
  await expect(lab.part("job-error")).toContainText("Line 3");
  await expect(lab.root.locator(".cm-wrong")).toContainText(".map(n => ).print();");
  await expect(lab.part("line-error")).toBeVisible();
  expect(await lab.tick()).toBe(150);
  expect(await lab.lineCount()).toBe(lines);
  await lab.part("step").click();
  await expect.poll(() => lab.tick()).toBe(151);
});

test("a misused API and a rejected graph are explained at their line", async ({ page }) => {
  const lab = await LabPage.open(page);
  await lab.run("\n\nenv.setParallelism(-1);\nenv.fromSequence(1, 2).print();");
  await expect(lab.part("job-error")).toContainText("Line 3");
  await lab.run("env.fromSequence(1, 2)\n  .mapp(n => n)\n  .print();");
  await expect(lab.part("job-error")).toContainText("Line 2");
  await expect(lab.part("job-error-message")).toContainText("map");
  await lab.run("env.fromSequence(1, 2);");
  await expect(lab.part("job-error")).toBeVisible();
  await lab.run(SMALL);
  await expect(lab.part("job-error")).toHaveCount(0);
  await expect(lab.part("status")).toHaveText("FINISHED", { timeout: 30_000 });
});

test("a function that throws is shown with its operator and line", async ({ page }) => {
  const lab = await LabPage.open(page);
  await lab.part("example").selectOption("failing");
  await lab.part("end").click();
  await expect(lab.part("status")).toHaveText("FAILED", { timeout: 30_000 });
  const error = lab.part("job-error");
  await expect(error).toContainText("no answer for 42");
  await expect(error).toContainText("fragile");
  await expect(error).toContainText("Line 6");
  await lab.goTo(40);
  await expect(lab.part("status")).toHaveText("RUNNING");
  await expect(error).toHaveCount(0);
});

test("a function that does not return is stopped and named, and the page lives", async ({ page }) => {
  test.slow();
  const lab = await LabPage.open(page);
  await lab.run(
    'env.fromSequence(1, 20)\n  .map(n => {\n    while (n === 7) {}\n    return n;\n  })\n  .name("stuck")\n  .print();',
  );
  const error = lab.part("job-error");
  await expect(error).toContainText("does not return", { timeout: 45_000 });
  await expect(error).toContainText("stuck");
  await expect(error).toContainText("Line 2");
  const tick = await lab.tick();
  expect(tick).toBeGreaterThan(0);
  await lab.part("back").click();
  await expect.poll(() => lab.tick()).toBe(tick - 1);
});

test("the inspector shows a task's state and marks what changed in this tick", async ({ page }) => {
  const lab = await LabPage.open(page);
  await lab.run(SMALL.replace('"b", "a", "b"', '"b", "a", "b", "b", "b", "b", "b", "b"'));
  await expect(lab.part("status")).toHaveText("FINISHED", { timeout: 30_000 });
  await lab.root.locator("weir-output .row").last().click();
  await expect(lab.part("inspected")).toContainText("(1/1)");
  await expect(lab.root.locator("weir-inspector tr.changed")).toContainText("(b,7)");
  await expect(lab.part("changed").first()).toContainText("→");
});

test("a text that is dropped in can be read by a job", async ({ page }) => {
  const lab = await LabPage.open(page);
  await lab
    .part("files")
    .setInputFiles({ name: "mine.txt", mimeType: "text/plain", buffer: Buffer.from("one\ntwo\n") });
  await expect(lab.root.getByText("mine.txt")).toBeVisible();
  await lab.run('env.readTextFile("mine.txt").map(line => line.toUpperCase()).print();');
  await expect(lab.part("status")).toHaveText("FINISHED", { timeout: 30_000 });
  expect(await lab.output()).toEqual(["ONE", "TWO"]);
});

test("another cluster and seed start the job again", async ({ page }) => {
  const lab = await LabPage.open(page);
  await lab.root.getByTitle("Cluster settings", { exact: false }).click();
  await lab.root.getByLabel("TaskManagers", { exact: true }).fill("1");
  await lab.root.getByLabel("Slots of each").fill("3");
  await lab.root.getByLabel("Seed").fill("7");
  await lab.root.getByRole("button", { name: "Start again" }).click();
  await expect(lab.root.getByTitle("Cluster settings", { exact: false })).toContainText(
    "1 TaskManager × 3 slots",
  );
  await expect.poll(() => lab.tick()).toBe(0);
});

test("the trace lists the calls of the submission", async ({ page }) => {
  const lab = await LabPage.open(page);
  await lab.root.getByRole("tab", { name: "Trace" }).click();
  await expect(lab.root.locator("weir-trace .row").first()).toBeVisible();
  await expect(lab.root.locator("weir-trace")).toContainText("JobMaster");
});

test("the sequence view is drawn from the trace, read by keys, narrowed and taken along", async ({
  page,
}) => {
  const lab = await LabPage.open(page);
  await lab.goTo(2);
  await lab.root.getByRole("tab", { name: "Sequence" }).click();
  const words = lab.part("sequence-words");
  await expect(words).toContainText("between 5 processes");
  await lab.goTo(140);
  await expect(words).toContainText("between 6 processes");
  await lab.part("sequence").focus();
  await page.keyboard.press("Home");
  await expect(words).toHaveText("Tick 1: The cluster starts.");
  await page.keyboard.press("ArrowDown");
  await expect(words).toContainText("TaskExecutor 1 to ResourceManager, sent at 0: registerTaskExecutor");
  await page.keyboard.press("Enter");
  await expect.poll(() => lab.tick()).toBe(2);
  // What was seen stays, though it has not happened yet.
  await page.keyboard.press("End");
  await expect(words).toContainText("AddSplitEvent");
  await lab.part("sequence-participant").selectOption("Client");
  await expect(words).toContainText("2 messages");
  await lab.part("sequence-find").fill("acknowledged");
  await expect(words).toContainText("1 message between");
  await lab.part("sequence-find").fill("no such thing");
  await expect(words).toHaveText("No message fits.");
  await lab.part("sequence-find").fill("");
  await lab.part("sequence-participant").selectOption("");
  await lab.part("sequence-phase").selectOption({ label: "9 Tasks are deployed, tick 7" });
  await expect(words).toHaveText("Tick 7: phase 9 Tasks are deployed.");
  for (const [button, file, part] of [
    ["sequence-svg", "sequence.svg", ">submitJob<"],
    ["sequence-mermaid", "sequence.mmd", "participant P0 as Client"],
  ] as const) {
    const [taken] = await Promise.all([page.waitForEvent("download"), lab.part(button).click()]);
    expect(taken.suggestedFilename()).toBe(file);
    expect(readFileSync(await taken.path(), "utf8")).toContain(part);
  }
});

test("the event-time view tells which windows wait, and leads to the channel that holds them back", async ({
  page,
}) => {
  const lab = await LabPage.open(page);
  await lab.part("example").selectOption("idle-partition");
  await expect(lab.root.getByText("const cure = false")).toBeVisible();
  await lab.goTo(5000);
  await expect(lab.part("sentence")).toContainText("it waits for the channel from Source: south (1/1)");
  await lab.root.getByRole("tab", { name: "Event time" }).click();
  await expect(lab.part("event-time-words")).toContainText(
    "50 records: 50 on time. 5 windows, 0 of them fired.",
  );
  await lab.part("event-time-chart").focus();
  await page.keyboard.press("Home");
  await expect(lab.part("event-time-words")).toContainText("there was no watermark yet");
  await lab.part("event-time-table").click();
  await expect(lab.part("event-time-tables").locator("tbody").first().locator("tr")).toHaveCount(5);

  await lab
    .part("sentence")
    .getByRole("button", { name: /^Window/ })
    .click();
  await lab.root.getByRole("tab", { name: "Time", exact: true }).click();
  await expect(lab.part("watermarks").locator("tr", { hasText: "holds it back" })).toContainText("south");
  await expect(lab.part("timers")).toContainText("0 – 1,000");
});
