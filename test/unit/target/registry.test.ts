/**
 * Goal: every registered behaviour can be told, refuses what it does not know, and counts what it did under its own names
 * and no other's. Method: each one's own example against a target in this process; the registries are the list.
 */
import { afterEach, describe, expect, it } from "vitest";
import { ANSWER_BEHAVIOURS } from "../../../target/behaviour/answer/registry.ts";
import { PROCESS_BEHAVIOURS } from "../../../target/behaviour/process/registry.ts";
import { REPLY_BEHAVIOURS } from "../../../target/behaviour/reply/registry.ts";
import { UPGRADE_BEHAVIOURS } from "../../../target/behaviour/upgrade/registry.ts";
import { parseBehaviour } from "../../../target/behaviour-schema.ts";
import { Client, type Served, serve, until } from "./harness.ts";

let target: Served | null = null;
afterEach(() => target?.stop());

const ALL = [
  ...REPLY_BEHAVIOURS.map(({ meta }) => ({ part: "reply", meta })),
  ...ANSWER_BEHAVIOURS.map(({ meta }) => ({ part: "agent", meta })),
  ...UPGRADE_BEHAVIOURS.map(({ meta }) => ({ part: "upgrade", meta })),
  ...PROCESS_BEHAVIOURS.map(({ meta }) => ({ part: "process", meta })),
];
const rowsOf = (part: string) =>
  ALL.filter((one) => one.part === part).map(({ meta }) => [meta.name, meta] as const);

/** A document with one rule of one behaviour. */
function documentOf(part: string, meta: { name: string; most: number }, rule: object): object {
  return { [part]: { [meta.name]: meta.most === 1 ? rule : [rule] } };
}

describe.each(ALL)("$part.$meta.name", ({ part, meta }) => {
  it("is in the document, and refuses a key it does not know and a choice that is none", () => {
    expect(parseBehaviour(documentOf(part, meta, meta.example))).toHaveProperty("behaviour");
    const unknown = parseBehaviour(documentOf(part, meta, { ...meta.example, unheardOf: 1 }));
    expect(JSON.stringify(unknown)).toMatch(new RegExp(`"${part}\\.${meta.name}.*unheardOf`));
    // What concerns the process has its times in place of a choice.
    if (part === "process") return;
    const { count: _, ...never } = { count: 1, ...meta.example };
    expect(parseBehaviour(documentOf(part, meta, never))).toHaveProperty("issues");
  });

  it("has a name and counts that nobody else has", () => {
    const others = ALL.filter((one) => one.meta !== meta);
    expect(meta.doc).not.toBe("");
    for (const count of meta.counts) {
      expect(others.flatMap((one): readonly string[] => one.meta.counts)).not.toContain(count);
    }
    expect(others.filter((one) => one.part === part).map((one) => one.meta.name)).not.toContain(
      meta.name,
    );
  });
});

/** What each registered behaviour has counted so far, where it has counted anything. */
async function counted(served: Served): Promise<string[]> {
  const { behaviours } = await served.stats();
  const known: readonly string[] = ALL.flatMap(({ meta }): readonly string[] => meta.counts);
  return known.filter((count) => (behaviours as Record<string, number>)[count] !== 0);
}

it.each(rowsOf("reply"))("a reply takes %s, which counts it and nothing else", async (_, meta) => {
  const served = await serve(documentOf("reply", meta, meta.example));
  target = served;
  expect(await counted(served)).toEqual([]);
  const client = await Client.open(served.url);
  await Client.open(served.url);
  for (const text of ["one", "two", "three"]) client.socket.send(text);
  await until(async () => (await counted(served)).length > 0);
  // What is slow is overtaken.
  const counts: readonly string[] = [
    ...meta.counts,
    ...(meta.name === "slow" ? ["reordered"] : []),
  ];
  for (const count of await counted(served)) expect(counts).toContain(count);
});

it.each(rowsOf("agent"))(
  "an answer takes %s, which counts it and nothing else",
  async (_, meta) => {
    const served = await serve({ agent: { gap: 1, [meta.name]: [meta.example] } });
    target = served;
    const client = await Client.open(served.url);
    client.say({ type: "ask", id: 1 });
    await until(async () => (await counted(served)).length > 0);
    expect(await counted(served)).toEqual(meta.counts);
  },
);

it.each(rowsOf("upgrade"))("an upgrade takes %s, which counts it", async (_, meta) => {
  const served = await serve(documentOf("upgrade", meta, meta.example));
  target = served;
  expect(await counted(served)).toEqual([]);
  const first = new Client(served.url);
  await until(async () => (await counted(served)).length > 0);
  expect(await counted(served)).toEqual(meta.counts);
  expect((await served.stats()).accepted).toBe(0);
  // The rule is for one upgrade.
  await Client.open(served.url);
  first.socket.terminate();
});

it.each(rowsOf("process"))(
  "the process has %s, which counts it and nothing else",
  async (_, meta) => {
    const memory = { bytesPerMessage: 1_000_000, limitBytes: 1_000_000 };
    const served = await serve({ memory, ...documentOf("process", meta, meta.example) });
    target = served;
    const client = await Client.open(served.url);
    client.socket.send("one");
    // It may be gone for a moment.
    await expect.poll(() => counted(served).catch(() => [])).toEqual(meta.counts);
  },
);
