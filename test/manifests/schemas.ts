/**
 * Objects against the published schemas of their kinds, strictly: a key that the schema does not know is a mistake. The
 * schemas are in test/fixtures/kubernetes: kinds.json is what an API server publishes, made by write-schemas.ts;
 * custom-kinds.json is the part of KEDA's and the Prometheus Operator's kinds that k8s/ uses.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv, type ValidateFunction } from "ajv";
import { ROOT } from "../house/repository.ts";
import { type KubeObject, nameOf } from "./objects.ts";
import type { Rule } from "./rules/rule.ts";

const FOLDER = join(ROOT, "test/fixtures/kubernetes");
/** The one has what the other refers to. */
const FILES = ["kinds.json", "custom-kinds.json"];

interface Stored {
  /** apiVersion/kind -> name of its definition. */
  readonly kinds: Readonly<Record<string, string>>;
  readonly definitions: Readonly<Record<string, object>>;
}

/** The types say enough. */
const FORMATS = {
  int32: true,
  int64: true,
  double: true,
  "date-time": true,
  byte: true,
  "int-or-string": true,
} as const;

let validators: ReadonlyMap<string, ValidateFunction> | null = null;

export const schemas: Rule = ({ objects }) => objects.flatMap(problemsOf);

function problemsOf(object: KubeObject): string[] {
  validators ??= compiled();
  const validate = validators.get(`${object.apiVersion}/${object.kind}`);
  if (validate === undefined) return [`${nameOf(object)}: no schema of ${object.apiVersion}`];
  if (validate(object)) return [];
  return (validate.errors ?? []).map(({ instancePath, message, params }) => {
    const key = (params as { readonly additionalProperty?: string }).additionalProperty;
    const what = key === undefined ? message : `has no key ${key}`;
    return `${nameOf(object)}: ${instancePath === "" ? "it" : instancePath} ${what}`;
  });
}

function compiled(): ReadonlyMap<string, ValidateFunction> {
  const stored = FILES.map(
    (file) => JSON.parse(readFileSync(join(FOLDER, file), "utf8")) as Stored,
  );
  const kinds = Object.assign({}, ...stored.map((one) => one.kinds)) as Stored["kinds"];
  const definitions = Object.assign({}, ...stored.map((one) => one.definitions));
  const ajv = new Ajv({ allErrors: true, strict: false, formats: FORMATS });
  ajv.addSchema({ $id: "kubernetes", definitions });
  return new Map(
    Object.entries(kinds).map(([kind, name]) => [
      kind,
      ajv.compile({ $ref: `kubernetes#/definitions/${name}` }),
    ]),
  );
}
