/**
 * Goal: neither an expression nor a target's JSON keeps an engine from its work, and what was not looked at is said. Method:
 * one real engine and a target that answers with what is expensive. What goes on for ever fails by the runner's time limit.
 */

import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { expect, it } from "vitest";
import { WebSocketServer } from "ws";
import { NO_AUDIT, ONE_REPLY } from "../../../shared/scenario/defaults.ts";
import { runEngine } from "../../support/engine-run.ts";
import { messages, scenario } from "../../support/scenario.ts";

const LIST = `[${Array(40).fill("1").join(",")}]`;

/** 40^6 steps. */
function nested(): string {
  let inner = "true";
  for (let level = 0; level < 6; level++) inner = `${LIST}.all(x${level}, ${inner})`;
  return inner;
}

async function answering(where: string, answer: string) {
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
  server.on("connection", (socket) => socket.on("message", () => socket.send(answer)));
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  try {
    return await runEngine(
      scenario(`ws://127.0.0.1:${port}/`, {
        phases: [
          {
            ...{ phase: "a", exclude: false, durationUs: 1_000_000, messageFactor: 1 },
            ...{ ramp: "burst", to: 3 },
          },
        ],
        integrity: { ...NO_AUDIT, stamp: false },
        messages: messages({
          rate: { kind: "perConnection", perSec: 5 },
          mix: [
            {
              ...{
                name: "ask",
                weight: 1,
                sequence: null,
                send: { kind: "json", value: { id: 1 } },
              },
              reply: { match: "where", where, withinUs: 300_000, ...ONE_REPLY },
            },
          ],
        }),
      }),
    );
  } finally {
    for (const client of server.clients) client.terminate();
    server.close();
  }
}

const counted = (failures: readonly { kind: string; count: number }[], kind: string) =>
  failures.filter((failure) => failure.kind === kind).reduce((sum, { count }) => sum + count, 0);

it("gives up an expression that takes too much, and counts it as the scenario's", async () => {
  const { counters, failures } = await answering(nested(), "{}");
  expect(counters.received).toBeGreaterThan(0);
  expect(counters.matched).toBe(0);
  expect(counted(failures, "scenario-cost")).toBe(counters.received);
  expect(failures).toContainEqual(
    expect.objectContaining({ kind: "scenario-cost", signature: "ask" }),
  );
});

it.each([
  ["nested deeper than anybody needs", "[".repeat(200_000) + "]".repeat(200_000)],
  ["larger than is looked at", JSON.stringify({ ok: true, list: Array(600_000).fill(1) })],
])("does not look at JSON that is %s", async (_, answer) => {
  const { counters, failures } = await answering("m.ok == true", answer);
  expect(counters.received).toBeGreaterThan(0);
  expect(counters.matched).toBe(0);
  expect(counted(failures, "message-unread")).toBe(counters.received);
});

it.each([
  ["brackets in a text", JSON.stringify({ ok: true, text: `\\"${"[{".repeat(500)}\\\\` })],
  ["100 levels", `{"ok":true,"list":${"[".repeat(99)}${"]".repeat(99)}}`],
])("looks at %s", async (_, answer) => {
  const { counters, failures } = await answering("m.ok == true", answer);
  expect(counters.matched).toBe(counters.expected);
  expect(counted(failures, "message-unread")).toBe(0);
});
