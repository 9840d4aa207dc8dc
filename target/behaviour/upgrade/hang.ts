/** No answer; the socket stays open. */
import { picking } from "../dials.ts";
import { upgradeBehaviour } from "./upgrade-behaviour.ts";

export const hang = upgradeBehaviour(
  {
    name: "hang",
    rule: picking({}),
    counts: ["hung"],
    doc: "no answer, ever",
    example: { count: 1 },
  },
  (_, __, hands) => hands.count("hung"),
);
