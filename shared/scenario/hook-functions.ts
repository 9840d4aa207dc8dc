/**
 * The functions that a hooks file may export, in one order: the engine and the hooks' thread mean a position in this list,
 * and results list them in it. Used by names.ts, the worker's hooks and the report. Pure.
 */

/**
 * before: ahead of each attempt to connect. onOpen, onEnd: of a connection. onMessage: one came. payload: what the next
 * message of a name says.
 */
export const HOOK_FUNCTIONS = ["before", "onOpen", "onMessage", "payload", "onEnd"] as const;
export type HookFunction = (typeof HOOK_FUNCTIONS)[number];
