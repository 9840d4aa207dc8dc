/** `conn` of a hook. Called by the connection pool for each call. Invariant: plain values, whole numbers as numbers. */
import { connectionFields, type RenderContext } from "../../shared/scenario/template/render.ts";
import type { HookConnection, Scalar } from "./protocol.ts";

/** @param captures names, in the order of context.captured */
export function hookFields(context: RenderContext, captures: readonly string[]): HookConnection {
  const conn: Record<string, Scalar> = {};
  for (const [name, value] of Object.entries(connectionFields(context, captures))) {
    conn[name] = typeof value === "bigint" ? Number(value) : (value as Scalar);
  }
  return conn;
}
