/** RST in place of an answer. */
import { picking } from "../dials.ts";
import { upgradeBehaviour } from "./upgrade-behaviour.ts";

export const reset = upgradeBehaviour(
  {
    name: "reset",
    rule: picking({}),
    counts: ["upgradesReset"],
    doc: "RST",
    example: { count: 1 },
  },
  (_, __, hands) => {
    hands.count("upgradesReset");
    hands.reset();
  },
);
