/** Goal: k8s/secrets.sh makes values that programs and brokers take, new ones each time, and never half of them. */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { expect, it } from "vitest";
import { Tokens } from "../../coordinator/http/access/tokens.ts";
import { readClusterKeys } from "../../shared/trust/cluster-key.ts";
import { ROOT } from "../house/repository.ts";
import { parseObjects, type Secret } from "./objects.ts";
import { isSecret } from "./render.ts";

const SCRIPT = join(ROOT, "k8s/secrets.sh");
const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");

interface Made {
  readonly status: number | null;
  readonly stderr: string;
  readonly secrets: Readonly<Record<string, Secret["stringData"]>>;
  readonly text: string;
}

function make(args: readonly string[] = [], env: Readonly<Record<string, string>> = {}): Made {
  const PATH = process.env["PATH"] ?? "";
  const done = spawnSync("/bin/sh", [SCRIPT, ...args], { encoding: "utf8", env: { PATH, ...env } });
  const { status, stderr, stdout: text } = done;
  const secrets = status === 0 ? parseObjects(text).filter(isSecret) : [];
  const byName = secrets.map(({ metadata, stringData }) => [metadata.name, stringData]);
  return { status, stderr, text, secrets: Object.fromEntries(byName) };
}

/** The programs of PATH that are named, and no others. */
function onlyWith(programs: readonly string[]): Disposable & { readonly path: string } {
  const path = mkdtempSync(join(tmpdir(), "onrush-path-"));
  for (const program of programs) {
    const found = spawnSync("/bin/sh", ["-c", `command -v ${program}`], { encoding: "utf8" });
    if (found.status === 0) symlinkSync(found.stdout.trim(), join(path, program));
  }
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true }) };
}

function tokensOf(made: Made): Tokens {
  const folder = mkdtempSync(join(tmpdir(), "onrush-tokens-"));
  try {
    const file = join(folder, "tokens.json");
    writeFileSync(file, made.secrets["onrush-tokens"]?.["tokens.json"] ?? "", { mode: 0o440 });
    return Tokens.read(file);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

it("makes what programs and brokers take", () => {
  const made = make();
  expect(made.status).toBe(0);
  readClusterKeys(made.secrets["onrush-cluster"]?.["cluster-key"] ?? "");
  const { password = "", "redis.acl": acl = "", url } = made.secrets["onrush-broker"] ?? {};
  expect(acl).toContain(`user onrush on #${sha256(password)} `);
  expect(password).toMatch(/^[0-9a-f]{64}$/);
  expect(url).toBeUndefined();
  const tokens = tokensOf(made);
  const admin = /ONRUSH_TOKEN=(\w{64})/.exec(made.stderr)?.[1];
  expect(tokens.caller(`Bearer ${admin}`)).toMatchObject({ name: "admin", role: "admin" });
  const metrics = made.secrets["onrush-metrics"]?.["token"];
  expect(tokens.caller(`Bearer ${metrics}`)).toMatchObject({ name: "metrics", role: "viewer" });
  expect(tokens.doubts).toEqual([]);
  expect(made.text).not.toContain(admin);
});

it("makes other values each time", () => {
  const [one, other] = [make(), make()];
  for (const [name, values] of Object.entries(one.secrets)) {
    for (const [key, value] of Object.entries(values)) {
      expect(other.secrets[name]?.[key], `${name} ${key}`).not.toBe(value);
    }
  }
});

it("says the same of the namespace as the manifests", () => {
  const [namespace] = parseObjects(make().text);
  const text = spawnSync("cat", [join(ROOT, "k8s/base/namespace.yaml")], {
    encoding: "utf8",
  }).stdout;
  expect(namespace).toEqual(parseObjects(text)[0]);
});

it("takes another namespace, and the URL of a broker", () => {
  const bus = "rediss://user:word@broker.example:6379/0?a=b";
  const made = make([], { ONRUSH_NAMESPACE: "load-tests", ONRUSH_BUS: bus });
  expect(made.secrets["onrush-broker"]?.["url"]).toBe(bus);
  const namespaces = parseObjects(made.text).map(
    ({ metadata }) => metadata.namespace ?? metadata.name,
  );
  expect(new Set(namespaces)).toEqual(new Set(["load-tests"]));
});

it("makes tokens alone", () => {
  const made = make(["tokens"]);
  expect(Object.keys(made.secrets)).toEqual(["onrush-tokens", "onrush-metrics"]);
  tokensOf(made);
});

it.each([
  ["another word", ["token"], {}],
  ["a namespace that is none", [], { ONRUSH_NAMESPACE: "Load tests" }],
  ["a URL that ends a string", [], { ONRUSH_BUS: 'redis://h"\nx: y' }],
  ["a URL with a space", [], { ONRUSH_BUS: "redis://h /x" }],
])("refuses %s", (_, args, env) => {
  const made = make(args, env as unknown as Record<string, string>);
  expect(made).toMatchObject({ status: 2, text: "" });
});

const BARE = ["od", "tr", "cut", "cat"];

it("makes them without openssl", () => {
  using bin = onlyWith([...BARE, "sha256sum"]);
  const made = make([], { PATH: bin.path });
  expect(made.stderr).toContain("ONRUSH_TOKEN=");
  expect(made.secrets["onrush-cluster"]?.["cluster-key"]).toMatch(/^[0-9a-f]{64}$/);
  tokensOf(made);
});

it("prints nothing where there is no SHA-256", () => {
  using bin = onlyWith(BARE);
  const made = make([], { PATH: [bin.path].join(delimiter) });
  expect(made.status).not.toBe(0);
  expect(made.text).toBe("");
  expect(made.stderr).toContain("install openssl");
});
