/** Goal: the log of answers stays within its bounds, and has the latest. Method: more answers than it keeps. */
import { describe, expect, it } from "vitest";
import { AnswerLog, MAX_ANSWERS } from "../../../target/dialogue/answer-log.ts";

const answer = (id: number, events: number) => ({
  ...{ id: String(id), connection: 1, deed: null, cut: false, tookMs: 0 },
  events: new Array<readonly [string, number]>(events).fill(["agent_started", 0]),
});

describe("the log of answers", () => {
  it("keeps the latest so many", () => {
    const log = new AnswerLog();
    for (let id = 0; id < 3 * MAX_ANSWERS; id++) log.add(answer(id, 1));
    const all = log.latest(10 * MAX_ANSWERS);
    expect(all).toHaveLength(MAX_ANSWERS);
    expect(all[0]?.id).toBe(String(2 * MAX_ANSWERS));
    expect(log.latest(2).map(({ id }) => Number(id))).toEqual(
      [2, 1].map((back) => 3 * MAX_ANSWERS - back),
    );
    log.clear();
    expect(log.latest(10)).toEqual([]);
  });

  it("keeps fewer of long ones", () => {
    const log = new AnswerLog();
    for (let id = 0; id < 5000; id++) log.add(answer(id, 200));
    const all = log.latest(MAX_ANSWERS);
    expect(all).toHaveLength(2000);
    expect(all.at(-1)?.id).toBe("4999");
  });
});
