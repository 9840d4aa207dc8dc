// Hooks of signed.yaml: a ticket ahead of each connection, and messages with a signature.
import { createHmac } from "node:crypto";

/** Ahead of each attempt to connect. What it returns is conn.NAME from then on, for names in `hooks.set`. */
export async function before(conn) {
  return { ticket: signature(`${conn.index}:${conn.attempt}`).slice(0, 16) };
}

/** The next message of a name. Nothing: the scenario's own `send`. */
export async function payload(conn, name) {
  if (name !== "say") return undefined;
  const id = `${conn.index}-${counter++}`;
  return { type: "say", id, signature: signature(id) };
}

/** A message came. */
export async function onMessage(_conn, message) {
  const { type } = JSON.parse(message.text);
  if (typeof type !== "string") throw new Error("a message without a type");
}

let counter = 0;

function signature(text) {
  return createHmac("sha256", vars.key).update(text).digest("hex");
}
