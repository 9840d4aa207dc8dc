/** Goal: what parts of a combination have done is known of each victim by itself. Method: hands that are turned from one to another. */
import { expect, it } from "vitest";
import { Hands } from "../../../worker/faults/hands.ts";
import type { ActiveWindow, Victim } from "../../../worker/faults/victim.ts";
import type { WindowTools } from "../../../worker/faults/window-tools.ts";

it("a ping goes behind what was sent to those that were sent something, and to nobody else", () => {
  const fenced: number[] = [];
  const hands = new Hands(
    { window: { position: 0 } } as ActiveWindow,
    {
      traffic: { send: () => 1, fence: ({ index }: Victim) => fenced.push(index) },
    } as unknown as WindowTools,
  );
  const [flooded, other] = [1, 2].map(
    (index) => ({ index, seq: 0, touch: null, isHittable: true }) as unknown as Victim,
  );
  if (flooded === undefined || other === undefined) expect.unreachable();
  for (const victim of [flooded, other]) {
    hands.begin(victim, 0);
    hands.part(0);
  }
  hands.turnTo(flooded, 1);
  hands.part(0).sendExtra(1, 10);
  hands.turnTo(other, 1);
  hands.part(0);
  for (const victim of [flooded, other]) {
    hands.turnTo(victim, 2);
    hands.finish();
  }
  expect(fenced).toEqual([1]);
});
