/** What changes while an answer is awaited is asked once more, however often it changed. */
import { expect, test } from "vitest";
import { Questions } from "./questions";

test("asks once more after what changed meanwhile", async () => {
  const answers: (() => void)[] = [];
  const questions = new Questions(() => new Promise((answered) => answers.push(answered)));
  const first = questions.ask();
  void questions.ask();
  void questions.ask();
  expect(answers).toHaveLength(1);
  answers[0]?.();
  await Promise.resolve();
  await Promise.resolve();
  expect(answers).toHaveLength(2);
  answers[1]?.();
  await first;
  expect(answers).toHaveLength(2);
});

test("asks again after a question that failed", async () => {
  let asked = 0;
  const questions = new Questions(() => {
    asked += 1;
    return asked === 1 ? Promise.reject(new Error("gone")) : Promise.resolve();
  });
  await expect(questions.ask()).rejects.toThrow("gone");
  await questions.ask();
  expect(asked).toBe(2);
});
