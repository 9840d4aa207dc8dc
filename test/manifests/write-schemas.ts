/**
 * Writes test/fixtures/kubernetes/kinds.json from the API server that KUBECONFIG names: the OpenAPI of the kinds that k8s/
 * uses and all that they refer to, without descriptions, and closed: a key that is not listed is refused. Run by hand when a
 * kind is new: npm run build && node dist/test/manifests/write-schemas.js
 */
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const FILE = fileURLToPath(
  new URL("../../../test/fixtures/kubernetes/kinds.json", import.meta.url),
);
const KINDS: Readonly<Record<string, readonly string[]>> = {
  "api/v1": [
    ...["ConfigMap", "Namespace", "PersistentVolumeClaim", "Secret", "Service", "ServiceAccount"],
  ],
  "apis/apps/v1": ["Deployment", "StatefulSet"],
  "apis/networking.k8s.io/v1": ["NetworkPolicy"],
  "apis/policy/v1": ["PodDisruptionBudget"],
};
/** Of a schema, what judges a value. */
const KEPT = new Set([
  "type",
  "format",
  "enum",
  "items",
  "required",
  "properties",
  "oneOf",
  "allOf",
]);
const PREFIX = "#/components/schemas/";

type Json = Readonly<Record<string, unknown>>;

interface OpenApi {
  readonly info: { readonly version: string };
  readonly components: { readonly schemas: Readonly<Record<string, Json>> };
}

const kinds: Record<string, string> = {};
const definitions: Record<string, unknown> = {};
let version = "";

for (const [path, wanted] of Object.entries(KINDS)) {
  const args = ["get", "--raw", `/openapi/v3/${path}`];
  const text = execFileSync("kubectl", args, { encoding: "utf8", maxBuffer: 64 * 1024 * 1024 });
  const { info, components } = JSON.parse(text) as OpenApi;
  version = info.version;
  for (const kind of wanted) {
    const [name] =
      Object.entries(components.schemas).find(([, schema]) => isKind(schema, path, kind)) ?? [];
    if (name === undefined) throw new Error(`the API server knows no ${kind} of ${path}`);
    kinds[`${path.replace(/^apis?\//, "")}/${kind}`] = name;
    keep(name, components.schemas);
  }
}
const license = "Apache-2.0, The Kubernetes Authors";
const source = `OpenAPI of kube-apiserver ${version}, reduced by test/manifests/write-schemas.ts`;
writeFileSync(FILE, `${JSON.stringify({ license, source, version, kinds, definitions })}\n`);

function isKind(schema: Json, path: string, kind: string): boolean {
  const listed = (schema["x-kubernetes-group-version-kind"] ?? []) as readonly Json[];
  const [, group = "", own] = /^apis?\/(?:(.+)\/)?(.+)$/.exec(path) ?? [];
  return listed.some(
    (one) => one["kind"] === kind && one["group"] === group && one["version"] === own,
  );
}

function keep(name: string, all: OpenApi["components"]["schemas"]): void {
  if (name in definitions) return;
  definitions[name] = {};
  definitions[name] = reduced(all[name] ?? {}, (other) => keep(other, all));
}

function reduced(schema: Json, needs: (name: string) => void): Json {
  const reference = schema["$ref"];
  if (typeof reference === "string") {
    needs(reference.slice(PREFIX.length));
    return { $ref: `#/definitions/${reference.slice(PREFIX.length)}` };
  }
  const kept = Object.entries(schema).flatMap(([key, value]): [string, unknown][] => {
    if (key === "properties") {
      const inner = Object.entries(value as Json).map(([name, one]) => [
        name,
        reduced(one as Json, needs),
      ]);
      return [[key, Object.fromEntries(inner)]];
    }
    if (key === "items" || (key === "additionalProperties" && typeof value === "object")) {
      return [[key, reduced(value as Json, needs)]];
    }
    if (key === "oneOf" || key === "allOf") {
      return [[key, (value as Json[]).map((one) => reduced(one, needs))]];
    }
    return KEPT.has(key) ? [[key, value]] : [];
  });
  const closed = "properties" in schema ? { additionalProperties: false } : {};
  return { ...Object.fromEntries(kept), ...closed };
}
