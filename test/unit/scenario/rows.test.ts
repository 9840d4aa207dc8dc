/**
 * What data may be put where: every row is tried in every place that cannot carry just any text, before anything starts.
 * Method: small tables with one bad row; the message names file, line and column, and never the value.
 */

import { describe, expect, it } from "vitest";
import { checkPlace, MAX_CHECKED_CELLS } from "../../../shared/scenario/check/rows.ts";
import { readDocument } from "../../../shared/scenario/read/document.ts";
import { IssueLog } from "../../../shared/scenario/read/issue-log.ts";
import { compileTemplate } from "../../../shared/scenario/template/template.ts";
import { tableOf } from "../../support/data-table.ts";
import { issuesOf, linesOf, minimal, parseText, scenarioOf } from "./reading.ts";

const CSV = "name,token\nann,t1\nben,t2\ncem,t3\n";

/** A scenario over the tables `users` and `rooms`. */
function check(more: string, users = CSV, rooms = "room\nlobby\n") {
  const text = `version: 1\n${more}\ndata: { users: { csv: users.csv, pick: random }, rooms: { csv: rooms.csv } }\nload: [{ phase: a, ramp: burst, to: 2, hold: 1s }]\n`;
  const target = more.includes("target") ? text : text.replace("\n", "\ntarget: ws://h/\n");
  const readFile = (path: string) => Buffer.from(path === "users.csv" ? users : rooms);
  return parseText(target, { readFile });
}

const whats = (more: string, users?: string) =>
  issuesOf(check(more, users)).map(({ what }) => what);

describe("a header", () => {
  const header = 'connect: { headers: { x: "Bearer {{data.users.token}}" } }';

  it("is refused for the row that it cannot carry", () => {
    const fault = "the value holds characters that a header cannot carry";
    expect(whats(header, 'name,token\nann,t1\nben,"t2\nX-Evil: 1"\ncem,t3\n')).toEqual([
      'the value holds a line break, which a header cannot carry: line 3 of "users.csv", column token',
    ]);
    expect(
      whats(header, "name,token\r\nann,t1\r\nben,t2\r\n\r\ncem,\u4e2d\r\ndan,\u0007\r\n"),
    ).toEqual([`${fault}: line 5 of "users.csv", column token (and 1 more row)`]);
    expect(whats(header)).toEqual([]);
  });

  it("may hold Latin-1, and other columns may hold anything", () => {
    expect(whats(header, "name,token\n\u4e2d,caf\u00e9\n")).toEqual([]);
  });

  it("names the column that is to blame, in an expression and among several tables", () => {
    const both =
      'connect: { headers: { x: "{{data.rooms.room}} {{data.users.name + data.users.token}}" } }';
    const [what] = whats(both, "name,token\nann,t1\nben,t2\ncem,t\u4e2d\n");
    expect(what).toContain('line 4 of "users.csv", column token');
  });

  it("is refused for a var, too", () => {
    const vars = 'vars: { v: "a\\nb" }\nconnect: { headers: { x: "{{vars.v}}" } }';
    expect(whats(vars)).toEqual(["the value holds a line break, which a header cannot carry"]);
  });
});

describe("a URL", () => {
  const odd = 'name,token\nann,t1\nben,"R&D#7 50%/?+=\u4e2d\r\n"\n';

  it("takes any value, which is encoded", () => {
    expect(whats('target: "ws://h/{{data.users.token}}?t={{data.users.token}}"', odd)).toEqual([]);
  });

  it("takes what is raw only if a URL can carry it, in every row", () => {
    const raw = 'target: "ws://h/?{{raw(data.users.token)}}"';
    const rows = (value: string) => `name,token\nann,a=1\nben,${value}\n`;
    const at = ': line 3 of "users.csv", column token';
    expect(whats(raw, rows("b=%20&c=1"))).toEqual([]);
    expect(whats(raw, rows("a b"))).toEqual([
      `the target URL holds spaces or control characters${at}`,
    ]);
    expect(whats(raw, rows("a#b"))).toEqual([`a target URL cannot have a fragment (#)${at}`]);
  });

  it("has no segments that everybody takes out", () => {
    const path = 'target: "ws://h/room/{{data.users.name}}/x"';
    for (const name of [".", "..", "%2e"]) {
      const raw = path.replace("data.users.name", "raw(data.users.name)");
      const source = name.startsWith("%") ? raw : path;
      expect(whats(source, `name,token\nann,1\n${name},2\n`)).toEqual([
        'no URL can carry . or .. as a segment of its path: line 3 of "users.csv", column name',
      ]);
    }
    expect(whats('target: "ws://h/v{{data.users.name}}"', "name,token\n.,1\n..,2\n")).toEqual([]);
  });

  it("carries no half of a surrogate pair", () => {
    const vars = (place: string) => `vars: { v: "a\\ud800" }\ntarget: "ws://h/${place}"`;
    for (const place of ["{{vars.v}}", "?x={{raw(vars.v)}}"]) {
      expect(whats(vars(place))).toEqual(["no URL can carry half of a surrogate pair"]);
    }
  });

  it("keeps raw() to itself", () => {
    expect(whats('connect: { headers: { x: "{{raw(data.users.name)}}" } }')).toEqual([
      "raw() stands alone, and in a URL only",
    ]);
  });
});

describe("a subprotocol", () => {
  const offer = 'connect: { subprotocols: [chat, "bearer.{{data.users.token}}"] }';

  it("may hold what is a connection's own", () => {
    const own =
      'connect: { subprotocols: [chat, "u{{conn.index}}", "a.{{conn.attempt}}", "{{data.users.name}}"] }';
    expect(linesOf(check(own))).toEqual([]);
    expect(scenarioOf(check(offer)).connect.subprotocols).toEqual([
      "chat",
      "bearer.{{data.users.token}}",
    ]);
  });

  it("is refused for the row with which it is no token", () => {
    for (const token of ["a b", "a/b", "\u00e9", '"a,b"', "a=b"]) {
      expect(whats(offer, `name,token\nann,ok\nben,${token}\n`)).toEqual([
        'the value is no subprotocol: line 3 of "users.csv", column token',
      ]);
    }
    const bare = 'connect: { subprotocols: ["{{data.users.token}}"] }';
    expect(whats(bare, 'name,token\nann,ok\nben,""\n')).toHaveLength(1);
  });

  it("is not offered twice, in any row", () => {
    const twice = 'connect: { subprotocols: [chat, "{{data.users.token}}"] }';
    expect(whats(twice, "name,token\nann,ok\nben,chat\n")).toEqual([
      'the subprotocol chat is twice: line 3 of "users.csv", column token',
    ]);
    expect(whats("connect: { subprotocols: [a, b, a] }")).toEqual(["the subprotocol a is twice"]);
  });

  it("has no seq, and may be a secret", () => {
    expect(whats('connect: { subprotocols: ["a{{seq}}"] }')).toEqual([
      "a subprotocol is offered before the first message: seq has no value",
    ]);
    const text = minimal(
      'vars: { key: { env: KEY, secret: true } }\nconnect: { subprotocols: [chat, "token.{{vars.key}}"] }\n',
    );
    expect(linesOf(parseText(text, { env: { KEY: "s3cret" } }))).toEqual([]);
    const refused = issuesOf(parseText(text, { env: { KEY: "not a token" } }));
    expect(refused.map(({ what }) => what)).toEqual(["the value is no subprotocol"]);
  });
});

describe("an echo", () => {
  const send = (payload: string, limit = "1kb") =>
    `connect: { maxMessage: ${limit} }\nmessages: { rate: 1/s, mix: [{ name: a, send: ${payload}, reply: { match: echo } }] }`;
  const fault = (bytes: number) =>
    `an echo of ${bytes} bytes is over connect.maxMessage (1024 bytes)`;

  it("fits into the largest message that is accepted", () => {
    expect(whats(send("{ binary: { size: 1kb } }"))).toEqual([]);
    expect(whats(send("{ binary: { size: 1025 } }"))).toEqual([fault(1025)]);
    expect(whats(send("{ binary: { size: [1, 2kb, 4kb] } }"))).toEqual([fault(2048), fault(4096)]);
    expect(whats(send("{ binary: { size: 20mb } }", "16mb"))).toHaveLength(1);
  });

  it("fits with every row of the data", () => {
    const users = `name,token\nann,t1\nben,${"\u00e9".repeat(513)}\n`;
    const at = 'line 3 of "users.csv", column token';
    expect(whats(send('{ text: "{{data.users.token}}" }'), users)).toEqual([
      `${fault(1026)}: ${at}`,
    ]);
    expect(whats(send('{ json: { t: "{{data.users.token}}" } }'), users)).toEqual([
      `${fault(1034)}: ${at}`,
    ]);
    expect(whats(send('{ text: "{{data.users.name}}" }'), users)).toEqual([]);
  });
});

it("a text message carries no half of a surrogate pair", () => {
  const text = 'messages: { rate: 1/s, mix: [{ name: a, send: { text: "x\\udc00" } }] }';
  expect(whats(text)).toEqual(["no text message can carry half of a surrogate pair"]);
});

it("is bounded: rows beyond what may be spent are left for the run", () => {
  const place = { kind: "text", path: ["x"], value: "{{data.t.c}}", hint: "" } as const;
  const seen: string[] = [];
  const fault = (text: string) => {
    seen.push(text);
    return "";
  };
  const rows = Array.from({ length: 100 }, (_, at) => [at === 1 ? "b".repeat(1024) : `v${at}`]);
  const context = {
    scope: {
      vars: {},
      env: {},
      captures: [],
      data: { t: tableOf(["c"], rows, "random") },
    },
    unresolved: new Set<string>(),
    log: new IssueLog("scenario.yaml", readDocument("")),
    files: new Map(),
    work: { left: 10 },
    rendered: { chars: 0 },
  };
  checkPlace({ ...place, fault }, compileTemplate(place.value, context.scope), context);
  // A row costs 1, the long one 4 more.
  expect(seen).toEqual(rows.slice(0, 6).flat());
  expect(MAX_CHECKED_CELLS).toBeGreaterThanOrEqual(1_000_000);
});
