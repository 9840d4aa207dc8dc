/**
 * Goal: the scenarios of docs/protocols.md hold a conversation in each protocol, and count and time it as it was. Method: for each a
 * small service that speaks the protocol and keeps its own account; a whole run of the scenario as it is written there, but for
 * its load; summary.json beside the account.
 */
import { createHmac } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { WebSocket } from "ws";
import { documented } from "../support/documented.ts";
import { all, N, PATIENT, played, talk } from "../support/small-conversation.ts";
import { onJson, onText, sayJson, serve } from "../support/small-service.ts";

async function run(file: string, service: { readonly url: string }) {
  const { scenario, files } = documented(file, service);
  return played(scenario, [], files);
}

/** Does something again and again while a connection is open. */
function often(socket: WebSocket, everyMs: number, act: () => void): void {
  const timer = setInterval(() => {
    if (socket.readyState === socket.OPEN) act();
  }, everyMs);
  socket.on("close", () => clearInterval(timer));
}

describe.concurrent("the documented scenario for", () => {
  it("Socket.IO: handshake, pings of the service, acknowledgements by number, events", async () => {
    const account = { connected: 0, pongs: 0, acknowledged: 0, thrownOut: 0, news: 0 };
    await using service = await serve((socket, number) => {
      socket.send(`0{"sid":"s${number}","upgrades":[],"pingInterval":300,"pingTimeout":2000}`);
      let lastPongMs = performance.now();
      often(socket, 300, () => {
        if (performance.now() - lastPongMs > 2300) {
          account.thrownOut++;
          socket.close();
          return;
        }
        socket.send("2");
      });
      onText(socket, (text) => {
        if (text === "3") {
          account.pongs++;
          lastPongMs = performance.now();
        } else if (/^40\{"token":"c\d+"\}$/.test(text)) {
          account.connected++;
          account.news++;
          socket.send(`40{"sid":"c${number}"}`);
          socket.send('42["news",{"n":1}]');
        } else {
          const [, id, rest = ""] = /^42(\d+)(\[.*)$/.exec(text) ?? [];
          if (JSON.parse(rest)[0] !== "say") return;
          account.acknowledged++;
          // A number that begins as another: 1 and 10.
          socket.send(`43${id}["ok"]`);
        }
      });
    });
    const summary = await run("socket-io.yaml", service);
    const { say, pong, open, connect } = summary.messages.byName;
    expect(open).toMatchObject(all(N));
    expect(connect).toMatchObject(all(account.connected));
    expect(account.connected).toBe(N);
    expect(say).toMatchObject({ sent: account.acknowledged, matched: account.acknowledged });
    expect(account.acknowledged).toBeGreaterThan(0);
    expect(pong?.sent).toBe(account.pongs);
    expect(account.thrownOut).toBe(0);
    expect(summary.push["news"]?.received).toBe(account.news);
    expect(summary.messages.unsolicited).toBe(0);
    expect(summary.failures).toEqual([]);
  });

  it("SignalR: negotiation, messages that end with a record separator, several of them in a frame", async () => {
    const account = { tickets: 0, shaken: 0, completed: 0, refused: 0, pings: 0, received: 0 };
    const end = "\u001e";
    await using service = await serve(
      (socket, _, request) => {
        const isKnown = /^\/hub\?id=t-\d+$/.test(request.url ?? "");
        onText(socket, (text) => {
          for (const record of text.split(end).filter((one) => one !== "")) {
            const { protocol, invocationId, arguments: given } = JSON.parse(record);
            if (protocol !== undefined && isKnown) {
              account.shaken++;
              socket.send(`{}${end}`);
            } else if (invocationId !== undefined) {
              account.pings++;
              account.received++;
              const isRefused = account.received % 2 === 0;
              account[isRefused ? "refused" : "completed"]++;
              const outcome = isRefused ? { error: "no" } : { result: "line\nfeed" };
              const push = JSON.stringify({ type: 1, target: "Received", arguments: given });
              const done = JSON.stringify({ type: 3, invocationId, ...outcome });
              socket.send(`{"type":6}${end}${push}${end}${done}${end}`);
            }
          }
        });
      },
      {
        answer: ({ method, url }, response) => {
          const isRight = method === "POST" && url === "/hub/negotiate?negotiateVersion=1";
          const ticket = { connectionToken: `t-${account.tickets++}` };
          response.writeHead(isRight ? 200 : 404).end(JSON.stringify(ticket));
        },
      },
    );
    const summary = await run("signalr.yaml", service);
    const { negotiate, handshake, say, ping } = summary.messages.byName;
    expect(negotiate).toMatchObject(all(account.tickets));
    expect(handshake).toMatchObject(all(account.shaken));
    expect(account.shaken).toBe(N);
    expect(say).toMatchObject({ matched: account.completed, timedOut: 0 });
    expect(summary.messages.rejected).toBe(account.refused);
    expect(account.refused).toBeGreaterThan(0);
    expect(ping?.sent).toBe(account.pings);
    expect(summary.push["received"]?.received).toBe(account.received);
    expect(summary.messages.unsolicited).toBe(0);
  });

  it("GraphQL: subscriptions as sequences, an error in place of the end, pings of the service", async () => {
    const account = { acknowledged: 0, subscribed: 0, errors: 0, twice: 0, pongs: 0 };
    await using service = await serve(
      (socket) => {
        onJson(socket, ({ type, id }: { type: string; id?: string }) => {
          if (type === "connection_init") {
            account.acknowledged++;
            sayJson(socket, { type: "connection_ack" });
            sayJson(socket, { type: "ping" });
          } else if (type === "pong") account.pongs++;
          else if (type === "subscribe") {
            const number = account.subscribed++;
            sayJson(socket, { id, type: "next", payload: { data: { n: 1 } } });
            sayJson(socket, { id, type: "next", payload: { data: { n: 2 } } });
            if (number % 5 === 4) {
              account.errors++;
              sayJson(socket, { id, type: "error", payload: [{ message: "no" }] });
              return;
            }
            sayJson(socket, { id, type: "complete" });
            if (number % 5 !== 3) return;
            account.twice++;
            sayJson(socket, { id, type: "complete" });
          }
        });
      },
      {
        handleProtocols: (offered) =>
          [...offered].find((one) => one === "graphql-transport-ws") ?? false,
      },
    );
    const summary = await run("graphql-ws.yaml", service);
    expect(summary.messages.byName["init"]).toMatchObject(all(account.acknowledged));
    expect(account.acknowledged).toBe(N);
    expect(summary.messages.byName["pong"]?.sent).toBe(account.pongs);
    expect(summary.sequences["countdown"]).toMatchObject({
      ...{ started: account.subscribed, completed: account.subscribed - account.errors },
      violations: { unexpected: account.errors, afterEnd: account.twice },
    });
    expect(account.errors * account.twice).toBeGreaterThan(0);
    expect(summary.messages.unsolicited).toBe(0);
  });

  it("STOMP: frames of text that end with NUL, receipts by header, heart-beats of a line feed", async () => {
    const account = { receipts: 0, delivered: 0, beats: 0, clientBeats: 0, errors: 0 };
    await using service = await serve(
      (socket) => {
        often(socket, 250, () => {
          account.beats++;
          socket.send("\n");
        });
        onText(socket, (text) => {
          const [command] = text.split("\n", 1);
          const receipt = /\nreceipt:(.*)\n/.exec(text)?.[1];
          if (text === "\n") account.clientBeats++;
          else if (!text.endsWith("\0")) account.errors++;
          else if (command === "CONNECT") {
            socket.send("CONNECTED\nversion:1.2\nheart-beat:250,10000\n\n\0");
          } else if (command === "SUBSCRIBE") socket.send(`RECEIPT\nreceipt-id:${receipt}\n\n\0`);
          else if (command === "SEND") {
            account.receipts++;
            account.delivered++;
            socket.send(`MESSAGE\nsubscription:0\nmessage-id:${receipt}\n\nhello\0`);
            socket.send(`RECEIPT\nreceipt-id:${receipt}\n\n\0`);
            if (account.receipts % 5 !== 0) return;
            account.errors++;
            socket.send("ERROR\nmessage:slow down\n\n\0");
          }
        });
      },
      { handleProtocols: () => "v12.stomp" },
    );
    const summary = await run("stomp.yaml", service);
    const { connect, subscribe, say, beat } = summary.messages.byName;
    expect(connect).toMatchObject(all(N));
    expect(subscribe).toMatchObject(all(N));
    expect(say).toMatchObject({ sent: account.receipts, matched: account.receipts, timedOut: 0 });
    expect(summary.push["delivered"]?.received).toBe(account.delivered);
    expect(summary.push["beats"]?.received).toBe(account.beats);
    expect(beat?.sent).toBe(account.clientBeats);
    expect(account.clientBeats).toBeGreaterThan(0);
    expect(summary.failures).toMatchObject([
      { kind: "application-error", signature: "error frame", count: account.errors },
    ]);
    expect(summary.messages.unsolicited).toBe(0);
  });

  it("Phoenix channels: arrays with references, heartbeats, replies that say no, broadcasts", async () => {
    const account = { joined: 0, beats: 0, ok: 0, refused: 0, broadcasts: 0 };
    await using service = await serve((socket) => {
      let pushes = 0;
      onJson(socket, ([join, ref, topic, event]: (string | null)[]) => {
        const reply = (status: string) =>
          sayJson(socket, [join, ref, topic, "phx_reply", { status, response: {} }]);
        if (typeof ref !== "string") return;
        if (event === "phx_join") {
          account.joined++;
          reply("ok");
        } else if (event === "heartbeat") {
          account.beats++;
          reply("ok");
        } else if (pushes++ % 2 === 1) {
          account.refused++;
          reply("error");
        } else {
          account.ok++;
          account.broadcasts++;
          // The broadcast comes ahead of the reply, and has neither reference.
          sayJson(socket, [null, null, topic, "new_msg", { body: "hello" }]);
          reply("ok");
        }
      });
    });
    const summary = await run("phoenix.yaml", service);
    const { join, heartbeat, say } = summary.messages.byName;
    expect(join).toMatchObject(all(account.joined));
    expect(account.joined).toBe(N);
    expect(heartbeat?.sent).toBe(account.beats);
    expect(account.beats).toBeGreaterThan(0);
    expect(say).toMatchObject({ matched: account.ok, timedOut: 0 });
    expect(account.refused).toBeGreaterThan(0);
    expect(summary.messages.rejected).toBe(account.refused);
    expect(summary.push["new message"]?.received).toBe(account.broadcasts);
    expect(summary.messages.unsolicited).toBe(0);
  });

  it("Action Cable: an origin, JSON within JSON, pings that want no answer, broadcasts to all", async () => {
    const account = { subscribed: 0, spoken: 0, heard: 0, pings: 0 };
    const members = new Set<WebSocket>();
    await using service = await serve(
      (socket, _, request) => {
        if (request.headers.origin !== `http://${request.headers.host}`) return socket.close();
        sayJson(socket, { type: "welcome" });
        often(socket, 200, () => {
          account.pings++;
          sayJson(socket, { type: "ping", message: 1 });
        });
        socket.on("close", () => members.delete(socket));
        onJson(socket, (said: { command: string; identifier: string; data: string }) => {
          const { command, identifier, data } = said;
          if (JSON.parse(identifier).channel !== "ChatChannel") return;
          if (command === "subscribe") {
            account.subscribed++;
            members.add(socket);
            sayJson(socket, { type: "confirm_subscription", identifier });
          } else {
            account.spoken++;
            account.heard += members.size;
            for (const one of members) sayJson(one, { identifier, message: JSON.parse(data) });
          }
        });
      },
      { handleProtocols: () => "actioncable-v1-json" },
    );
    const summary = await run("action-cable.yaml", service);
    const { welcome, subscribe, speak } = summary.messages.byName;
    expect(welcome).toMatchObject(all(N));
    expect(subscribe).toMatchObject(all(account.subscribed));
    expect(account.subscribed).toBe(N);
    expect(speak).toMatchObject({ sent: account.spoken, matched: account.spoken, timedOut: 0 });
    expect(account.spoken).toBeGreaterThan(0);
    expect(summary.push["broadcast"]?.received).toBe(account.heard);
    expect(summary.push["ping"]?.received).toBe(account.pings);
    expect(summary.messages.unsolicited).toBe(0);
  });

  it("Pusher: a private channel with a signature over what the service said, JSON within JSON", async () => {
    const account = { subscribed: 0, refused: 0, orders: 0, pongs: 0 };
    await using service = await serve((socket, number, request) => {
      const id = `${number}.7`;
      const data = JSON.stringify({ socket_id: id, activity_timeout: 120 });
      const [, key] = /^\/app\/([^?]+)/.exec(request.url ?? "") ?? [];
      sayJson(socket, { event: "pusher:connection_established", data });
      sayJson(socket, { event: "pusher:ping", data: "{}" });
      onJson(socket, (said: { event: string; data: { channel: string; auth: string } }) => {
        if (said.event === "pusher:pong") {
          account.pongs++;
          return;
        }
        const { channel, auth } = said.data;
        const wanted = createHmac("sha256", "app-secret").update(`${id}:${channel}`);
        if (auth !== `${key}:${wanted.digest("hex")}`) {
          account.refused++;
          sayJson(socket, { event: "pusher:error", data: { code: 4009 } });
          return;
        }
        account.subscribed++;
        sayJson(socket, { event: "pusher_internal:subscription_succeeded", channel, data: "{}" });
        often(socket, 200, () => {
          const order = JSON.stringify({ id: account.orders++, at: Date.now() });
          sayJson(socket, { event: "order", channel, data: order });
        });
      });
    });
    const summary = await run("pusher.yaml", service);
    const { established, subscribe, pong } = summary.messages.byName;
    expect(established).toMatchObject(all(N));
    expect(subscribe).toMatchObject(all(account.subscribed));
    expect(account).toMatchObject({ subscribed: N, refused: 0 });
    expect(pong?.sent).toBe(account.pongs);
    expect(summary.push["order"]?.received).toBe(account.orders);
    expect(summary.messages.unsolicited).toBe(0);
    expect(summary.failures).toEqual([]);
  });

  it("Centrifugo: lines in a frame, an empty object as a ping, replies and pushes together", async () => {
    const account = { published: 0, refused: 0, pings: 0, pongs: 0, pushed: 0 };
    await using service = await serve((socket) => {
      often(socket, 300, () => {
        account.pings++;
        socket.send("{}");
      });
      onJson(socket, (said: { id?: number; connect?: object; subscribe?: object }) => {
        const { id, connect, subscribe } = said;
        if (id === undefined) account.pongs++;
        else if (connect !== undefined) sayJson(socket, { id, connect: { client: "x", ping: 25 } });
        else if (subscribe !== undefined) sayJson(socket, { id, subscribe: {} });
        else if (++account.published % 2 === 0) {
          account.refused++;
          sayJson(socket, { id, error: { code: 103, message: "permission denied" } });
        } else {
          account.pushed++;
          const push = JSON.stringify({ push: { channel: "chat", pub: { data: {} } } });
          socket.send(`${push}\n${JSON.stringify({ id, publish: {} })}\n`);
        }
      });
    });
    const summary = await run("centrifugo.yaml", service);
    const { connect, subscribe, publish, pong } = summary.messages.byName;
    expect(connect).toMatchObject(all(N));
    expect(subscribe).toMatchObject(all(N));
    expect(publish).toMatchObject({ sent: account.published, timedOut: 0 });
    expect(publish?.matched).toBe(account.published - account.refused);
    expect(summary.messages.rejected).toBe(account.refused);
    expect(account.refused).toBeGreaterThan(0);
    expect(pong?.sent).toBe(account.pongs);
    expect(account.pongs).toBeGreaterThan(0);
    expect(summary.push["published"]?.received).toBe(account.pushed);
    expect(summary.messages.unsolicited).toBe(0);
  });

  it("MQTT: binary packets, a subscription, acknowledged publishes, pings, what is delivered", async () => {
    const account = { connected: 0, subscribed: 0, pings: 0, published: 0 };
    await using service = await serve(
      (socket) => {
        socket.on("message", (data: Buffer) => {
          const packet = data.toString("hex");
          if (packet === "100c00044d5154540402003c0000") {
            account.connected++;
            socket.send(Buffer.from("20020000", "hex"));
          } else if (packet === "820800010003612f6200") {
            account.subscribed++;
            socket.send(Buffer.from("9003000100", "hex"));
          } else if (packet === "c000") {
            account.pings++;
            socket.send(Buffer.from("d000", "hex"));
          } else if (packet === "32090003612f6200016869") {
            account.published++;
            socket.send(Buffer.from("30070003612f626869", "hex"));
            socket.send(Buffer.from("40020001", "hex"));
          }
        });
      },
      { handleProtocols: () => "mqtt" },
    );
    const summary = await run("mqtt.yaml", service);
    const { connect, subscribe, ping, publish } = summary.messages.byName;
    expect(connect).toMatchObject(all(account.connected));
    expect(subscribe).toMatchObject(all(account.subscribed));
    expect(account).toMatchObject({ connected: N, subscribed: N });
    expect(publish).toMatchObject({ sent: account.published, matched: account.published });
    expect(ping?.sent).toBe(account.pings);
    expect(account.pings).toBeGreaterThan(0);
    expect(summary.push["delivered"]?.received).toBe(account.published);
    expect(summary.messages.unsolicited).toBe(0);
    expect(summary.failures).toEqual([]);
  });

  it("binary messages of hooks: replies out of order, known by the bytes they repeat", async () => {
    const account = { asked: 0, answered: 0 };
    await using service = await serve((socket) => {
      let held: Buffer | null = null;
      socket.on("message", (data: Buffer) => {
        account.asked++;
        expect(data.toString("utf8", 4, 7)).toBe("ask");
        const reply = Buffer.from(data.subarray(0, 5));
        // Every other one is answered after the one that follows it.
        if (held === null) held = reply;
        else {
          account.answered += 2;
          socket.send(reply);
          socket.send(held);
          held = null;
        }
      });
    });
    const summary = await run("binary.yaml", service);
    const { ask } = summary.messages.byName;
    expect(ask).toMatchObject({ sent: account.asked, matched: account.answered });
    expect(account.answered).toBeGreaterThan(N);
    expect(summary.messages.ambiguous).toBe(0);
    expect(summary.messages.unsolicited).toBe(0);
  });
});

it("JSON-RPC: batches, their answers out of order, in one frame or in several, notifications between", async () => {
  const account = { batches: 0, answers: 0, notices: 0, frames: 0 };
  await using service = await serve((socket) => {
    const say = (value: unknown) => {
      account.frames++;
      sayJson(socket, value);
    };
    onJson(socket, (calls: { id: string }[]) => {
      const notice = { jsonrpc: "2.0", method: "tick", params: [1, [2, "],["]] };
      const answers = calls.map(({ id }) => ({ jsonrpc: "2.0", id, result: id }));
      account.answers += answers.length;
      account.notices++;
      if (account.batches++ % 2 === 0) {
        say([answers[2], notice, answers[0], answers[1]]);
        return;
      }
      say([answers[1], answers[0]]);
      say([notice]);
      // A single answer may come without an array.
      say(answers[2]);
    });
  });
  const call = (at: number) => ({ jsonrpc: "2.0", method: "add", id: `{{seq}}-${at}` });
  const summary = await played({
    target: service.url,
    incoming: { split: "json-array" },
    listen: [{ name: "tick", where: "m.method == 'tick'" }],
    messages: talk({
      send: { json: [call(0), call(1), call(2)] },
      reply: { where: "sent.exists(call, call.id == m.id)", replies: 3, within: PATIENT },
    }),
  });
  expect(summary.messages.byName["say"]).toMatchObject({
    ...{ sent: account.batches, matched: account.batches, timedOut: 0 },
  });
  expect(summary.push["tick"]?.received).toBe(account.notices);
  expect(summary.messages.received).toBe(account.frames);
  expect(summary.messages.parts).toBe(account.answers + account.notices - account.frames);
  expect(summary.messages.unsolicited).toBe(0);
});
