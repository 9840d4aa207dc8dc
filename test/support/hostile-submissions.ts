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

const one = "[{ phase: a, ramp: burst, to: 1, hold: 1s }]";
const mix = (send: string) => `messages: { rate: 1/s, mix: [{ name: a, send: ${send} }] }`;
const sawtooth = (at: number) => (at % 2 === 0 ? 2_000_000 : 0);

/** Plans, texts and numbers of sizes that nobody means; each is cheap for a service that bounds what it expands. */
const PLANS: Readonly<Record<string, () => string>> = {
  "5 million connections at once": () =>
    scenario("[{ phase: a, ramp: burst, to: 5000000, hold: 1s }]"),
  "47 hours of 2 million": () => scenario("[{ phase: a, ramp: linear, to: 2000000, over: 47h }]"),
  "an exponential ramp of 47 hours": () =>
    scenario("[{ phase: a, ramp: exponential, to: 2000000, over: 47h }]"),
  "700 hours": () => scenario("[{ phase: a, ramp: burst, to: 1, hold: 700h }]"),
  "60 phases of 700 hours": () =>
    scenario(`[${times(60, (at) => `{ phase: a${at}, ramp: burst, to: 1, hold: 700h }`)}]`),
  "10,000 phases": () => scenario(`[${times(10_000, (at) => `{ phase: a${at}, hold: 1s }`)}]`),
  "500 bursts of 2 million": () =>
    scenario(
      `[${times(500, (at) => `{ phase: a${at}, ramp: burst, to: ${sawtooth(at)}, hold: 1s }`)}]`,
    ),
  "a billion arrivals a second": () =>
    scenario("[{ phase: a, arrive: 1000000000/s, stay: 1us, for: 1s }]"),
  "a million arrivals a second for 40 hours": () =>
    scenario("[{ phase: a, arrive: 1000000/s, stay: 1ms, for: 40h }]"),
  "Poisson arrivals for 47 hours": () =>
    scenario("[{ phase: a, arrive: 20/s, stay: exp(1ms), arrival: poisson, for: 47h }]"),
  "a search of steps of a microsecond": () =>
    scenario(
      "[{ phase: s, ramp: find-limit, step: 1, settle: 1us, until: 'latency p99 > 250ms', to: 2000000 }]",
      "messages: { rate: 1/s, mix: [{ name: a, send: { text: x }, reply: { match: echo } }] }",
    ),
  "a message of 1 GB": () => scenario(one, mix("{ binary: { size: 1gb } }")),
  "a text of a billion letters": () => scenario(one, mix("{ text: '{{text(1,1000000000)}}' }")),
  "10,000 texts of 64 KB in one": () =>
    scenario(one, mix(`{ text: '${"{{text(65536,65536)}}".repeat(10_000)}' }`)),
  "a header of 20,000 texts": () =>
    scenario(one, `connect: { headers: { a: '${"{{text(65536,65536)}}".repeat(20_000)}' } }`),
  "9,000 messages": () =>
    scenario(
      one,
      `messages: { rate: 1/s, mix: [${times(9000, (at) => `{ name: a${at}, send: { text: x } }`)}] }`,
    ),
  "9,000 headers": () =>
    scenario(one, `connect: { headers: { ${times(9000, (at) => `h${at}: x`)} } }`),
  "9,000 thresholds": () =>
    scenario(one, `thresholds: { connect: [${times(9000, (at) => `p95 < ${at + 1}ms`)}] }`),
  "a selector of 20,000 parts": () =>
    scenario(one, `thresholds: { 'latency{${"phase=a,".repeat(20_000)}}': ['p99 < 1ms'] }`),
  "a rate of a billion": () =>
    scenario(one, "messages: { rate: 1000000000/s, mix: [{ name: a, send: { text: x } }] }"),
  "a duration of 500,000 digits": () =>
    scenario(`[{ phase: a, ramp: burst, to: 1, hold: '${"1".repeat(500_000)}s' }]`),
  "a rate of 250,000 points": () =>
    scenario(
      one,
      `messages: { rate: '${"1.".repeat(250_000)}/s', mix: [{ name: a, send: { text: x } }] }`,
    ),
  "60,000 beginnings of env": () => scenario(one, `vars: { a: '${"{{ env . ".repeat(60_000)}' }`),
  "150,000 beginnings of vars": () =>
    scenario(one, `connect: { headers: { a: '{{${"vars[ ".repeat(150_000)}}}' } }`),
  "200,000 beginnings of a URL": () => scenario(one, `vars: { a: '${"a://".repeat(200_000)}' }`),
  "160,000 beginnings of a query": () =>
    scenario(one, `vars: { a: '${"?token".repeat(160_000)}' }`),
  "900 brackets": () => scenario(one, `vars: { a: '{{${"(".repeat(900)}1${")".repeat(900)}}}' }`),
  "one million opening brackets": () => "[".repeat(1_000_000),
  "one million opening braces": () => "{".repeat(1_000_000),
  "one million dashes": () => "- ".repeat(500_000),
  "100,000 documents": () => "--- 1\n".repeat(100_000),
  "aliases of aliases": () =>
    `a0: &a0 [x, x, x, x, x, x, x, x, x]\n${times(12, (at) => `a${at + 1}: &a${at + 1} [${`*a${at}, `.repeat(9)}]`, "\n")}\n`,
  "a document of tabs": () => "\t".repeat(1_000_000),
};

/** Tried at full size only. */
export const HOSTILE_PLANS: readonly HostileSubmission[] = Object.entries(PLANS).map(
  ([name, body]) => ({ name, type: YAML, body }),
);
