/**
 * Goal: habits of real services that make clients misjudge them are told as what they are. Method: each test is a small service
 * with one of them, which keeps its own account; a whole run against it; and summary.json beside the account.
 */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it } from "vitest";
import type { Summary } from "../../coordinator/report/summary-schema.ts";
import { all, LONG_REST, N, PATIENT, played, talk } from "../support/small-conversation.ts";
import { onJson, onText, sayJson, serve } from "../support/small-service.ts";

interface Said {
  readonly id: number;
}

const byKind = ({ failures }: Summary) =>
  Object.fromEntries(failures.map(({ kind, signature, count }) => [`${kind} ${signature}`, count]));

describe.concurrent("of a service with a habit it is told what happened", () => {
  const ACK = { where: "m.type == 'ack' && m.id == sent.id", within: PATIENT };
  const SAY = { send: { json: { type: "say", id: "{{seq}}" } }, reply: ACK };

  it("a service that answers before it is asked has not answered", async () => {
    const account = { early: 0, said: 0 };
    await using service = await serve((socket) => {
      // The acknowledgement of what will be message 0, and never one of it again.
      account.early++;
      sayJson(socket, { type: "ack", id: 0 });
      onJson(socket, ({ id }: Said) => {
        account.said++;
        if (id !== 0) sayJson(socket, { type: "ack", id });
      });
    });
    const reply = { ...ACK, within: "2s" };
    const messages = talk({ ...SAY, reply });
    const summary = await played({ target: service.url, load: LONG_REST, messages });
    const { say } = summary.messages.byName;
    expect(say).toMatchObject({ sent: account.said, timedOut: N, matched: account.said - N });
    expect(summary.messages).toMatchObject({ unsolicited: account.early, late: 0 });
  });

  it("replies out of order are each their own message's, in its own time", async () => {
    const account = { said: 0 };
    await using service = await serve((socket) => {
      onJson(socket, ({ id }: Said) => {
        account.said++;
        // Every other one 300 ms later than those that are asked after it.
        setTimeout(() => sayJson(socket, { type: "ack", id }), id % 2 === 0 ? 300 : 0);
      });
    });
    const messages = talk(SAY, "10/s");
    const summary = await played({ target: service.url, messages });
    expect(summary.messages).toMatchObject({ matched: account.said, late: 0, unsolicited: 0 });
    // Seconds in which this machine was too busy to measure have no times.
    const { min = 0, max = 300 } = summary.messages.latencyMs ?? {};
    expect(min).toBeLessThan(250);
    expect(max).toBeGreaterThanOrEqual(300);
  });

  it.each(["lean", "ws"])(
    "replies after the time-out are late, and no times of others (%s)",
    async (driver) => {
      const account = { said: 0, late: 0 };
      await using service = await serve((socket) => {
        onJson(socket, ({ id }: Said) => {
          account.said++;
          const isLate = id % 3 === 0;
          if (isLate) account.late++;
          setTimeout(() => sayJson(socket, { type: "ack", id }), isLate ? 3000 : 0);
        });
      });
      const messages = talk({ ...SAY, reply: { ...ACK, within: "2s" } });
      const scenario = { target: service.url, load: LONG_REST, messages };
      const summary = await played(scenario, ["--driver", driver]);
      expect(summary.messages).toMatchObject({
        ...{ sent: account.said, timedOut: account.late, late: account.late, ambiguous: 0 },
        ...{ matched: account.said - account.late, unsolicited: 0 },
      });
      const { count = 0, max = 0 } = summary.messages.serviceMs ?? {};
      expect(max).toBeLessThan(2000);
      expect(count).toBeLessThanOrEqual(account.said - account.late);
    },
  );

  it("a second reply to one message is nobody's", async () => {
    const account = { said: 0, again: 0 };
    await using service = await serve((socket) => {
      onJson(socket, ({ id }: Said) => {
        sayJson(socket, { type: "ack", id });
        if (account.said++ % 2 === 0) return;
        account.again++;
        sayJson(socket, { type: "ack", id });
      });
    });
    const summary = await played({ target: service.url, messages: talk(SAY) });
    expect(summary.messages).toMatchObject({
      ...{ sent: account.said, matched: account.said, timedOut: 0 },
      ...{ unsolicited: account.again, late: 0 },
    });
  });

  it("a welcome that comes twice is one welcome, and the first nonce counts", async () => {
    const account = { welcomes: 0, loggedIn: 0, wrong: 0 };
    await using service = await serve((socket, number) => {
      for (const part of ["a", "b"]) {
        account.welcomes++;
        sayJson(socket, { type: "welcome", nonce: `${part}${number}` });
      }
      onJson(socket, ({ nonce }: { nonce: string }) => {
        if (nonce === `a${number}`) account.loggedIn++;
        else account.wrong++;
        sayJson(socket, { type: "ok" });
      });
    });
    const summary = await played({
      target: service.url,
      flow: [
        {
          expect: {
            ...{ name: "welcome", where: "m.type == 'welcome'", within: PATIENT },
            capture: { nonce: "m.nonce" },
          },
        },
        {
          send: {
            ...{ name: "login", json: { type: "login", nonce: "{{conn.nonce}}" } },
            reply: { where: "m.type == 'ok'", within: PATIENT },
          },
        },
      ],
    });
    const { welcome, login } = summary.messages.byName;
    expect(welcome).toMatchObject({ ...all(N), arrived: N });
    expect(login).toMatchObject(all(N));
    expect(account).toEqual({ welcomes: 2 * N, loggedIn: N, wrong: 0 });
    expect(summary.messages.unsolicited).toBe(account.welcomes - N);
  });

  it("a token that expires: the close, the 401 on coming back, the login anew", async () => {
    const account = { logins: 0, accepted: 0, refused: 0, expired: 0 };
    const valid = new Set<string>();
    const http = createServer((_, response) => {
      const token = `t${account.logins++}`;
      valid.add(token);
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify({ token }));
    });
    await using service = await serve(
      (socket, _, request) => {
        account.accepted++;
        const token = new URL(request.url ?? "", "http://a").searchParams.get("token") ?? "";
        setTimeout(() => {
          if (socket.readyState !== socket.OPEN) return;
          account.expired++;
          valid.delete(token);
          socket.close(4401, "token expired");
        }, 1000);
      },
      {
        verifyClient: ({ req }, done) => {
          const token = new URL(req.url ?? "", "http://a").searchParams.get("token") ?? "";
          if (valid.has(token)) return done(true);
          account.refused++;
          done(false, 401, "Unauthorized");
        },
      },
    );
    await new Promise<void>((ready) => http.listen(0, "127.0.0.1", ready));
    const { port } = http.address() as AddressInfo;
    try {
      const summary = await played({
        target: `${service.url}/?token={{conn.token}}`,
        connect: { reconnect: { policy: "fixed", min: "100ms", attempts: 100 } },
        flow: {
          before: [
            {
              http: {
                ...{ name: "sign in", post: `http://127.0.0.1:${port}/`, json: {} },
                // As clients do: with the token they have, and a new one only after that was refused.
                when: "!has(conn.token) || conn.attempt % 2 == 0",
                capture: { token: "body.token" },
              },
            },
          ],
        },
      });
      const { connections } = summary;
      expect(summary.messages.byName["sign in"]).toMatchObject(all(account.logins));
      expect(connections.established).toBe(account.accepted);
      expect(connections.failedByStatus).toEqual({ "401": account.refused });
      expect(connections.closedByCode).toEqual({ "4401": account.expired });
      expect(connections.dropped).toBe(account.expired);
      expect(account.refused).toBeGreaterThanOrEqual(N);
      expect(connections.attempted).toBe(account.accepted + account.refused);
    } finally {
      http.close();
    }
  });

  it("lines that run on from one frame into the next are whole messages", async () => {
    const account = { said: 0, lines: 0, frames: 0 };
    await using service = await serve((socket) => {
      let waiting = "";
      const writing = setInterval(() => {
        // As much as there is room for, wherever that ends: as from a pipe.
        for (; waiting.length >= 20; waiting = waiting.slice(20)) {
          account.frames++;
          socket.send(waiting.slice(0, 20));
        }
        if (waiting !== "") {
          account.frames++;
          socket.send(waiting);
        }
        waiting = "";
      }, 50);
      socket.on("close", () => clearInterval(writing));
      onJson(socket, ({ id }: Said) => {
        account.said++;
        account.lines++;
        waiting += `${JSON.stringify({ type: "ack", id, text: "grüße" })}\r\n`;
      });
    });
    const summary = await played({
      ...{ target: service.url, incoming: { split: "line-stream" } },
      messages: talk(SAY, "20/s"),
    });
    expect(summary.messages).toMatchObject({
      ...{ sent: account.said, matched: account.said, timedOut: 0, unsolicited: 0 },
    });
    expect(summary.messages.received).toBe(account.frames);
  });

  it.each(["lean", "ws"])("UTF-8 that is cut inside a letter by fragments (%s)", async (driver) => {
    const account = { said: 0 };
    await using service = await serve((socket) => {
      onJson(socket, ({ id }: Said) => {
        account.said++;
        const bytes = Buffer.from(JSON.stringify({ text: "grüße, 世界 🌍", type: "ack", id }));
        // A fragment for each byte.
        for (const at of bytes.keys()) {
          socket.send(bytes.subarray(at, at + 1), { binary: false, fin: at === bytes.length - 1 });
        }
      });
    });
    const where = `${ACK.where} && m.text == 'grüße, 世界 🌍'`;
    const messages = talk({ ...SAY, reply: { ...ACK, where } });
    const summary = await played({ target: service.url, messages }, ["--driver", driver]);
    expect(summary.messages).toMatchObject({
      ...{ sent: account.said, matched: account.said, received: account.said },
    });
    expect(summary.failures).toEqual([]);
  });

  it("requests that are open when the service closes are unanswered, and what is replayed later is nobody's", async () => {
    const account = { said: 0, unanswered: 0, replayed: 0, closed: 0 };
    const open: number[] = [];
    await using service = await serve((socket) => {
      let said = 0;
      // What it owed to those it closed.
      for (const id of open.splice(0)) {
        account.replayed++;
        sayJson(socket, { type: "ack", id });
      }
      onJson(socket, ({ id }: Said) => {
        account.said++;
        if (++said < 4) {
          sayJson(socket, { type: "ack", id });
          return;
        }
        account.unanswered++;
        open.push(id);
        if (said > 4) return;
        account.closed++;
        socket.close(1012, "restart");
      });
    });
    const summary = await played({
      target: service.url,
      connect: { reconnect: { policy: "fixed", min: "50ms", attempts: 100 } },
      messages: talk({ send: { json: { type: "say", id: "{{uuid}}" } }, reply: ACK }, "10/s"),
    });
    expect(summary.messages).toMatchObject({
      ...{ sent: account.said, unanswered: account.unanswered, unsolicited: account.replayed },
      ...{ matched: account.said - account.unanswered, timedOut: 0, late: 0 },
    });
    expect(summary.connections.closedByCode).toEqual({ "1012": account.closed });
    expect(byKind(summary)["unanswered say"]).toBe(account.unanswered);
  });

  it("numbers beyond 2^53 are told apart, and fields that only look like the reply's", async () => {
    const account = { said: 0, decoys: 0, matched: 0 };
    await using service = await serve((socket) => {
      onText(socket, (text) => {
        account.said++;
        const id = BigInt(/"id":(\d+)/.exec(text)?.[1] ?? 0);
        // The one before it, which as a double is the same; one inside of another; one in a text.
        for (const decoy of [
          `{"type":"ack","id":${id - 1n}}`,
          `{"type":"push","of":{"type":"ack","id":${id}}}`,
          `{"type":"push","text":"{\\"type\\":\\"ack\\",\\"id\\":${id}}"}`,
        ]) {
          account.decoys++;
          socket.send(decoy);
        }
        // Letters as escapes, spaces, another order; of two fields of a name the last counts.
        account.matched++;
        socket.send(`{ "id" : 1, "x": [{}], "\\u0074ype"\t:"\\u0061ck" ,"id":\n${id} }`);
      });
    });
    const summary = await played({
      target: service.url,
      messages: talk({
        send: { json: { type: "say", id: "{{9007199254740993 + 2 * seq}}" } },
        reply: ACK,
      }),
    });
    expect(summary.messages).toMatchObject({
      ...{ sent: account.said, matched: account.matched, unsolicited: account.decoys },
    });
  });
});
