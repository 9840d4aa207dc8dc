/** The rules, in the order in which what they find is said. A new one is a file and a line here. */
import { schemas } from "../schemas.ts";
import { autoscaling } from "./autoscaling.ts";
import { commands } from "./commands.ts";
import { names } from "./names.ts";
import { network } from "./network.ts";
import { ports } from "./ports.ts";
import { references } from "./references.ts";
import type { Rule } from "./rule.ts";
import { running } from "./running.ts";
import { security } from "./security.ts";
import { selectors } from "./selectors.ts";

const RULES: readonly Rule[] = [
  names,
  references,
  selectors,
  ports,
  commands,
  network,
  security,
  running,
  autoscaling,
];

/** All that is wrong; when objects are not of their form, that is all that is said. */
export const findMistakes: Rule = async (rendered) => {
  const misshapen = await schemas(rendered);
  if (misshapen.length > 0) return misshapen;
  const found = await Promise.all(RULES.map((rule) => rule(rendered)));
  return found.flat();
};
