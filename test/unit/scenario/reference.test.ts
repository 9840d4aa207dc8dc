/**
 * How a placeholder names what it wants: with dots, in brackets, in an expression; and what is said when it does not.
 * Method: one table with names of every kind, rendered; mistakes by example, with their hints.
 */

import { describe, expect, it } from "vitest";
import { SAMPLE } from "../../../shared/scenario/check/templates.ts";
import { referencePath } from "../../../shared/scenario/template/reference.ts";
import { compileTemplate } from "../../../shared/scenario/template/template.ts";
import { tableOf } from "../../support/data-table.ts";
import { issuesOf, linesOf, minimal, parseText } from "./reading.ts";

const scope = {
  vars: { room: "lobby", rooms: 4, col: "first name" },
  env: { HOME_TOWN: "Ulm" },
  captures: [],
  data: {
    users: tableOf(
      ["user-name", "first name", "a.b", 'q"', "plain"],
      [["ann-1", "Ann", "dot", "quote", "p"]],
      "sequential",
    ),
  },
};
const render = (source: string) => compileTemplate(source, scope).render({ ...SAMPLE });

describe("a reference", () => {
  it.each([
    ["{{data.users.user-name}}", "ann-1"],
    ["{{data.users['user-name']}}", "ann-1"],
    ['{{ data.users[ "first name" ] }}', "Ann"],
    ["{{data['users']['a.b']}}", "dot"],
    ['{{data["users"].plain}}', "p"],
    ["{{data.users['q\"']}}", "quote"],
    ["{{vars['room']}} {{vars.room}} {{env[\"HOME_TOWN\"]}}", "lobby lobby Ulm"],
    ["{{data.users['first name'] + '!'}}", "Ann!"],
    ["{{data.users[vars.col]}}", "Ann"],
    ["{{vars.rooms-1}}", "3"],
    ["{{conn.index % vars['rooms']}}", "0"],
    ["{{'${uuid}'}}", "${uuid}"],
  ])("%s is %s", (source, value) => {
    expect(render(source)).toBe(value);
  });

  it("is read as a path", () => {
    expect(referencePath(" data . users [ 'a b' ] ")).toEqual(["data", "users", "a b"]);
    for (const other of ["data", "data.", "data.users[0]", "data.users['a' + 'b']", "a.b c", ""]) {
      expect(referencePath(other)).toBeNull();
    }
  });
});

/** The issue of a header with this text, over the table and vars above. */
function said(value: string): string[] {
  const csv = "user-name,first name\nann-1,Ann\n";
  const text = minimal(
    `vars: { room: lobby, rooms: 4 }\ndata: { users: { csv: u.csv }, semi: { csv: s.csv } }\nconnect: { headers: { x: ${JSON.stringify(value)} } }\n`,
  );
  const readFile = (path: string) => Buffer.from(path === "u.csv" ? csv : "name;token\nann;t\n");
  return issuesOf(parseText(text, { readFile })).map(
    ({ what, hint }) => `${what}${hint === "" ? "" : ` (${hint})`}`,
  );
}

describe("a mistake in a reference", () => {
  it.each([
    ["{{data.users}}", "data.users needs a column (write data.users.user-name)"],
    ["{{data.users['']}}", "data.users needs a column (write data.users.user-name)"],
    [
      "{{data.users['first nam']}}",
      "the table users has no column first nam (did you mean first name?)",
    ],
    ["{{data['user'].x}}", "unknown data table data.user (did you mean users?)"],
    ["{{data['user'][vars.room]}}", "unknown data table data.user (did you mean users?)"],
    [
      "{{data.users['first name'].x}}",
      "data.users.first name has no part x (it is text or a number)",
    ],
    ["{{conn.id.x}}", "conn.id has no part x (it is text or a number)"],
    ["{{conn['nr']}}", "unknown name conn.nr (known here: index, id, attempt)"],
    ["{{vars['rom']}}", "unknown variable vars.rom (did you mean room?)"],
    [
      "{{env['NOT_SET']}}",
      "the environment variable NOT_SET is not set (set it: NOT_SET=... onrush run, or -e NOT_SET=...)",
    ],
    [
      "{{data.semi.name}}",
      'the table semi has no column name (its one column is "name;token": separate columns by commas)',
    ],
    ["{{uuid()}}", "uuid is no function (write {{uuid}})"],
    ["a {{now( )}}", "now is no function (write {{now}})"],
    ["{{seq() + 1}}", "seq is no function (write {{seq}})"],
    [
      "{{urlencode(vars.room)}}",
      "found no matching overload for 'urlencode(dyn)' (values in a URL are encoded as they are: {{data.users.id}})",
    ],
    [
      "{{randomInt(1, 2)}}",
      "found no matching overload for 'randomInt(int, int)' (what changes is {{uuid}}, {{now}}, {{text(20,400)}} and {{int(1,6)}})",
    ],
    [
      "${uuid}",
      "${uuid} is no placeholder here (write {{uuid}}; to send just that text, write {{'${uuid}'}})",
    ],
    [
      "x ${vars.room}",
      "${vars.room} is no placeholder here (write {{vars.room}}; to send just that text, write {{'${vars.room}'}})",
    ],
    [
      "${ text(1,2) }",
      "${ text(1,2) } is no placeholder here (write {{text(1,2)}}; to send just that text, write {{'${ text(1,2) }'}})",
    ],
  ])("%s: %s", (value, message) => {
    expect(said(value)).toEqual([message]);
  });

  it("is none where the text only looks like one", () => {
    for (const value of ["${x}", "$uuid", "${uuidx}", "{uuid}", "$ {uuid}"])
      expect(said(value)).toEqual([]);
  });
});

describe("a secret", () => {
  const text = (name: string) =>
    minimal(
      `vars: { token: { env: TOKEN, secret: true }, key: tok }\nname: ${JSON.stringify(name)}\n`,
    );

  it.each([
    "{{vars.token}}",
    "{{vars['token']}}",
    '{{vars["token"] + "x"}}',
    "{{vars[vars.key + 'en']}}",
    "{{cel.bind(v, vars, v.token)}}",
    "{{vars // here\n.token}}",
    "{{[vars].map(v, v.token)[0]}}",
  ])("is shown nowhere, however it is read: %s", (name) => {
    const result = parseText(text(name), { env: { TOKEN: "s3cret" } });
    expect(issuesOf(result)).toHaveLength(1);
    expect(JSON.stringify(result)).not.toContain("s3cret");
  });

  it("leaves other vars alone", () => {
    expect(linesOf(parseText(text("{{vars['key']}}"), { env: { TOKEN: "s3cret" } }))).toEqual([]);
  });
});

describe("a target", () => {
  const of = (target: string) =>
    linesOf(
      parseText(
        `version: 1\ntarget: ${JSON.stringify(target)}\nload: [{ phase: a, hold: 1s, ramp: burst, to: 1 }]\n`,
        {
          env: { HOST: "h:1", BASE: "ws://h:1/a?x=1&y=2" },
        },
      ),
    );

  it.each([
    [
      "127.0.0.1:22100/?token=tok-{{conn.index}}",
      "did you mean ws://127.0.0.1:22100/?token=tok-{{conn.index}}?",
    ],
    ["localhost", "did you mean ws://localhost?"],
    ["http://h/{{conn.index}}", "did you mean ws://?"],
    ["ws://127.0.0.1:99999/x", "the target URL has port 99999 (65535 is the highest)"],
    ["ws://::1:9001/x", "an IPv6 address stands in brackets"],
    [
      "ws://u:p@h/",
      "user and password in the target URL are not supported (use connect.headers: authorization)",
    ],
    ["ws://@h/", "user and password in the target URL are not supported"],
    ["ws://h\\x", "the target URL holds a backslash"],
    ["ws://h/#part", "a target URL cannot have a fragment (#) (write %23 for a #)"],
    ["ws://h/a b", "the target URL holds spaces or control characters"],
    ["ws://{{conn.index}}/", "the host of a target cannot differ between connections"],
    ["{{conn.id}}", "the host of a target cannot differ between connections"],
    ["ws://", "the target URL has no host"],
    ["ws://:80/", "the target URL has no host"],
    ["ws://{{env.NOT_SET}}/", "the environment variable NOT_SET is not set"],
  ])("%s: %s", (target, message) => {
    const lines = of(target);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain(message);
  });

  it.each([
    "ws://[::1]:9001/x?y=1",
    "ws://{{env.HOST}}/{{conn.index}}",
    "{{env.BASE}}",
    "{{raw(env.BASE)}}&z=1",
    "WS://h",
  ])("%s is one", (target) => expect(of(target)).toEqual([]));

  it("is written before its path as the environment has it, and encoded from there on", () => {
    const urlOf = (target: string) => {
      const text = `version: 1\ntarget: ${JSON.stringify(target)}\nload: [{ phase: a, hold: 1s, ramp: burst, to: 1 }]\n`;
      const result = parseText(text, { env: { BASE: "ws://h:1/a?x=1&y={{z" } });
      return result.ok ? result.scenario.targets[0] : issuesOf(result);
    };
    expect(urlOf("{{env.BASE}}")).toMatchObject({ url: "ws://h:1/a?x=1&y={{{{z", label: "h:1" });
    expect(urlOf("ws://m\u00fcnchen.example:8/x")).toMatchObject({
      url: "ws://xn--mnchen-3ya.example:8/x",
      label: "xn--mnchen-3ya.example:8",
    });
  });
});
