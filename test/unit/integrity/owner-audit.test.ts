/**
 * Goal: a message is a leak when the owner rule says that it is another user's, whatever was remembered of messages before it.
 * Method: a real correlator with the audits, messages of two users in turn; rules that one field decides, and rules with more.
 */
import { expect, test } from "vitest";
import { NO_AUDIT } from "../../../shared/scenario/defaults.ts";
import { UserMarks } from "../../../shared/scenario/template/user-marks.ts";
import { canarySearch } from "../../../worker/integrity/canary-search.ts";
import { ownerAudit } from "../../../worker/integrity/owner-audit.ts";
import { Correlator } from "../../../worker/message/correlator.ts";
import { COUNT, Recorder } from "../../../worker/record/recorder.ts";
import { NO_HEALTH, TestConversation } from "../../support/correlation.ts";
import { scenario } from "../../support/scenario.ts";

/** Counts of what connections 0 and 1 got. */
function heard(
  isolation: { owner: string | null; canary: boolean },
  messages: readonly (readonly [slot: number, text: string])[],
) {
  const recorder = new Recorder({ phases: 1, names: 1, shards: 1 });
  recorder.begin(0);
  const played = scenario("ws://127.0.0.1:1/", { integrity: { ...NO_AUDIT, isolation } });
  const correlator: Correlator = new Correlator(played, recorder, {
    ...{ run: "r1", framed: false, standstill: { graceUs: 0 } },
    observers: [ownerAudit, canarySearch],
  });
  const all = [0, 1].map((slot) => new TestConversation(slot, 0, () => correlator));
  for (const one of all) correlator.observers.opened(one, 0);
  for (const [slot, text] of messages) {
    const bytes = Buffer.from(text);
    correlator.incoming.take(bytes, 0, bytes.length, false);
    correlator.receive(all[slot] as TestConversation);
  }
  const [row] = recorder.cut(0, NO_HEALTH, true).phases;
  const count = (counter: number) => row?.counters[counter] ?? 0;
  const { owned, leaked, searched, heardOwn } = COUNT;
  return [count(owned), count(leaked), count(searched), count(heardOwn)];
}

const user = (name: string | number, more: object = {}) => JSON.stringify({ user: name, ...more });

test.each([
  ["m.user == 'u' + string(conn.index)"],
  ["m.user == 'u' + string(conn.index) && size(m) < 9"],
  ["string(m.user) == 'u' + string(conn.index % 2)"],
])("%s: own messages, those of others and those that do not say", (owner) => {
  const messages = [
    ...([
      [0, user("u0")],
      [0, user("u0")],
      [0, user("u1")],
      [0, user("u0")],
    ] as const),
    ...([
      [1, user("u0")],
      [1, user("u1")],
      [1, "{}"],
      [1, "no json"],
      [1, user("u0")],
    ] as const),
  ];
  expect(heard({ owner, canary: false }, messages).slice(0, 2)).toEqual([7, 3]);
});

test("a rule that reads two fields is asked each time", () => {
  const owner = "m.user == 'u0' || m.to == 'all'";
  const messages = [
    [0, user("u1", { to: "all" })],
    [0, user("u1", { to: "u1" })],
    [0, user("u0", { to: "u0" })],
  ] as const;
  expect(heard({ owner, canary: false }, messages)).toEqual([3, 1, 0, 0]);
});

test("marks of others are found as they are, and in base64 wherever they stand in it; one's own prove the search", () => {
  const marks = new UserMarks("r1");
  const base64 = (ahead: string) =>
    Buffer.from(`${ahead}${marks.of(1)} and more`).toString("base64");
  const messages = [
    [0, `{"a":"${marks.of(0)}"}`],
    [0, `again ${marks.of(0)}`],
    [0, `x${marks.of(1)}`],
    ...["", "a", "ab", "abc", "abcd"].map((ahead) => [0, `{"d":"${base64(ahead)}"}`] as const),
    [0, `${marks.of(0)} ${marks.of(1)}`],
    [0, new UserMarks("another run").of(1)],
    [0, marks.of(1).slice(0, -1)],
    [1, marks.of(1)],
  ] as const;
  expect(heard({ owner: null, canary: true }, messages)).toEqual([0, 7, messages.length, 2]);
});
