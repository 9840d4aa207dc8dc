/**
 * Goal: messages are read as the scenario says: what m is, several messages in a frame, several replies to one request, replies
 * and messages that say that something failed. Method: whole runs against services of the test's own, which keep the account
 * that summary.json is compared with.
 */
import { once } from "node:events";
import { readFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type WebSocket, WebSocketServer } from "ws";
import { endedWell, runScenario, scratch } from "../support/programs.ts";

interface Service extends AsyncDisposable {
  readonly url: string;
}

/** @param onMessage is given the text of each message */
async function serve(onMessage: (socket: WebSocket, text: string) => void): Promise<Service> {
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
  await once(server, "listening");
  server.on("connection", (socket) => {
    socket.on("error", () => {});
    socket.on("message", (data) => onMessage(socket, String(data)));
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `ws://127.0.0.1:${port}/`,
    async [Symbol.asyncDispose]() {
      for (const client of server.clients) client.terminate();
      server.close();
      await once(server, "close");
    },
  };
}

function scenario(url: string, over: object) {
  return {
    target: url,
    load: [
      { phase: "open", ramp: "linear", to: 5, over: "500ms", messages: 0 },
      { phase: "steady", hold: "2s" },
    ],
    ...over,
  };
}

const ask = (name: string, reply: object) => ({
  name,
  send: { json: { do: name, id: "{{uuid}}" } },
  reply: { where: "m.id == sent.id", within: "1s", ...reply },
});

describe("a service that writes several messages into a frame, and says no", () => {
  /** One of each kind of message, in a frame of lines; what is counted is what was written. */
  function answering() {
    const wrote = { frames: 0, messages: 0, ok: 0, parts: 0, no: 0, errors: 0, news: 0 };
    const asked = { say: 0, list: 0, refuse: 0 };
    const onMessage = (socket: WebSocket, text: string) => {
      const { do: what, id } = JSON.parse(text) as { do: keyof typeof asked; id: string };
      asked[what]++;
      const out: object[] = [];
      if (what === "say") {
        out.push({ type: "news" }, { type: "ack", id });
        wrote.news++;
        wrote.ok++;
      } else if (what === "list") {
        for (let part = 1; part <= 3; part++) out.push({ type: "row", id, part });
        wrote.parts += 3;
      } else {
        out.push({ type: "warning", text: "almost full" }, { type: "error", id, text: "no room" });
        wrote.errors++;
        wrote.no++;
      }
      wrote.frames++;
      wrote.messages += out.length;
      socket.send(out.map((one) => JSON.stringify(one)).join("\n"));
    };
    return { wrote, asked, onMessage };
  }

  it("is counted as it counts itself, message by message", { retry: 1 }, async () => {
    const { wrote, asked, onMessage } = answering();
    await using service = await serve(onMessage);
    using folder = scratch();
    const result = await runScenario(
      scenario(service.url, {
        incoming: {
          split: "lines",
          fail: [{ name: "warned", where: "m.type == 'warning' || m.type == 'error'" }],
        },
        messages: {
          rate: "20/s",
          mix: [
            ask("say", {}),
            ask("list", { replies: 3 }),
            ask("refuse", { fail: { where: "m.type == 'error' && m.id == sent.id" } }),
          ],
        },
        thresholds: {
          messages: ["rejected < 50%", "recognised > 0", "timedOut == 0"],
          "messages{name=refuse}": ["rejected == 100%", "matched == 0"],
        },
      }),
      folder.path,
    );
    expect(result.summary, result.stderr).not.toBeNull();
    expect(endedWell(result), result.stderr).toBe(true);
    const { messages, validity, failures, thresholds } = result.summary ?? {};
    expect(wrote.no * wrote.parts * wrote.ok).toBeGreaterThan(0);
    expect(validity?.ledger).toEqual({ balanced: true, differences: {} });
    expect(messages).toMatchObject({
      sent: asked.say + asked.list + asked.refuse,
      received: wrote.frames,
      parts: wrote.messages - wrote.frames,
      matched: asked.say + asked.list,
      rejected: wrote.no,
      // Two of the three rows of a list, and warnings.
      recognised: 2 * asked.list + wrote.errors,
      unsolicited: wrote.news,
      timedOut: 0,
      late: 0,
      lost: 0,
    });
    expect(messages?.byName["say"]).toMatchObject({ matched: asked.say, rejected: null });
    expect(messages?.byName["list"]).toMatchObject({ matched: asked.list, rejected: null });
    expect(messages?.byName["refuse"]).toMatchObject({ matched: 0, rejected: asked.refuse });
    expect(messages?.latencyMs?.count).toBe(asked.say + asked.list);
    // What failed is one failure: that of the request where there is one.
    const told = failures?.map(({ kind, signature, count, cause, samples }) => {
      return { kind, signature, count, cause, sample: samples[0]?.detail };
    });
    expect(told).toHaveLength(2);
    expect(told).toContainEqual({
      ...{ kind: "rejected", signature: "refuse", count: wrote.no, cause: "target" },
      sample: expect.stringContaining("no room"),
    });
    expect(told).toContainEqual({
      ...{ kind: "application-error", signature: "warned", count: wrote.errors, cause: "target" },
      sample: '{"type":"warning","text":"almost full"}',
    });
    expect(thresholds?.map(({ passed }) => passed)).toEqual([true, true, true, true, true]);
    const page = readFileSync(join(result.runDirectory, "report.html"), "utf8");
    expect(page).toContain("no room");
    expect(page).toContain("rejected");
  });

  it("does not pass when all it says is no", { retry: 1 }, async () => {
    const { asked, onMessage } = answering();
    await using service = await serve(onMessage);
    using folder = scratch();
    const mix = [ask("refuse", { fail: { where: "m.type == 'error'" } })];
    const over = { incoming: { split: "lines" }, messages: { rate: "20/s", mix } };
    const { summary } = await runScenario(scenario(service.url, over), folder.path);
    expect(summary).toMatchObject({ messages: { matched: 0, rejected: asked.refuse } });
    expect(summary?.thresholds).toMatchObject([{ rule: "matched > 0 (every run)", passed: false }]);
    expect(summary?.thresholds[0]?.reason).toBe(
      `no reply but of failure came to any of ${asked.refuse} messages that want one: ${asked.refuse} whose reply said that they failed`,
    );
  });
});

it("items of an array are messages, and fewer replies than are wanted are none in time", {
  retry: 1,
}, async () => {
  let asked = 0;
  await using service = await serve((socket, text) => {
    const { id } = JSON.parse(text) as { id: string };
    asked++;
    socket.send(JSON.stringify([{ id }, { id, note: "[,]" }, { other: [id] }]));
  });
  using folder = scratch();
  const mix = [ask("two", { replies: 2 }), ask("three", { replies: 3, within: "300ms" })];
  const { summary } = await runScenario(
    scenario(service.url, {
      incoming: { split: "json-array" },
      messages: { rate: "20/s", mix },
    }),
    folder.path,
  );
  const byName = summary?.messages.byName ?? {};
  expect(summary?.validity.ledger).toEqual({ balanced: true, differences: {} });
  expect(byName["two"]?.matched).toBe(byName["two"]?.sent);
  expect(byName["three"]).toMatchObject({ matched: 0, timedOut: byName["three"]?.sent });
  const three = byName["three"]?.sent ?? 0;
  const two = byName["two"]?.sent ?? 0;
  expect(two * three).toBeGreaterThan(0);
  expect(summary?.messages).toMatchObject({
    received: asked,
    parts: 2 * asked,
    recognised: two + 2 * three,
    unsolicited: asked,
    lost: three,
    rejected: null,
  });
});

it("text that is no JSON answers by what it says", { retry: 1 }, async () => {
  const waiting = new Map<WebSocket, string[]>();
  let acknowledged = 0;
  await using service = await serve((socket, text) => {
    const numbers = waiting.get(socket) ?? [];
    numbers.push(text.split(" ")[1] ?? "");
    if (numbers.length === 1) {
      // Newest first: an order that only the number tells.
      setTimeout(() => {
        waiting.delete(socket);
        for (const number of numbers.reverse()) {
          acknowledged++;
          socket.send(number === "3" ? "ERR 3 it is the third" : `ACK ${number}`);
        }
      }, 150);
    }
    waiting.set(socket, numbers);
  });
  using folder = scratch();
  const result = await runScenario(
    scenario(service.url, {
      incoming: { parse: "text" },
      messages: {
        rate: "20/s",
        mix: [
          {
            name: "msg",
            send: { text: "MSG {{seq}} hello" },
            reply: {
              where: "m.startsWith('ACK ') && sent.contains(' ' + m.substring(4) + ' ')",
              fail: { where: "m == 'ERR 3 it is the third' && sent.startsWith('MSG 3 ')" },
              within: "1s",
            },
          },
        ],
      },
    }),
    folder.path,
  );
  expect(endedWell(result), result.stderr).toBe(true);
  expect(result.summary?.messages).toMatchObject({
    received: acknowledged,
    parts: null,
    matched: acknowledged - 5,
    rejected: 5,
    recognised: 0,
    unsolicited: 0,
    timedOut: 0,
  });
  expect(result.summary?.failures).toMatchObject([
    { kind: "rejected", count: 5, samples: [{ detail: "ERR 3 it is the third" }] },
  ]);
});
