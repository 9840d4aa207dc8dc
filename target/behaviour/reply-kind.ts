/** Kinds of reply, and the keys by which a rule looks at some of them only. Called by the schema, the rules and the replies. */
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
/** Rules apply to all messages unless `type` says which: those with `"type":"…"` in their JSON, written without spaces. */
export const type = z.string().min(1).max(64).optional();
