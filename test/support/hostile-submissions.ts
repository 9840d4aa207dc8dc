/**
 * Submissions that cost far more than their size: what a viewer may send to a coordinator. Used by the tests of what
 * it does about them. Each is within the size that is taken.
 */
export interface HostileSubmission {
  readonly name: string;
  readonly type: string;
  /** Made when it is sent: some are large. */
  readonly body: () => string;
}

const YAML = "application/yaml";
const ENVELOPE = "application/vnd.onrush.submission+json";
const BURST = "[{ phase: a, ramp: burst, to: 5, hold: 3s }]";
const LIST = `[${Array(40).fill("1").join(",")}]`;

const times = (count: number, make: (at: number) => string, between = ", ") =>
  Array.from({ length: count }, (_, at) => make(at)).join(between);

const scenario = (load = BURST, more = "", target = "ws://127.0.0.1:9/") =>
  `version: 1\nname: hostile\ntarget: "${target}"\nload: ${load}\n${more}`;

const envelope = (more: object, scenarioText = scenario()) =>
  JSON.stringify({ scenario: scenarioText, ...more });

function nested(depth: number): string {
  let inner = "true";
  for (let level = 0; level < depth; level++) inner = `${LIST}.all(x${level}, ${inner})`;
  return inner;
}

function doubling(): string {
  const vars = times(18, (at) => `v${at + 1}: '{{vars.v${at}}}{{vars.v${at}}}'`);
  const copies = times(40, (at) => `w${at}: '{{vars.v18}}a'`);
  return `vars: { v0: ${"x".repeat(1400)}, ${vars}, ${copies} }`;
}

const tables = (count: number) => `data: { ${times(count, (at) => `u${at}: { csv: u.csv }`)} }`;
const csv = (rows: number) => Buffer.from(`a\n${"1\n".repeat(rows)}`).toString("base64");
const anchors = `[${times(5800, (at) => `&a${at} 1`, ",")}]`;

export const HOSTILE_SUBMISSIONS: readonly HostileSubmission[] = [
  { name: "vars that double", type: YAML, body: () => scenario(BURST, doubling()) },
  {
    name: "nested macros",
    type: YAML,
    body: () => scenario(BURST, "", `ws://127.0.0.1:9/{{${nested(8)}}}`),
  },
  {
    name: "nested macros in 200 vars",
    type: YAML,
    body: () => scenario(BURST, `vars: { ${times(200, (at) => `v${at}: "{{${nested(8)}}}"`)} }`),
  },
  {
    name: "a pattern that backtracks",
    type: YAML,
    body: () =>
      scenario(
        BURST,
        `vars: { a: "{{ '${"a".repeat(1200)}'.matches('a*a*a*a*a*a*b') ? 'x' : 'y' }}" }`,
      ),
  },
  {
    name: "400,000 open braces",
    type: YAML,
    body: () => scenario(BURST, `vars: { a: '${"{{".repeat(400_000)}' }`),
  },
  {
    name: "20 tables of 1.5 million rows",
    type: ENVELOPE,
    body: () =>
      envelope(
        { files: { u: csv(1_500_000) } },
        scenario(BURST, tables(20).replaceAll("u.csv", "u")),
      ),
  },
  {
    name: "a table of 11.5 million rows",
    type: ENVELOPE,
    body: () => envelope({ files: { "u.csv": csv(11_500_000) } }, scenario(BURST, tables(1))),
  },
  {
    name: "set 300,000 times",
    type: ENVELOPE,
    body: () => envelope({ set: Array(300_000).fill(["x.y", "1"]) }),
  },
  {
    name: "set 400 times 51 KB of anchors",
    type: ENVELOPE,
    body: () => envelope({ set: Array(400).fill(["x.y", anchors]) }),
  },
  {
    name: "50,000 anchors",
    type: YAML,
    body: () => scenario(BURST, `vars: { a: [${times(50_000, (at) => `&a${at} 1`)}] }`),
  },
  {
    name: "50,000 tags",
    type: YAML,
    body: () => scenario(BURST, `vars: { a: [${times(50_000, () => "!t 1")}] }`),
  },
  {
    name: "100 phases of 100,000 steps",
    type: YAML,
    body: () =>
      scenario(
        `[${times(100, (at) => `{ phase: a${at}, ramp: step, to: ${at % 2 === 0 ? 2_000_000 : 0}, steps: 100000, over: 10m }`)}]`,
      ),
  },
  {
    name: "10,000 points",
    type: YAML,
    body: () =>
      scenario(
        `[{ phase: a, ramp: points, points: [${times(10_000, (at) => `[${at}s, ${(at % 2) * 100_000}]`)}] }]`,
      ),
  },
  {
    name: "1.9 million Poisson arrivals",
    type: YAML,
    body: () =>
      scenario("[{ phase: a, arrive: 1000/s, stay: exp(45s), arrival: poisson, for: 1900s }]"),
  },
  {
    name: "32 MB of JSON arrays",
    type: ENVELOPE,
    body: () => `${"[".repeat(16_000_000)}${"]".repeat(15_000_000)}`,
  },
];
