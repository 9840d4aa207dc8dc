/**
 * The upgrade behaviours, in the order in which they take an upgrade that several of them have chosen: the first one has
 * it. Called by the schema, the rules and the statistics; a new behaviour is a file and a line here.
 */
import { hang } from "./hang.ts";
import { invalid } from "./invalid.ts";
import { refuse } from "./refuse.ts";
import { reset } from "./reset.ts";
import { trickle } from "./trickle.ts";

export const UPGRADE_BEHAVIOURS = [reset, hang, refuse, invalid, trickle] as const;

type Registered = (typeof UPGRADE_BEHAVIOURS)[number];
export type UpgradeCount = Registered["meta"]["counts"][number];
