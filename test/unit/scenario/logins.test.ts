/** Goal: what is wrong with answers and HTTP steps is said at its place, and what is right is written back as it was. */
import { expect, it } from "vitest";
import { formText } from "../../../shared/scenario/template/form.ts";
import { writtenForm } from "../../../shared/scenario/written.ts";
import { linesOf, minimal, parseText, scenarioOf } from "./reading.ts";

const STEP = (inner: string) => minimal(`flow: { before: [{ http: { ${inner} } }] }`);
const fields = (count: number, value: string) =>
  Array.from({ length: count }, (_, at) => `f${at}: "${value}"`).join();

it.each([
  [STEP("json: { a: 1 }"), "http needs get or post"],
  [STEP("get: http://localhost:1/, post: http://localhost:1/"), "http"],
  [
    STEP("get: ws://localhost:1/"),
    "the request is not http:// or https:// but ws:// (did you mean http://?)",
  ],
  [STEP('get: "http://{{conn.id}}/"'), "the host of a request cannot differ between connections"],
  [STEP("get: http://localhost:1/, text: a"), "a GET request has no body"],
  [STEP("post: http://localhost:1/, text: a, json: a"), "the request has two bodies"],
  [STEP("post: http://localhost:1/, form: { a: b }, text: a"), "the request has two bodies"],
  [STEP("get: http://localhost:1/, form: { a: b }"), "a GET request has no body"],
  [STEP('post: http://localhost:1/, form: { a: "{{conn.no}}" }'), "unknown name conn.no"],
  [
    STEP('post: http://localhost:1/, form: { a: "{{ raw( conn.id ) }}" }'),
    "raw() is for URLs, not for forms",
  ],
  [STEP(`post: http://localhost:1/, form: { ${fields(1001, "x")} }`), "more than 1000 fields"],
  [
    STEP(`post: http://localhost:1/, form: { ${fields(2, "{{seq}}".repeat(501))} }`),
    "more than 1000 placeholders",
  ],
  [STEP("post: http://localhost:1/, capture: { token: m.token }"), "unknown name m"],
  [STEP("post: http://localhost:1/, capture: { id: body.id }"), "conn.id is the connection's own"],
  [STEP("post: http://localhost:1/, when: m.a == 1"), "m is nothing ahead of a connection"],
  [STEP("post: http://localhost:1/, headers: { upgrade: x }"), "the header upgrade belongs"],
  [minimal('flow: { open: [{ http: { get: "http://localhost:1/" } }] }'), "no http in open"],
  [minimal("answers: [{ where: m.id == sent.id, send: { text: a } }]"), "sent is nothing here"],
  [minimal('answers: [{ where: "true", send: { text: "{{x.id}}" } }]'), "unknown name x"],
  [
    minimal(
      'answers: [{ name: a, where: "true", send: { text: a } }, { name: a, where: "true", send: { text: a } }]',
    ),
    "duplicate answer a",
  ],
])("refuses %s", (text, what) => {
  expect(linesOf(parseText(text)).join("\n")).toContain(what);
});

it("a form of as many fields and placeholders as there may be is taken", () => {
  const text = STEP(`post: http://localhost:1/, form: { ${fields(1000, "{{seq}}")} }`);
  expect(parseText(text).ok).toBe(true);
});

it("no form is made with a value that could end its field, whoever makes it", () => {
  expect(formText([["a&b", "c=d {{seq}}"]])).toBe("a%26b=c%3Dd%20{{seq}}");
  expect(() => formText([["a", "b {{raw(seq)}}"]])).toThrow("raw() is for URLs");
});

it("is written back as it was", () => {
  const text = minimal(`
flow:
  before:
    - http: { name: sign in, put: "https://localhost:1/a?b={{conn.index}}", when: "!has(conn.token)", headers: { x-a: b }, text: "u={{conn.id}}", status: [200, 204], within: 3s, capture: { token: { value: body.token, secret: true } } }
    - http: { get: "http://localhost:1/me" }
    - http: { post: "http://localhost:1/form", form: { user: "{{conn.id}}", "a&b": "c=d" } }
answers:
  - { where: m.type == 'ping', send: { json: { id: "{{m.id}}", all: "{{text}}" } } }
`);
  const parsed = parseText(text);
  const scenario = scenarioOf(parsed);
  expect(scenario.answers).toMatchObject([{ name: "answer#1" }]);
  expect(scenario.flow?.before).toMatchObject([
    { name: "sign in" },
    { name: "before#2" },
    { name: "before#3" },
  ]);
  expect(scenario.captures).toEqual([{ name: "token", secret: true }]);
  if (!parsed.ok) return;
  const again = parseText(JSON.stringify(writtenForm(scenario, parsed.given)));
  expect(scenarioOf(again)).toEqual(scenario);
});
