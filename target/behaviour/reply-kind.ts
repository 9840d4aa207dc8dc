/** Kinds of reply, and the key by which a rule looks at some of them only. Called by the schema, the rules and the replies. */
import { z } from "zod";

export const REPLY_KINDS = [
  "echo",
  "joined",
  "ack",
  "said",
  "agent",
  "welcome",
  "login",
  "ping",
  "text",
  "tick",
] as const;
export type ReplyKind = (typeof REPLY_KINDS)[number];

/** Rules apply to all kinds unless `of` says otherwise. */
export const of = z.array(z.enum(REPLY_KINDS)).min(1).optional();
