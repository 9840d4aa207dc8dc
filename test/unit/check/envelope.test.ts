/** Goal: what an envelope says goes before the query, and what it does not say is the query's. Method: tables. */
import { expect, it } from "vitest";
import { ENVELOPE_TYPE, readSubmitted } from "../../../coordinator/check/envelope.ts";

it.each([
  [{}, { workers: 4, autoProbe: true }],
  [{ workers: 2 }, { workers: 2, autoProbe: true }],
  [{ autoProbe: false }, { workers: 4, autoProbe: false }],
])("%j under ?workers=4&autoProbe=1", (said, expected) => {
  const text = JSON.stringify({ scenario: "version: 1", ...said });
  const body = { type: ENVELOPE_TYPE, text, workers: 4, autoProbe: true };
  expect(readSubmitted(body)).toMatchObject(expected);
});

it("asks for a probe run without a query", () => {
  const text = JSON.stringify({ scenario: "version: 1", autoProbe: true });
  const body = { type: ENVELOPE_TYPE, text, workers: 1, autoProbe: false };
  expect(readSubmitted(body)).toMatchObject({ workers: 1, autoProbe: true });
});
