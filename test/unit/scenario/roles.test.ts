/** Roles: what one has of its own and what of the top level, how a total is divided, and what is refused. */
import { expect, it } from "vitest";
import { writtenForm } from "../../../shared/scenario/written.ts";
import { linesOf, minimal, parseText, scenarioOf } from "./reading.ts";

const BASE = `
connect: { headers: { Host: "a.example", x-all: "1" }, timeout: 3s, heartbeat: { ping: 25s, timeout: 4s } }
messages: { total: 90/s, inFlight: 3, mix: [{ name: say, send: { text: hi } }] }
answers: [{ where: "m.type == 'ping'", send: { text: pong } }]
`;
const roles = (text: string) => minimal(`${BASE}roles:\n${text}`);
const TEXT = roles(`
  one: { share: 20%, connect: { headers: { host: "b.example" }, heartbeat: { ping: 5s } } }
  two: { share: 40%, connect: { heartbeat: none, reconnect: { policy: fixed, min: 1s } }, answers: [] }
  three: { share: 30%, messages: { rate: 2/s, arrival: poisson } }
  four: { share: 10%, messages: { rate: 0/s } }`);

it("has what it does not say from the top level, key by key", () => {
  const [one, two, three, four] = scenarioOf(parseText(TEXT)).roles;
  expect(one?.connect.headers).toEqual([
    ["x-all", "1"],
    ["host", "b.example"],
  ]);
  expect(one?.connect.heartbeat).toEqual({ pingUs: 5e6, timeoutUs: 4e6 });
  expect(one?.connect.timeoutUs).toBe(3e6);
  expect(two?.connect.heartbeat).toBeNull();
  expect(two?.connect.reconnect).toMatchObject({ policy: "fixed", minUs: 1e6 });
  expect([one, two].map((role) => role?.answers.length)).toEqual([1, 0]);
  expect(three?.messages).toMatchObject({ arrival: "poisson", inFlight: 3 });
  expect(three?.messages?.mix.map(({ name }) => name)).toEqual(["say"]);
  expect(four?.messages).toBeNull();
});

it("divides a total by the shares of those that have it from the top level", () => {
  const found = scenarioOf(parseText(TEXT)).roles.map(({ messages }) => messages?.rate ?? null);
  expect(found).toEqual([
    { kind: "total", perSec: 30 },
    { kind: "total", perSec: 60 },
    { kind: "perConnection", perSec: 2 },
    null,
  ]);
});

it("can be written back to what it was parsed from", () => {
  const result = parseText(TEXT);
  if (!result.ok) throw new Error(linesOf(result).join());
  const again = parseText(JSON.stringify(writtenForm(result.scenario, result.given)));
  expect(scenarioOf(again).roles).toEqual(result.scenario.roles);
});

it.each([
  ["one: { share: 20% }", "the shares of all roles are 20% together (make them 100%)"],
  ["one: { share: 120% }", "cannot be more than 100%"],
  ["one: { share: 100%, messages: { rate: 1/s, total: 2/s } }", "takes only one of rate or total"],
  ["one: { share: 100%, messages: { rate: 0/s } }", "no message would ever be sent"],
  ["one: { share: 100%, connect: { driver: ws } }", 'unknown key "driver"'],
  ["one: { share: 100%, connect: { reconnect: { policy: none, min: 1s } } }", "no meaning"],
])("%s is refused", (text, what) => {
  expect(linesOf(parseText(roles(`  ${text}`))).join("\n")).toContain(what);
});
