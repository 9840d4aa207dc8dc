/**
 * Goal: HTTP steps ahead of a connection log each user in by itself, what they capture is that user's alone, and what goes wrong
 * is a failed attempt that says why. Method: a service that wants logins, with an account of its own; scenarios from YAML.
 */

import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { describe, expect, it } from "vitest";
import { namesOf } from "../../../shared/scenario/names.ts";
import type { StrictScenario } from "../../../shared/scenario/strict.ts";
import { NAME_COUNTERS } from "../../../shared/stats/counters.ts";
import { prepareLogins } from "../../../worker/login/login-step.ts";
import { makeAuthority, makeLeaf } from "../../conformance/certificates.ts";
import { type EngineRun, runEngine } from "../../support/engine-run.ts";
import { startLoginServer } from "../../support/login-server.ts";
import { parseText, scenarioOf } from "../scenario/reading.ts";

const CONNECTIONS = 12;
const WAYS: Readonly<Record<string, { target?: string; connect?: string }>> = {
  header: { connect: 'headers: { authorization: "Bearer {{conn.token}}" }' },
  query: { target: "?token={{conn.token}}" },
  subprotocol: { connect: 'subprotocols: [chat.v2, "bearer.{{conn.token}}"]' },
  cookie: { connect: 'headers: { cookie: "sid={{conn.sid}}" }' },
};

interface Written {
  readonly target?: string;
  readonly connect?: string;
  readonly step?: string;
  readonly more?: string;
  readonly hold?: string;
}

function written(at: string, { target = "", connect = "", step, more, hold = "400ms" }: Written) {
  return scenarioOf(
    parseText(`
version: 1
target: "ws://${at}/ws${target}"
connect: { ${connect} }
load: [{ phase: all, ramp: burst, to: ${CONNECTIONS}, hold: ${hold} }]
flow:
  before:
    - http: ${step ?? `{ name: login, post: "http://${at}/login", json: { user: "u{{conn.index}}" }, capture: { token: body.token, sid: cookies.sid } }`}
${more ?? ""}
`),
  );
}

const SAY = `
messages:
  rate: 20/s
  mix:
    - { name: say, send: { json: { id: "{{uuid}}", user: "u{{conn.index}}" } }, reply: { where: "m.id == sent.id", within: 1s } }
`;

function counted(
  { frames }: EngineRun,
  scenario: StrictScenario,
  [name, counter]: readonly [string, (typeof NAME_COUNTERS)[number]],
): number {
  const position = namesOf(scenario).findIndex((part) => part.name === name);
  return frames
    .flatMap(({ names }) => names)
    .filter((row) => row.name === position)
    .reduce((sum, row) => sum + (row.counters[NAME_COUNTERS.indexOf(counter)] ?? 0), 0);
}

describe("a login ahead of the connection", () => {
  it.each(
    Object.keys(WAYS).flatMap((way) => [
      [way, "lean"],
      [way, "ws"],
    ]),
  )("opens with the token in the %s (%s)", async (way, driver) => {
    await using server = await startLoginServer();
    const { target, connect } = WAYS[way] as { target?: string; connect?: string };
    const scenario = written(server.at, {
      target: target ?? "",
      connect: `driver: ${driver}, ${connect ?? ""}`,
      more: SAY,
    });
    const run = await runEngine(scenario);
    const { counters } = run;
    expect(run.failures).toEqual([]);
    expect(counters.established).toBe(CONNECTIONS);
    expect(server.counts).toMatchObject({ logins: CONNECTIONS, upgrades: CONNECTIONS, foreign: 0 });
    expect(new Set(server.entries.map(({ by }) => by))).toEqual(new Set([way]));
    expect(new Set(server.entries.map(({ user }) => user)).size).toBe(CONNECTIONS);
    expect(counters.sent).toBe(server.counts.messages);
    expect(counters.matched).toBe(server.counts.messages);
    // The welcome of each connection answers nothing.
    expect(counters.unsolicited).toBe(CONNECTIONS);
    expect(counted(run, scenario, ["login", "started"])).toBe(CONNECTIONS);
    expect(counted(run, scenario, ["login", "completed"])).toBe(CONNECTIONS);
    expect(counted(run, scenario, ["login", "failed"])).toBe(0);
    expect(run.histogram("step").count).toBe(CONNECTIONS);
  });

  it("is made again with each attempt, and the resume token of the connection before is sent", async () => {
    await using server = await startLoginServer({ closeAfter: 2 });
    const scenario = written(server.at, {
      target: "?token={{conn.token}}&resume={{conn.resume}}",
      connect: "reconnect: { policy: fixed, min: 10ms, attempts: 20 }",
      hold: "700ms",
      more: `    - http: { name: second, post: "http://${server.at}/login", json: { user: "u{{conn.index}}" } }
${SAY.replace("within: 1s", "within: 1s, capture: { resume: m.resume }")}`,
    });
    const run = await runEngine(scenario);
    const { counters } = run;
    expect(counters.reconnects).toBeGreaterThan(CONNECTIONS);
    expect(counters.failed).toBe(0);
    expect(server.counts.upgrades).toBe(counters.established);
    expect(server.counts.resumed).toBe(counters.established - CONNECTIONS);
    expect(server.counts.logins).toBe(2 * counters.attempted);
    expect(server.counts.foreign).toBe(0);
    expect(counted(run, scenario, ["login", "completed"])).toBe(counters.attempted);
    expect(counted(run, scenario, ["second", "completed"])).toBe(counters.attempted);
  });
});

it("fills in a form, which may answer by a redirect, and carries a cookie on", async () => {
  const forms: Record<string, string>[] = [];
  const carried: string[] = [];
  await using server = await startLoginServer({
    answer: ({ url, headers }, response, body) => {
      if (url === "/sign-in") {
        forms.push({
          type: headers["content-type"] ?? "",
          ...Object.fromEntries(new URLSearchParams(body)),
        });
        const set = `csrf=c-${forms.length}; Path=/; HttpOnly`;
        response.writeHead(302, { location: "/home", "set-cookie": set }).end();
        return true;
      }
      carried.push(headers.cookie ?? "");
      return false;
    },
  });
  const scenario = written(server.at, {
    target: "?token={{conn.token}}",
    step: `{ post: "http://${server.at}/sign-in", form: { "user name": "u{{conn.index}}&a=b c+ü%", fixed: "1&2" }, status: 302, capture: { csrf: cookies.csrf } }
    - http: { post: "http://${server.at}/login", headers: { cookie: "csrf={{conn.csrf}}" }, json: { user: "u{{conn.index}}" }, capture: { token: body.token } }`,
  });
  const { counters, failures } = await runEngine(scenario);
  expect(failures).toEqual([]);
  expect(counters.established).toBe(CONNECTIONS);
  const users = Array.from({ length: CONNECTIONS }, (_, index) => `u${index}&a=b c+ü%`);
  const type = "application/x-www-form-urlencoded";
  expect(forms.sort(byUser)).toEqual(
    users.map((user) => ({ type, "user name": user, fixed: "1&2" })).sort(byUser),
  );
  expect(new Set(carried)).toEqual(new Set(forms.map((_, at) => `csrf=c-${at + 1}`)));
});

function byUser(a: Record<string, string>, b: Record<string, string>): number {
  return (a["user name"] ?? "").localeCompare(b["user name"] ?? "");
}

describe("a login that fails", () => {
  const cases: Readonly<Record<string, readonly [step: string, signature: string]>> = {
    "is refused": [
      '{ name: login, post: "http://AT/login", json: { user: bad } }',
      "login: HTTP 401",
    ],
    "has no name": ['{ post: "http://AT/login", json: { user: bad } }', "before#1: HTTP 401"],
    "lacks what is captured": [
      '{ name: login, post: "http://AT/login", json: { user: a }, capture: { token: body.access_token } }',
      "login: no token in the answer",
    ],
    "has too long a value": [
      '{ name: login, get: "http://AT/long", capture: { token: body } }',
      "login: no token in the answer",
    ],
    "leads elsewhere": ['{ name: login, get: "http://AT/moved" }', "login: HTTP 302"],
    "has a status of its own": [
      '{ name: login, post: "http://AT/login", json: { user: a }, status: 204 }',
      "login: HTTP 200",
    ],
    "answers too much": [
      '{ name: login, get: "http://AT/huge" }',
      "login: answer of more than 1048576 bytes",
    ],
    "does not answer in time": [
      '{ name: login, get: "http://AT/never", within: 100ms }',
      "login: no answer in time",
    ],
    "answers drop by drop": [
      '{ name: login, get: "http://AT/drops", within: 150ms }',
      "login: no answer in time",
    ],
    "is cut off": ['{ name: login, get: "http://AT/cut" }', "login: hang-up"],
    "switches protocols": ['{ name: login, get: "http://AT/switch" }', "login: no answer"],
    "is no HTTP": ['{ name: login, get: "http://AT/noise" }', "login: HPE_INVALID_CONSTANT"],
  };

  it.each(Object.entries(cases))("%s", async (_, [step, signature]) => {
    let elsewhere = 0;
    await using server = await startLoginServer({
      answer: ({ url }, response) => {
        if (url === "/elsewhere") elsewhere++;
        if (url === "/long") response.end(JSON.stringify("x".repeat(4097)));
        else if (url === "/moved") response.writeHead(302, { location: "/elsewhere" }).end();
        else if (url === "/huge") response.end(Buffer.alloc(1024 ** 2 + 1, "x"));
        else if (url === "/drops") {
          const drip = setInterval(() => response.write(" "), 20);
          response.on("close", () => clearInterval(drip));
        } else if (url === "/cut") response.destroy();
        else if (url === "/switch") {
          response.socket?.end(
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
          );
        } else if (url === "/noise") response.socket?.end("SSH-2.0-OpenSSH_9.6\r\n");
        else return url === "/never";
        return true;
      },
    });
    const scenario = written(server.at, { step: step.replaceAll("AT", server.at) });
    const run = await runEngine(scenario);
    expect(run.failures).toEqual([{ kind: "before-failed", signature, count: CONNECTIONS }]);
    const { counters } = run;
    expect(counters).toMatchObject({ attempted: CONNECTIONS, failed: CONNECTIONS, established: 0 });
    expect(server.counts.upgrades + server.counts.upgradesRefused).toBe(0);
    expect(elsewhere).toBe(0);
    const name = signature.slice(0, signature.indexOf(":"));
    expect(counted(run, scenario, [name, "started"])).toBe(CONNECTIONS);
    expect(counted(run, scenario, [name, "failed"])).toBe(CONNECTIONS);
    expect(counted(run, scenario, [name, "completed"])).toBe(0);
  });

  it("is tried again as connections are", async () => {
    let asked = 0;
    await using server = await startLoginServer({
      answer: (_, response) => {
        if (++asked > 2 * CONNECTIONS) return false;
        response.writeHead(503).end("later");
        return true;
      },
    });
    const scenario = written(server.at, {
      target: "?token={{conn.token}}",
      connect: "reconnect: { policy: fixed, min: 10ms, attempts: 50 }",
      hold: "800ms",
    });
    const run = await runEngine(scenario);
    const { counters } = run;
    expect(counters.established).toBe(CONNECTIONS);
    expect(counters.failed).toBe(2 * CONNECTIONS);
    expect(counters.attempted).toBe(3 * CONNECTIONS);
    expect(run.failures).toEqual([
      { kind: "before-failed", signature: "login: HTTP 503", count: 2 * CONNECTIONS },
    ]);
  });

  it("is refused by an address where nothing listens", async () => {
    const closed = createServer().listen(0, "127.0.0.1");
    await once(closed, "listening");
    const { port } = closed.address() as AddressInfo;
    await new Promise((resolve) => closed.close(resolve));
    await using server = await startLoginServer();
    const run = await runEngine(
      written(server.at, { step: `{ name: login, get: "http://127.0.0.1:${port}/" }` }),
    );
    const signature = "login: ECONNREFUSED";
    expect(run.failures).toEqual([{ kind: "before-failed", signature, count: CONNECTIONS }]);
  });

  it("ends with the run, and what was started is counted", async () => {
    await using server = await startLoginServer({ answer: ({ url }) => url === "/never" });
    const scenario = written(server.at, {
      step: `{ name: login, get: "http://${server.at}/never" }`,
    });
    const run = await runEngine(scenario, {
      onTurn: (engine, runUs) => {
        if (runUs > 200_000) engine.end("abort");
      },
    });
    expect(run.counters).toMatchObject({ attempted: CONNECTIONS, failed: CONNECTIONS });
    expect(counted(run, scenario, ["login", "started"])).toBe(CONNECTIONS);
    expect(counted(run, scenario, ["login", "failed"])).toBe(CONNECTIONS);
  });
});

describe("a login over TLS", () => {
  const authority = makeAuthority("logins");
  const tls = makeLeaf(authority, { name: "localhost", dns: ["localhost"], ips: ["127.0.0.1"] });

  it.each([
    ["a certificate that connect.tls.ca signed", authority.cert, null],
    [
      "no certificate that another authority signed",
      makeAuthority("others").cert,
      /^login: (UNABLE_TO_VERIFY_LEAF_SIGNATURE|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_GET_ISSUER_CERT_LOCALLY|CERT_SIGNATURE_FAILURE)$/,
    ],
  ] as const)("accepts %s", async (_, ca, signature) => {
    await using server = await startLoginServer({ tls });
    const scenario = scenarioOf(
      parseText(
        `
version: 1
target: "wss://${server.at}/ws?token={{conn.token}}"
connect: { tls: { ca: ca.pem } }
load: [{ phase: all, ramp: burst, to: 5, hold: 300ms }]
flow:
  before:
    - http: { name: login, post: "https://${server.at}/login", json: { user: a }, capture: { token: body.token } }
`,
        { readFile: () => Buffer.from(ca) },
      ),
    );
    const { counters, failures } = await runEngine(scenario);
    expect(server.counts.logins).toBe(signature === null ? 5 : 0);
    expect(counters.established).toBe(signature === null ? 5 : 0);
    if (signature === null) expect(failures).toEqual([]);
    else expect(failures[0]?.signature).toMatch(signature);
  });
});

it("goes nowhere that a list does not allow", async () => {
  const scenario = written("127.0.0.1:9", { step: '{ get: "http://192.0.2.7/login" }' });
  const of = (allowed: string[]) => [{ of: "this worker" as const, allowed }];
  await expect(prepareLogins(scenario, of([]))).rejects.toThrow("not allowed by this worker");
  await expect(prepareLogins(scenario, of(["192.0.2.7:8080"]))).rejects.toThrow("not allowed");
  const [steps] = await prepareLogins(scenario, of(["192.0.2.7"]));
  expect(steps).toMatchObject([{ addresses: ["192.0.2.7"], method: "GET" }]);
});
