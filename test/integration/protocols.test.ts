/**
 * Goal: conversations in the manner of protocols that are in use are told as they were. Method: each test is a small service
 * that speaks like one of them and keeps its own account; a whole run against it; summary.json beside the account.
 */
import { describe, expect, it } from "vitest";
import { all, N, PATIENT, played, talk } from "../support/small-conversation.ts";
import { onJson, onText, sayJson, serve } from "../support/small-service.ts";

describe.concurrent("a conversation in the manner of", () => {
  it("Engine.IO and Socket.IO: handshake, pings from the service, acknowledgements by number", async () => {
    const account = { connected: 0, pings: 0, pongs: 0, acknowledged: 0, thrownOut: 0 };
    await using service = await serve((socket, number) => {
      socket.send(`0{"sid":"s${number}","upgrades":[],"pingInterval":300,"pingTimeout":2000}`);
      let lastPongMs = performance.now();
      const pinging = setInterval(() => {
        if (socket.readyState !== socket.OPEN) return;
        if (performance.now() - lastPongMs > 2300) {
          account.thrownOut++;
          socket.close();
          return;
        }
        account.pings++;
        socket.send("2");
      }, 300);
      socket.on("close", () => clearInterval(pinging));
      onText(socket, (text) => {
        if (text === "3") {
          account.pongs++;
          lastPongMs = performance.now();
        } else if (text === "40") {
          account.connected++;
          socket.send(`40{"sid":"c${number}"}`);
        } else {
          const id = /^42(\d+)\[/.exec(text)?.[1];
          account.acknowledged++;
          // A number that begins as another: 1 and 10.
          socket.send(`43${id}["ok"]`);
        }
      });
    });
    const summary = await played({
      target: `${service.url}/socket.io/?EIO=4&transport=websocket`,
      incoming: { parse: "text" },
      answers: [{ name: "pong", where: "m == '2'", send: { text: "3" } }],
      flow: [
        { expect: { name: "open", where: "m.startsWith('0{')", within: PATIENT } },
        {
          send: {
            ...{ name: "connect", text: "40" },
            reply: { where: "m.startsWith('40{')", within: PATIENT },
          },
        },
      ],
      messages: talk(
        {
          send: { text: '42{{seq}}["say",{"n":{{seq}}}]' },
          reply: {
            where:
              "m.startsWith('43') && sent.startsWith('42' + m.substring(2, m.indexOf('[') + 1))",
            within: PATIENT,
          },
        },
        "10/s",
      ),
    });
    const { say, pong, open, connect } = summary.messages.byName;
    expect(open).toMatchObject(all(N));
    expect(connect).toMatchObject(all(account.connected));
    expect(say).toMatchObject({ sent: account.acknowledged, matched: account.acknowledged });
    expect(pong?.sent).toBe(account.pongs);
    expect(account.thrownOut).toBe(0);
    expect(summary.messages.unsolicited).toBe(0);
    expect(summary.failures).toEqual([]);
  });

  it("Phoenix channels: arrays with references as text, heartbeats, replies that say no, broadcasts", async () => {
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
    const answered = "m[3] == 'phx_reply' && m[1] == sent[1] && m[4].status == ";
    const summary = await played({
      target: `${service.url}/socket/websocket?vsn=2.0.0`,
      flow: {
        open: [
          {
            send: {
              ...{ name: "join", json: ["1", "1", "room:a", "phx_join", {}] },
              reply: { where: `${answered}'ok'`, within: PATIENT },
            },
          },
        ],
        loop: [
          { wait: "500ms" },
          {
            send: {
              ...{ name: "beat", json: [null, "b{{seq}}", "phoenix", "heartbeat", {}] },
              reply: { where: `${answered}'ok'`, within: PATIENT },
            },
          },
        ],
      },
      listen: [{ name: "new", where: "m[3] == 'new_msg'" }],
      messages: talk({
        send: { json: ["1", "{{string(seq)}}", "room:a", "say", { body: "hello" }] },
        reply: {
          ...{ where: `${answered}'ok'`, fail: { where: `${answered}'error'` } },
          within: PATIENT,
        },
      }),
    });
    const { join, beat, say } = summary.messages.byName;
    expect(join).toMatchObject(all(account.joined));
    expect(account.joined).toBe(N);
    expect(beat?.sent).toBe(account.beats);
    expect(say).toMatchObject({ matched: account.ok, timedOut: 0 });
    expect(account.refused).toBeGreaterThan(0);
    expect(summary.messages.rejected).toBe(account.refused);
    expect(summary.push["new"]?.received).toBe(account.broadcasts);
    expect(summary.messages.unsolicited).toBe(0);
  });

  it("graphql-transport-ws: subscriptions as sequences, an error in place of the end, pings of the service", async () => {
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
    const summary = await played({
      target: service.url,
      connect: { subprotocols: ["graphql-transport-ws"] },
      flow: [
        {
          send: {
            ...{ name: "init", json: { type: "connection_init" } },
            reply: { where: "m.type == 'connection_ack'", within: PATIENT },
          },
        },
      ],
      answers: [{ name: "pong", where: "m.type == 'ping'", send: { json: { type: "pong" } } }],
      messages: talk({
        send: {
          json: { id: "{{uuid}}", type: "subscribe", payload: { query: "subscription { n }" } },
        },
        sequence: {
          key: "m.id == sent.id",
          events: [{ event: "next", times: "0..10" }, "complete"],
          within: PATIENT,
        },
      }),
    });
    expect(summary.messages.byName["init"]).toMatchObject(all(account.acknowledged));
    expect(summary.messages.byName["pong"]?.sent).toBe(account.pongs);
    expect(summary.sequences["say"]).toMatchObject({
      ...{ started: account.subscribed, completed: account.subscribed - account.errors },
      violations: { unexpected: account.errors, afterEnd: account.twice },
    });
    expect(account.errors * account.twice).toBeGreaterThan(0);
    expect(summary.messages.unsolicited).toBe(0);
  });

  it("STOMP: frames of text that end with NUL, receipts by header, heart-beats of a line feed", async () => {
    const account = { connected: 0, receipts: 0, delivered: 0, beats: 0 };
    await using service = await serve((socket) => {
      const beating = setInterval(() => {
        if (socket.readyState !== socket.OPEN) return;
        account.beats++;
        socket.send("\n");
      }, 250);
      socket.on("close", () => clearInterval(beating));
      onText(socket, (text) => {
        const [command] = text.split("\n", 1);
        const receipt = /\nreceipt:(.*)\n/.exec(text)?.[1];
        if (command === "CONNECT") {
          account.connected++;
          socket.send("CONNECTED\nversion:1.2\nheart-beat:250,0\n\n\0");
        } else if (command === "SEND") {
          account.receipts++;
          account.delivered++;
          socket.send(`MESSAGE\nsubscription:0\nmessage-id:${receipt}\n\nhello\0`);
          socket.send(`RECEIPT\nreceipt-id:${receipt}\n\n\0`);
        }
      });
    });
    const summary = await played({
      target: service.url,
      incoming: { parse: "text" },
      flow: [
        {
          send: {
            ...{ name: "connect", text: "CONNECT\naccept-version:1.2\nhost:a\n\n\0" },
            reply: { where: "m.startsWith('CONNECTED')", within: PATIENT },
          },
        },
      ],
      listen: [{ name: "delivered", where: "m.startsWith('MESSAGE')" }],
      messages: talk({
        send: { text: "SEND\ndestination:/a\nreceipt:r{{seq}}\n\nhello\0" },
        reply: {
          where:
            "m.startsWith('RECEIPT') && sent.contains('receipt:' + m.split('receipt-id:')[1].split('\\n')[0] + '\\n')",
          within: PATIENT,
        },
      }),
    });
    const { connect, say } = summary.messages.byName;
    expect(connect).toMatchObject(all(account.connected));
    expect(say).toMatchObject({ sent: account.receipts, matched: account.receipts, timedOut: 0 });
    expect(summary.push["delivered"]?.received).toBe(account.delivered);
    // Nobody asked for heart-beats.
    expect(summary.messages.unsolicited).toBe(account.beats);
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

  it("MQTT: binary packets, a connect that is acknowledged, pings, what is published between", async () => {
    const account = { connected: 0, pings: 0, published: 0 };
    await using service = await serve(
      (socket) => {
        socket.on("message", (data: Buffer) => {
          if (data[0] === 0x10) {
            account.connected++;
            socket.send(Buffer.from("20020000", "hex"));
          } else if (data[0] === 0xc0) {
            account.pings++;
            account.published++;
            socket.send(Buffer.from("30070003612f626869", "hex"));
            socket.send(Buffer.from("d000", "hex"));
          }
        });
      },
      { handleProtocols: () => "mqtt" },
    );
    const summary = await played({
      target: `${service.url}/mqtt`,
      connect: { subprotocols: ["mqtt"] },
      incoming: { parse: "binary" },
      flow: [
        {
          send: {
            ...{ name: "connect", hex: "10 0c 00 04 4d 51 54 54 04 02 00 3c 00 00" },
            reply: { where: "m == b'\\x20\\x02\\x00\\x00'", within: PATIENT },
          },
        },
      ],
      listen: [{ name: "published", where: "m != b'\\xd0\\x00' && size > 4" }],
      messages: talk({
        send: { hex: "c0 00" },
        reply: { where: "m == b'\\xd0\\x00'", within: PATIENT },
      }),
    });
    const { connect, say } = summary.messages.byName;
    expect(connect).toMatchObject(all(account.connected));
    expect(say).toMatchObject({ sent: account.pings, matched: account.pings });
    expect(summary.push["published"]?.received).toBe(account.published);
    expect(summary.messages.unsolicited).toBe(0);
  });

  it("SignalR: JSON messages that end with a record separator, several of them in a frame", async () => {
    const account = { shaken: 0, completed: 0, pings: 0 };
    const end = "\u001e";
    await using service = await serve((socket) => {
      onText(socket, (text) => {
        for (const record of text.split(end).filter((one) => one !== "")) {
          const { protocol, invocationId } = JSON.parse(record);
          if (protocol !== undefined) {
            account.shaken++;
            socket.send(`{}${end}`);
          } else if (invocationId !== undefined) {
            account.completed++;
            account.pings++;
            const done = JSON.stringify({ type: 3, invocationId, result: "line\nfeed" });
            socket.send(`{"type":6}${end}${done}${end}`);
          }
        }
      });
    });
    const summary = await played({
      target: `${service.url}/hub`,
      incoming: { split: "records" },
      flow: [
        {
          send: {
            ...{ name: "shake", text: `{"protocol":"json","version":1}${end}` },
            reply: { where: "!has(m.type)", within: PATIENT },
          },
        },
      ],
      answers: [{ name: "ping", where: "m.type == 6", send: { text: `{"type":6}${end}` } }],
      messages: talk({
        send: { text: `{"type":1,"invocationId":"{{seq}}","target":"say","arguments":[]}${end}` },
        reply: {
          where: "m.type == 3 && sent.contains('\"invocationId\":\"' + m.invocationId + '\"')",
          within: PATIENT,
        },
      }),
    });
    const { shake, say, ping } = summary.messages.byName;
    expect(shake).toMatchObject(all(account.shaken));
    expect(say).toMatchObject({ sent: account.completed, matched: account.completed });
    expect(ping?.sent).toBe(account.pings);
    expect(summary.messages.unsolicited).toBe(0);
  });
});
