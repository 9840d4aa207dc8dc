/**
 * Goal: a flow as the worker runs it is the flow as one would tell it. Method: flows of random steps on the real runner and on the
 * reference of flow-model.ts, given the same messages at the same moments; what is sent and when, whether it left, and each
 * step's counts are compared.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FlowStage } from "../support/flow-stage.ts";
import { coming, flow, MS } from "./flow-arbitraries.ts";
import { FlowModel } from "./flow-model.ts";

describe("a flow of random steps", () => {
  it("does what the reference does, whatever comes", () => {
    fc.assert(
      fc.property(flow, coming, ({ played, named }, messages) => {
        const stage = new FlowStage(played);
        const model = new FlowModel(played);
        stage.open();
        model.open();
        for (const [turn, texts] of messages.entries()) {
          const nowUs = (turn + 1) * MS;
          stage.turn(nowUs);
          model.turn(nowUs);
          for (const text of texts) {
            const k = typeof text === "string" ? text : `r s${text % Math.max(1, named)}`;
            stage.receive(nowUs + MS / 2, { k });
            model.receive(nowUs + MS / 2, k);
          }
        }
        expect(stage.log).toEqual(model.log);
        const counts = stage.counts("started", "completed", "failed", "arrived");
        for (const [name, row] of Object.entries(counts)) {
          const {
            started = 0,
            completed = 0,
            failed = 0,
            arrived = 0,
          } = model.counts.get(name) ?? {};
          expect(row, name).toEqual([started, completed, failed, arrived]);
        }
      }),
      { numRuns: 400 },
    );
  });

  it("accounts for each step that began", () => {
    fc.assert(
      fc.property(flow, ({ played }) => {
        const stage = new FlowStage(played);
        stage.open();
        for (let turn = 1; turn < 40; turn++) stage.turn(turn * MS);
        stage.end();
        const counts = stage.counts("started", "completed", "failed", "abandoned");
        for (const [name, [started, ...ends]] of Object.entries(counts)) {
          expect(
            ends.reduce((sum, one) => sum + one, 0),
            name,
          ).toBe(started);
        }
      }),
      { numRuns: 100 },
    );
  });
});
