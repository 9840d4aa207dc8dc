/** What of the data tables is kept and sent to workers: what placeholders name, and everything where that cannot be told. */
import { expect, test } from "vitest";
import { rowsOf } from "../../support/data-table.ts";
import { parseText, scenarioOf } from "./reading.ts";

const CSV = "name,token,note\nann,t-1,long\nben,t-2,longer\n";

function kept(text: string): Record<string, unknown> {
  const load = "load: [{ phase: a, ramp: linear, to: 1, over: 1s }]";
  const data = "data: { users: { csv: u.csv }, rooms: { csv: r.csv, pick: random } }";
  const yaml = `version: 1\ntarget: ws://localhost:1/\n${load}\n${data}\n${text}\n`;
  const scenario = scenarioOf(parseText(yaml, { readFile: () => Buffer.from(CSV) }));
  return Object.fromEntries(
    Object.entries(scenario.data).map(([name, table]) => {
      expect(table.count).toBe(2);
      return [name, [table.columns.join(), rowsOf(table).length]];
    }),
  );
}

const header = (value: string) => `connect: { headers: { a: '${value}' } }`;
const ALL = ["name,token,note", 2];
const NONE = ["", 0];

test.each([
  ["connect: {}", NONE, NONE],
  [header("{{data.users.token}}"), ["token", 2], NONE],
  [header('{{data["users"]["token"]}}'), ["token", 2], NONE],
  [header("{{data.users.token + data.rooms.name}}"), ["token", 2], ["name", 2]],
  [header('{{data["us" + "ers"].token}}'), ALL, ALL],
  [header('{{data.users["to" + "ken"]}}'), ALL, ALL],
  ["connect: { headers: { a: \"{{data.users.token + 'data'}}\" } }", ALL, ALL],
])("%s", (text, users, rooms) => {
  const found = kept(text);
  expect(found["rooms"]).toEqual(rooms);
  expect(found["users"]).toEqual(users);
});

test("what a role, a step or an answer reads is read", () => {
  const roles = `
roles:
  one: { share: 50%, connect: { headers: { a: "{{data.users.name}}" } } }
  two: { share: 50%, flow: [ { send: { text: "{{data.rooms.note}}" } } ] }`;
  expect(kept(roles)).toEqual({ users: ["name", 2], rooms: ["note", 2] });
});
