/** Goal: a table has one digest however it is held, and a secret in it leaves no trace. Method: small, many and long values. */
import { expect, it } from "vitest";
import { digestsOf } from "../../../coordinator/plan/data-digest.ts";
import type { DataRows, StrictDataTable } from "../../../shared/scenario/strict.ts";

function tableOf(rows: DataRows): StrictDataTable {
  return { columns: ["a"], count: 1, longest: [1], rows, pick: "unique" };
}

function packed(values: readonly string[]): DataRows {
  const parts = values.map((value) => Buffer.from(value));
  let end = 0;
  const ends = Uint32Array.from(parts, ({ length }) => (end += length));
  return { kind: "packed", numbers: null, bytes: Buffer.concat(parts), ends };
}

const digest = (rows: DataRows, secrets: readonly string[] = []) =>
  digestsOf({ data: { t: tableOf(rows) }, secrets })["t"];

const SMALL = ["ann", "", "ben é"];
const MANY = Array.from({ length: 2500 }, (_, at) => `user ${at}`);
const LONG = Array.from({ length: 5 }, (_, at) => `${at} %&\\`.repeat(20_000));

it.each([
  ["few values", SMALL],
  ["many values", MANY],
  ["long values", LONG],
])("%s", (_, values) => {
  const listed = digest({ kind: "listed", values });
  expect(listed).toEqual(digest(packed(values)));
  expect(listed).not.toEqual(digest({ kind: "listed", values: [...values, "one more"] }));
  expect(listed).not.toEqual(digest({ kind: "listed", values: values.toReversed() }));
});

it("says nothing of a secret, whatever stands beside it", () => {
  const held = (secret: string) =>
    digest({ kind: "listed", values: [...LONG, `token ${secret}`, ...MANY] }, [secret]);
  expect(held("S3cr3t-Zebra")).toEqual(held("S3cr3t-Horse"));
});
