/**
 * The calls of one side: keys under one hash tag, commands and scripts with a deadline. Used by redis-bus.ts and
 * frame-log.ts.
 */
import type { Redis } from "ioredis";
import type { Timers } from "../../time/timer.ts";
import { BoundedCalls } from "../bounded-calls.ts";
import { unreachable } from "./connection.ts";
import { callScript, type ScriptName } from "./scripts.ts";

export interface RedisCallsOptions {
  readonly client: Redis;
  readonly url: URL;
  readonly prefix: string;
  readonly timers: Timers;
  readonly callMs: number;
}

export class RedisCalls extends BoundedCalls {
  readonly client: Redis;
  readonly prefix: string;

  constructor({ client, url, prefix, timers, callMs }: RedisCallsOptions) {
    super({ timers, callMs, unreachable: (cause) => unreachable(url, cause) });
    this.client = client;
    this.prefix = `{${prefix}}`;
  }

  key(kind: string, name?: string): string {
    return name === undefined ? `${this.prefix}:${kind}` : `${this.prefix}:${kind}:${name}`;
  }

  /** Strings of the answer are text; bytes of a script whose name ends in "Buffer". */
  script(
    name: ScriptName | `${ScriptName}Buffer`,
    values: readonly (string | number | Buffer)[],
    withinMs = this.callMs,
  ): Promise<unknown> {
    return this.call(() => callScript(this.client, name, values), withinMs);
  }
}
