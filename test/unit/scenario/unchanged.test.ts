/**
 * Goal: a scenario keeps its meaning from version to version: the hash of its plan is made of the strict form, and people
 * keep what explain prints. Method: the strict and the written form of every scenario the repository has, as text, held
 * against stored ones; `npx vitest run --project fast -u` on this file stores new ones, for a change that is meant.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { TEMPLATES } from "../../../coordinator/cli/commands/templates/registry.ts";
import { writtenForm } from "../../../shared/scenario/written.ts";
import { rowsOf } from "../../support/data-table.ts";
import { parseText, readFrom, scenarioOf } from "./reading.ts";

const ROOT = join(import.meta.dirname, "../../..");
const STORED = join(ROOT, "test/fixtures/scenarios/strict");
const env = {
  ONRUSH_TARGET: "ws://127.0.0.1:9001/",
  HOST: "chat.example",
  ZONE: "eu-west",
  CHAT_TOKEN: "abcdefgh",
};

interface Given {
  readonly name: string;
  readonly folder: string;
  readonly text: string;
}

function inFolder(path: string): Given[] {
  const folder = join(ROOT, path);
  return readdirSync(folder)
    .filter((name) => /\.(yaml|json)$/.test(name))
    .map((name) => ({ name, folder, text: readFileSync(join(folder, name), "utf8") }));
}

const given: Given[] = [
  ...inFolder("examples"),
  ...inFolder("test/fixtures/scenarios/valid"),
  ...Object.entries(TEMPLATES).map(([name, { text }]) => {
    return { name: `template-${name}.yaml`, folder: ROOT, text };
  }),
];

describe("what a scenario means", () => {
  it("has scenarios to be tried on", () => expect(given.length).toBeGreaterThan(15));

  it.each(given)("is what it was: $name", async ({ name, folder, text }) => {
    const parsed = parseText(text, { fileName: name, env, readFile: readFrom(folder) });
    const scenario = scenarioOf(parsed);
    const written = parsed.ok ? writtenForm(scenario, parsed.given) : null;
    const data = Object.entries(scenario.data).map(([table, { columns, pick, ...rest }]) => {
      return [table, { columns, rows: rowsOf({ columns, pick, ...rest }), pick }] as const;
    });
    const strict = { ...scenario, data: Object.fromEntries(data) };
    const forms = JSON.stringify({ strict, written }, null, 1);
    await expect(`${forms}\n`).toMatchFileSnapshot(join(STORED, `${name}.forms`));
  });
});
