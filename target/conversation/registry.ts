/**
 * The parts of a conversation, in the order in which they look at an upgrade, an opened connection and a message: the
 * first that takes a message has it. Called by the schema, the statistics and conversation.ts; a new part is a file and a
 * line here.
 */
import { batch } from "./batch.ts";
import { digest } from "./digest.ts";
import { login } from "./login.ts";
import { ping } from "./ping.ts";
import { text } from "./text.ts";
import { ticks } from "./ticks.ts";
import { token } from "./token.ts";
import { welcome } from "./welcome.ts";

export const PARTS = [digest, batch, token, ping, login, text, welcome, ticks] as const;

type Registered = (typeof PARTS)[number];
export type PartCount = Registered["meta"]["counts"][number];
