/**
 * What a connection asks for is what its row of the data says, whatever the row holds: in the path, in the query, in headers
 * and in subprotocols. Method: a server that reads the request as any server does, against the values themselves.
 */

import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { WebSocketServer } from "ws";
import { NO_AUDIT } from "../../../shared/scenario/defaults.ts";
import { tableOf } from "../../support/data-table.ts";
import { runEngine } from "../../support/engine-run.ts";
import { scenario } from "../../support/scenario.ts";

const servers: WebSocketServer[] = [];

afterEach(() => {
  for (const server of servers.splice(0)) {
    for (const client of server.clients) client.terminate();
    server.close();
  }
});

interface Asked {
  readonly segment: string;
  readonly key: string | null;
  readonly raw: string;
  readonly subprotocols: string;
  readonly chosen: string;
}

async function serve(): Promise<{ base: string; asked: Asked[] }> {
  const asked: Asked[] = [];
  const server = new WebSocketServer({
    port: 0,
    host: "127.0.0.1",
    handleProtocols: (offered) => [...offered].at(-1) ?? false,
  });
  servers.push(server);
  await once(server, "listening");
  server.on("connection", (socket, request) => {
    const url = new URL(request.url ?? "", "http://server");
    asked.push({
      segment: decodeURIComponent(url.pathname.split("/")[2] ?? ""),
      key: url.searchParams.get("key"),
      raw: url.searchParams.getAll("q").join(","),
      subprotocols: request.headers["sec-websocket-protocol"] ?? "",
      chosen: socket.protocol,
    });
  });
  return { base: `ws://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

const VALUES = [
  "R&D#7 50%",
  "a+b/c==",
  "plain",
  "?x=1&y=2",
  "caf\u00e9 \u{1f600}",
  "%2F",
  "line\r\nEvil: 1",
];

describe.each(["lean", "ws"] as const)("with the %s driver a request", (driver) => {
  it("says what the data say, and offers the connection's own subprotocols", async () => {
    const { base, asked } = await serve();
    const rows = VALUES.map((value, at) => [value, `t-${at}`, `q=${at}&q=z`]);
    const { counters, frames } = await runEngine(
      scenario(
        `${base}/room/{{data.users.id}}/x?key={{data.users['id']}}&v=2&{{raw(data.users.more)}}`,
        {
          data: { users: tableOf(["id", "token", "more"], rows, "unique") },
          connect: {
            driver,
            headers: [["x-name", "{{conn.index}}"]],
            subprotocols: ["chat", "bearer.{{data.users.token}}"],
          },
          messages: null,
          integrity: { ...NO_AUDIT, stamp: false },
          phases: [
            {
              phase: "all",
              exclude: false,
              durationUs: 500_000,
              messageFactor: 1,
              ramp: "burst",
              to: rows.length,
            },
          ],
        },
      ),
    );
    expect(counters.established).toBe(rows.length);
    const agreed = frames.flatMap((frame) => frame.agreed.map(({ protocol }) => protocol));
    expect(new Set(agreed)).toEqual(new Set(["bearer.{{data.users.token}}"]));
    const byToken = asked.toSorted((a, b) => a.chosen.localeCompare(b.chosen));
    expect(byToken).toEqual(
      rows.map(([value, token], at) => ({
        segment: value,
        key: value,
        raw: `${at},z`,
        subprotocols:
          driver === "ws" ? expect.stringMatching(/^chat, ?bearer\./) : `chat, bearer.${token}`,
        chosen: `bearer.${token}`,
      })),
    );
  });

  it.each([
    ["a header with a line break", { headers: [["x", "{{data.users.id}}"]] as const }],
    ["a subprotocol that is no token", { subprotocols: ["{{data.users.id}}"] }],
  ])("that would need %s is not sent as something else", async (_, connect) => {
    const { base, asked } = await serve();
    const table = tableOf(["id"], [["a\r\nEvil: 1"]], "sequential");
    const { counters, failures } = await runEngine(
      scenario(base, {
        data: { users: table },
        connect: { driver, ...connect },
        messages: null,
        integrity: { ...NO_AUDIT, stamp: false },
      }),
    );
    expect(counters.established).toBe(0);
    expect(asked).toEqual([]);
    expect(failures.map(({ kind }) => kind)).toEqual(["scenario-value"]);
    expect(JSON.stringify(failures)).not.toContain("Evil");
  });
});
