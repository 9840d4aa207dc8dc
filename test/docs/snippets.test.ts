/**
 * Every scenario, behaviour and workflow that a document shows is valid as it stands. Parts of a scenario are completed
 * with the least that makes one.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse, parseAllDocuments } from "yaml";
import { DEFAULT_SCRAPE_ADDRESS } from "../../shared/scenario/output.ts";
import { parseScenario } from "../../shared/scenario/parse.ts";
import { SECTIONS } from "../../shared/scenario/sections/registry.ts";
import { parseBehaviour } from "../../target/behaviour-schema.ts";
import { makeAuthority, makeLeaf } from "../conformance/certificates.ts";
import { type Fence, fencesOf, ROOT, userDocuments } from "./fences.ts";

const fences = [...userDocuments(), "deploy/github-action/README.md"].flatMap((document) =>
  fencesOf(document),
);
const of = (language: string) =>
  fences
    .filter(({ info }) => info.split(" ")[0] === language)
    .map((fence) => [`${fence.document}:${fence.line}`, fence] as const);

const LEAST = {
  version: 1,
  target: "ws://127.0.0.1:9001",
  load: [
    { phase: "ramp", ramp: "linear", to: 3, over: "1s" },
    { phase: "steady", hold: "1m" },
  ],
  messages: {
    rate: "1/s",
    mix: [{ name: "hello", send: { text: "hello" }, reply: { match: "echo", within: "1s" } }],
  },
};

const authority = makeAuthority("docs");
const leaf = makeLeaf(authority, { name: "localhost", dns: ["localhost"] });

/** What a scenario names lies in the same document. */
function readFileOf({ document }: Fence) {
  return (path: string): Buffer => {
    if (path.endsWith("key.pem")) return Buffer.from(leaf.key);
    if (path === "ca.pem") return Buffer.from(authority.cert);
    if (path.endsWith(".pem")) return Buffer.from(leaf.cert);
    const named = fences.find(
      (fence) => fence.document === document && fence.info.endsWith(` ${path}`),
    );
    if (named === undefined) throw Object.assign(new Error(path), { code: "ENOENT" });
    return Buffer.from(`${named.lines.join("\n")}\n`);
  };
}

const text = ({ lines }: Fence) => `${lines.join("\n")}\n`;
const isWorkflow = (value: unknown) =>
  Array.isArray(value) ||
  Object.entries(value as object).some(
    ([key, job]: [string, unknown]) =>
      key === "jobs" || (typeof job === "object" && job !== null && "script" in job),
  );

const isScrapeConfig = (value: unknown): value is ScrapeConfig =>
  typeof value === "object" && value !== null && "scrape_configs" in value;

interface ScrapeConfig {
  readonly scrape_configs: readonly {
    readonly static_configs: readonly { readonly targets: readonly string[] }[];
  }[];
}

const SECTION_KEYS: ReadonlySet<string> = new Set(SECTIONS.map(({ key }) => key));

function isScenarioPart(value: unknown): value is object {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  return Object.keys(value).every((key) => SECTION_KEYS.has(key));
}

interface ActionStep {
  readonly uses?: string;
  readonly with?: Readonly<Record<string, string>>;
}

function stepsIn(value: unknown): ActionStep[] {
  if (Array.isArray(value)) return value.flatMap(stepsIn);
  if (typeof value !== "object" || value === null) return [];
  return "uses" in value ? [value as ActionStep] : Object.values(value).flatMap(stepsIn);
}

describe("yaml", () => {
  const action = parse(readFileSync(join(ROOT, "deploy/github-action/action.yml"), "utf8")) as {
    inputs: Record<string, unknown>;
    outputs: Record<string, unknown>;
  };
  const blocks = of("yaml").map(([where, fence]) => [where, fence, parse(text(fence))] as const);
  const scenarios = blocks.filter(([, , value]) => isScenarioPart(value));
  const scrapes = blocks.flatMap(([where, , value]) =>
    isScrapeConfig(value) ? [[where, value] as const] : [],
  );
  const others = blocks.filter(([, , value]) => !isScenarioPart(value) && !isScrapeConfig(value));

  it("is there", () => {
    expect(scenarios.length).toBeGreaterThan(15);
    expect(others.length).toBeGreaterThan(2);
    expect(scrapes.length).toBeGreaterThan(0);
  });

  it.each(scenarios)("%s is a scenario", (_, fence, value) => {
    const whole = "version" in (value as object);
    const content = whole ? text(fence) : JSON.stringify({ ...LEAST, ...(value as object) });
    const result = parseScenario(content, {
      fileName: fence.document,
      env: { API_KEY: "k", CHAT_TOKEN: "t" },
      readFile: readFileOf(fence),
    });
    expect(result.ok ? [] : result.issues).toEqual([]);
  });

  it.each(scrapes)("%s has Prometheus look where a run listens", (_, { scrape_configs }) => {
    const targets = scrape_configs.flatMap(({ static_configs }) =>
      static_configs.flatMap(({ targets: each }) => each),
    );
    expect(targets).toEqual([`127.0.0.1${DEFAULT_SCRAPE_ADDRESS}`]);
  });

  it.each(others)(
    "%s is a workflow, with inputs and outputs that the action has",
    (_, fence, value) => {
      expect(isWorkflow(value)).toBe(true);
      for (const document of parseAllDocuments(text(fence))) expect(document.errors).toEqual([]);
      for (const { uses, with: inputs = {} } of stepsIn(value)) {
        if (uses?.startsWith("OWNER/onrush/") !== true) continue;
        expect(existsSync(join(ROOT, uses.slice("OWNER/onrush/".length).split("@")[0] ?? ""))).toBe(
          true,
        );
        expect(Object.keys(action.inputs)).toEqual(expect.arrayContaining(Object.keys(inputs)));
        expect(inputs["scenario"]).toBeDefined();
      }
      for (const [, name = ""] of text(fence).matchAll(/steps\.load\.outputs\.([\w-]+)/g)) {
        expect(Object.keys(action.outputs)).toContain(name);
      }
    },
  );
});

describe("json", () => {
  it("is there", () => {
    expect(of("json").length).toBeGreaterThan(10);
  });

  it.each(of("json"))("%s is a behaviour of the target", (_, fence) => {
    const result = parseBehaviour(JSON.parse(text(fence)));
    expect("issues" in result ? result.issues : []).toEqual([]);
  });
});
