/** Goal: a wrong behaviour is refused with its place, and a right one keeps its meaning with all defaults. */
import { describe, expect, it } from "vitest";
import { parseBehaviour, plainBehaviour } from "../../../target/behaviour-schema.ts";

function issues(document: unknown): string[] {
  const result = parseBehaviour(document);
  return "issues" in result ? result.issues.map(({ path, message }) => `${path}: ${message}`) : [];
}

describe("behaviour document", () => {
  it("is complete without any key", () => {
    const plain = plainBehaviour();
    expect(plain.seed).toBe(1);
    expect(plain.reply.keepOrder).toBe(false);
    expect(plain.limits.maxMessageBytes).toBe(16_777_216);
    expect(plain.agent.gap).toEqual({ fixedMs: 20 });
  });

  it("reads a number as a fixed delay", () => {
    const result = parseBehaviour({ reply: { delay: 15 } });
    expect("behaviour" in result && result.behaviour.reply.delay).toEqual({ fixedMs: 15 });
  });

  const wrong: [string, unknown, RegExp][] = [
    ["unknown key", { reply: { dorp: { count: 1 } } }, /^reply: .*dorp/],
    ["nested unknown key", { reply: { drop: { count: 1, evry: 2 } } }, /^reply\.drop: .*evry/],
    ["empty pick", { reply: { drop: {} } }, /^reply\.drop: needs at least one of/],
    ["share and every", { reply: { drop: { share: 0.1, every: 2 } } }, /exclude each other/],
    ["share above one", { reply: { drop: { share: 1.5 } } }, /^reply\.drop\.share: /],
    ["share that is no whole number of any block", { zombie: { share: 0.12345 } }, /four decimals/],
    [
      "more than all replies",
      { reply: { drop: { share: 0.7 }, duplicate: { share: 0.7 } } },
      /more than all/,
    ],
    [
      "shares that do not add up",
      { reply: { delay: { mixture: [{ share: 0.9, delay: 1 }] } } },
      /add up to 1/,
    ],
    [
      "two distributions",
      { reply: { delay: { fixedMs: 1, uniformMs: [1, 2] } } },
      /exactly one of/,
    ],
    ["least above most", { reply: { delay: { uniformMs: [3, 2] } } }, /least/],
    ["negative delay", { reply: { delay: -1 } }, /^reply\.delay\.fixedMs: /],
    ["code 1005", { close: [{ afterMessages: 1, code: 1005 }] }, /^close\.0\.code: not a code/],
    ["code 1006", { cap: { connections: 1, close: 1006 } }, /^cap\.close: not a code/],
    ["long reason", { close: [{ afterMessages: 1, reason: "€".repeat(42) }] }, /123 bytes/],
    ["two triggers", { close: [{ afterMessages: 1, idleMs: 50 }] }, /exactly one of/],
    ["no cap action", { cap: { connections: 5 } }, /exactly one of status, close/],
    [
      "status 101",
      { upgrade: { refuse: [{ status: 101, count: 1 }] } },
      /^upgrade\.refuse\.0\.status: /,
    ],
    [
      "pause longer than its period",
      { pause: { everyMs: 100, forMs: 100 } },
      /shorter than its period/,
    ],
    ["not an object", [], /^\(document\): /],
    ["seed too large", { seed: 2 ** 32 }, /^seed: /],
  ];
  for (const [name, document, message] of wrong) {
    it(`refuses: ${name}`, () => {
      const found = issues(document);
      expect(found.length).toBeGreaterThan(0);
      expect(found.join("\n")).toMatch(message);
    });
  }

  it("reports every problem at once", () => {
    expect(issues({ seed: -1, zombie: {}, close: [{ afterMessages: 0 }] }).length).toBe(3);
  });
});
