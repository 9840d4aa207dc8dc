/**
 * The key that coordinator and workers of a cluster share. Read once by each program from its environment; a run on one
 * machine makes its own. Invariant: a key is long enough not to be guessed, and never shown.
 */
import { createHash, createHmac, randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { OnrushError } from "../errors.ts";

/** Characters: 128 bits at least when it is written in hexadecimal, as the command below does. */
const LEAST_CHARACTERS = 32;
const MOST_CHARACTERS = 1024;
/** The one in use, and the one before while it is being changed. */
const MOST_KEYS = 2;
export const MAKE_KEY = "export ONRUSH_CLUSTER_KEY=$(openssl rand -hex 32)";

export interface SigningKey {
  /** Tells which key signed, so that another cluster's record is distinguished from a changed one; says nothing of the key. */
  readonly id: Buffer;
  readonly secret: Buffer;
}

/** Signs with the first; what any of them signed is accepted. */
export type ClusterKeys = readonly [SigningKey, ...SigningKey[]];

export const KEY_ID_BYTES = 4;

/**
 * @param text one key, or the new and the old one with a comma between
 * @throws OnrushError ONRUSH_USAGE; the message holds nothing of the key
 */
export function readClusterKeys(text: string): ClusterKeys {
  const [first, ...rest] = text
    .split(",")
    .map((key) => key.trim())
    .filter((key) => key !== "");
  const keys = first === undefined ? [] : [first, ...rest];
  if (keys.length > MOST_KEYS) throw unusable(`holds ${keys.length} keys; it may hold two`);
  for (const key of keys) {
    if (key.length < LEAST_CHARACTERS || key.length > MOST_CHARACTERS) {
      throw unusable(
        `holds a key of ${key.length} characters; a key has ${LEAST_CHARACTERS} at least, and ${MOST_CHARACTERS} at most`,
      );
    }
  }
  if (first === undefined) throw unusable("is empty");
  return [signingKey(first), ...rest.map(signingKey)];
}

/** Where a program finds its key. */
export interface KeySource {
  /** ONRUSH_CLUSTER_KEY; it counts when there is a file, too. */
  readonly key: string | null;
  /** ONRUSH_CLUSTER_KEY_FILE. */
  readonly file: string | null;
  /** Go on without one. */
  readonly insecure: boolean;
}

/** @throws OnrushError ONRUSH_USAGE when there is no key, or none that can be used */
export function findClusterKeys({ key, file, insecure }: KeySource): ClusterKeys {
  if (key !== null) return readClusterKeys(key);
  if (file !== null) return readClusterKeys(readKeyFile(file));
  if (insecure) return readClusterKeys(NO_KEY);
  throw keyMissing();
}

function readKeyFile(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw unusable(`cannot be read from ONRUSH_CLUSTER_KEY_FILE (${why})`);
  }
}

/** What to say where a program goes on without a key. */
export const INSECURE_WARNING =
  "--insecure-no-key: nothing on the bus is signed in earnest; whoever can write to the broker can make workers load what they are allowed to, and forge results";

/** A key nobody else has: for a cluster inside this process and its children. */
export function randomClusterKey(): string {
  return randomBytes(32).toString("hex");
}

/** What `--insecure-no-key` stands for: everybody knows this key, so its signatures say nothing. */
const NO_KEY = "onrush-without-a-key-anybody-may-forge-everything";

function keyMissing(): OnrushError {
  return new OnrushError({
    code: "ONRUSH_USAGE",
    message:
      "ONRUSH_CLUSTER_KEY is not set: without a key shared by coordinator and workers, whoever can write to the broker can make workers load anything.",
    remedy: `Make one with \`${MAKE_KEY}\` and give it to the coordinator and every worker (or put it in a file and set ONRUSH_CLUSTER_KEY_FILE); for a trial, start each of them with \`onrush worker --insecure-no-key\` and \`onrush coordinator --insecure-no-key\`.`,
  });
}

function signingKey(text: string): SigningKey {
  const secret = createHash("sha256").update(`onrush cluster key\n${text}`).digest();
  const id = createHmac("sha256", secret).update("id").digest().subarray(0, KEY_ID_BYTES);
  return { id, secret };
}

function unusable(what: string): OnrushError {
  return new OnrushError({
    code: "ONRUSH_USAGE",
    message: `The cluster key ${what}.`,
    remedy: `Make one with \`${MAKE_KEY}\`; while it is being changed, write the new one, a comma and the old one.`,
  });
}
