/**
 * How rows get to workers: whichever way a table goes, each connection finds the row that it would find in the whole table, and a
 * shard brings the rows of its connections and no others. Method: every way of picking, more and fewer rows than connections.
 */
import { expect, test } from "vitest";
import { makePlan } from "../../../coordinator/plan/plan.ts";
import { hasSentRows, rowPart, sentPlan } from "../../../coordinator/plan/sent-rows.ts";
import { cellOf } from "../../../shared/scenario/template/data-row.ts";
import { ShardRows } from "../../../worker/message/shard-rows.ts";
import { parseText, scenarioOf } from "../scenario/reading.ts";

const WIDE = "w".repeat(40);

function planned(pick: string, rows: number, connections: number) {
  const csv = `name,note\n${Array.from({ length: rows }, (_, at) => `u${at},${WIDE}${at}\n`).join("")}`;
  const text = `version: 1
seed: 7
target: ws://localhost:1/
data: { other: { csv: o.csv }, users: { csv: u.csv, pick: ${pick} } }
load: [{ phase: a, ramp: burst, to: ${connections}, hold: 1s }]
messages: { rate: 1/s, mix: [{ name: a, send: { text: "{{data.users.note}} {{data.other.a}}" } }] }
`;
  const readFile = (path: string) => Buffer.from(path === "o.csv" ? "a\n1\n2\n3\n" : csv);
  const scenario = scenarioOf(parseText(text, { readFile }));
  return makePlan({ run: "r", scenario, allowTargets: [] }).document;
}

test.each([
  ["unique", 20_000, 1000, true],
  ["sequential", 3000, 8000, true],
  ["sequential", 3000, 20_000, false],
  ["sequential", 5, 1000, false],
  ["random", 20_000, 1000, true],
  ["random", 3000, 3000, true],
  ["shuffled", 20_000, 1000, true],
  ["shuffled", 3000, 8000, true],
  ["shuffled", 100, 1000, false],
])("%s, %i rows, %i connections, by shard: %s", (pick, rows, connections, byShard) => {
  const document = planned(pick, rows, connections);
  const sent = sentPlan(document).scenario;
  expect(hasSentRows(document)).toBe(byShard);
  expect(sent.data["other"]?.rows.kind).toBe("listed");
  expect(sent.data["users"]?.rows.kind).toBe(byShard ? "byShard" : "listed");
  const came = new ShardRows(document.shards);
  const parts = Array.from({ length: document.shards }, (_, shard) => rowPart(document, shard));
  for (const [shard, part] of parts.entries()) came.add(shard, part);
  const values = parts.flatMap(({ tables }) => Object.values(tables).flat());
  expect(values).toHaveLength(byShard ? connections : 0);
  for (let connectionIndex = 0; connectionIndex < connections; connectionIndex += 7) {
    const owner = { seed: document.scenario.seed, connectionIndex };
    const [name, ordinal] = ["users", 1];
    const find = ({ data }: typeof sent) => {
      const table = data[name];
      return table === undefined ? "none" : cellOf({ name, ordinal, table }, 0, owner, came);
    };
    expect(find(sent)).toBe(find(document.scenario));
    expect(find(sent)).toContain(WIDE);
  }
});

test("as many rows as random arrivals come to, where each is to be used once", () => {
  const arrivals = (rows: number) => {
    const text = `version: 1
target: ws://localhost:1/
data: { users: { csv: u.csv, pick: unique } }
load: [{ phase: a, arrive: 100/s, arrival: poisson, stay: 1s, for: 10s }]
`;
    const readFile = () => Buffer.from(`a\n${"1\n".repeat(rows)}`);
    return { run: "r", scenario: scenarioOf(parseText(text, { readFile })), allowTargets: [] };
  };
  const { connections } = makePlan(arrivals(2000)).document;
  expect(connections).not.toBe(1000);
  expect(makePlan(arrivals(Math.max(1000, connections))).document.connections).toBe(connections);
  if (connections > 1000) expect(() => makePlan(arrivals(1000))).toThrow("1000 rows for");
});
