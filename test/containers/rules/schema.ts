/** Every compose file is one by the schema of the Compose Specification, strictly: a key it does not know is a mistake. */
import { readFileSync } from "node:fs";
import { Ajv } from "ajv";
import type { Deployment, Tree } from "../deployment.ts";

const SCHEMA = new URL("../compose-spec.schema.json", import.meta.url);

// Draft 7 under an address that Ajv does not know it by.
const { $schema: _, ...specification } = JSON.parse(readFileSync(SCHEMA, "utf8")) as Tree;
const isCompose = new Ajv({ strict: false, validateFormats: false }).compile(specification);

export function schema({ compositions }: Deployment): string[] {
  const files = new Map(
    compositions.flatMap(({ files: all }) => all.map(({ path, tree }) => [path, tree])),
  );
  return [...files].flatMap(([path, tree]) =>
    isCompose(tree)
      ? []
      : (isCompose.errors ?? []).map(
          ({ instancePath, message, params }) =>
            `${path}: ${instancePath} ${message} ${JSON.stringify(params)}`,
        ),
  );
}
