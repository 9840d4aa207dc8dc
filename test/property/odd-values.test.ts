/**
 * Goal: whatever stands in the place of any part of a scenario, reading it gives problems and never throws. Method: each valid
 * scenario there is, with each of its parts replaced in turn by each of a list of odd values; parts that stand at the same place beside the
 * same others as in an earlier one are the same part.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { parse as parseYaml } from "yaml";
import { parseScenario } from "../../shared/scenario/parse.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const FOLDERS = ["test/fixtures/scenarios/valid", "test/fixtures", "examples"];
const ODD = [null, [], "x", -1, [null], { x: null }];

const env = new Proxy({}, { get: () => "ws://127.0.0.1:1" }) as Record<string, string>;

type Path = readonly (string | number)[];
const seen = new Set<string>();

/** Places of no earlier scenario. @param beside the keys that stand beside the value, and its kind */
function* placesIn(value: unknown, path: Path, beside = ""): Generator<Path> {
  const shape = Array.isArray(value) ? "list" : typeof value;
  const place = `${path.filter((key) => typeof key === "string").join(".")} ${shape} ${beside}`;
  if (!seen.has(place)) yield path;
  seen.add(place);
  if (typeof value !== "object" || value === null) return;
  const keys = Array.isArray(value) ? beside : keysOf(value);
  for (const [key, inner] of Object.entries(value)) {
    yield* placesIn(inner, [...path, Array.isArray(value) ? Number(key) : key], keys);
  }
}

function keysOf(value: object): string {
  return [...Object.keys(value).toSorted(), (value as { kind?: unknown }).kind].join();
}

function replaced(document: unknown, path: Path, odd: unknown): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return odd;
  const copy = (Array.isArray(document) ? [...document] : { ...(document as object) }) as Record<
    string | number,
    unknown
  >;
  copy[key] = replaced(copy[key], rest, odd);
  return copy;
}

describe("a scenario with an odd value in the place of one of its parts", () => {
  const files = FOLDERS.flatMap((folder) =>
    readdirSync(join(ROOT, folder))
      .filter((name) => /\.(yaml|json)$/.test(name))
      .map((name) => join(folder, name)),
  );

  it.each(files)("is read to its problems: %s", (file) => {
    const document: unknown = parseYaml(readFileSync(join(ROOT, file), "utf8"));
    const read = (content: unknown) =>
      parseScenario(JSON.stringify(content), {
        ...{ fileName: file, env },
        readFile: (path) => readFileSync(join(ROOT, file, "..", path)),
      });
    for (const path of placesIn(document, [])) {
      for (const odd of ODD) {
        const changed = replaced(document, path, odd);
        expect(() => read(changed), `${path.join(".")}: ${JSON.stringify(odd)}`).not.toThrow();
      }
    }
  });
});
