/**
 * The behaviours of the whole process. Called by the schema, the statistics and clockwork.ts; a new behaviour is a file and a
 * line here.
 */
import { broadcast } from "./broadcast.ts";
import { burn } from "./burn.ts";
import { collect } from "./collect.ts";
import { exhaust } from "./exhaust.ts";
import { overload } from "./overload.ts";

export const PROCESS_BEHAVIOURS = [burn, broadcast, collect, exhaust, overload] as const;

type Registered = (typeof PROCESS_BEHAVIOURS)[number];
export type ProcessCount = Registered["meta"]["counts"][number];
