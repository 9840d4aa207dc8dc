/**
 * The reply behaviours, in the order in which they take a reply that several of them have chosen: the first one has it.
 * Called by the schema, the rules and the statistics; a new behaviour is a file and a line here.
 */
import { corrupt } from "./corrupt.ts";
import { drop } from "./drop.ts";
import { duplicate } from "./duplicate.ts";
import { fragment } from "./fragment.ts";
import { leak } from "./leak.ts";
import { malformed } from "./malformed.ts";
import { reorder } from "./reorder.ts";
import { slow } from "./slow.ts";

export const REPLY_BEHAVIOURS = [
  drop,
  malformed,
  corrupt,
  leak,
  duplicate,
  reorder,
  fragment,
  slow,
] as const;

type Registered = (typeof REPLY_BEHAVIOURS)[number];
export type ReplyCount = Registered["meta"]["counts"][number];
