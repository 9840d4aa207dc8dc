/**
 * The behaviours of an agent's answer, in the order in which they take an answer that several of them have chosen: the
 * first one has it. Called by the schema, the rules and the statistics; a new behaviour is a file and a line here.
 */
import { delayEvent } from "./delay-event.ts";
import { insert } from "./insert.ts";
import { omit } from "./omit.ts";
import { repeat } from "./repeat.ts";
import { swap } from "./swap.ts";

export const ANSWER_BEHAVIOURS = [omit, swap, delayEvent, repeat, insert] as const;

type Registered = (typeof ANSWER_BEHAVIOURS)[number];
export type AnswerCount = Registered["meta"]["counts"][number];
