/**
 * The user's module in a context of its own. Called by main.ts. What it is: no files, no network, no processes, no
 * environment, no eval; of Node's modules only those of MODULES. What it is not: a boundary
 * against code that wants out, which node:vm never is (docs/hooks.md). Invariant: every export that is a hook is a function.
 */
import * as assert from "node:assert";
import * as buffer from "node:buffer";
import * as crypto from "node:crypto";
import * as path from "node:path";
import * as querystring from "node:querystring";
import * as string_decoder from "node:string_decoder";
import * as url from "node:url";
import * as util from "node:util";
import {
  type Context,
  createContext,
  type Module,
  SourceTextModule,
  SyntheticModule,
} from "node:vm";
import * as zlib from "node:zlib";
import { HOOK_FUNCTIONS, type HookFunction } from "../../../shared/scenario/hook-functions.ts";
import { systemTimers } from "../../../shared/time/timer.ts";
import type { SandboxData } from "../protocol.ts";

/** Of Node's own, those that compute and reach nothing; with or without `node:`. */
const MODULES: Readonly<Record<string, object>> = {
  ...{ assert, buffer, crypto, path, querystring, string_decoder, url, util, zlib },
};

export type Hook = (conn: unknown, argument: unknown) => unknown;

/** What its top level may take, milliseconds. */
const LOAD_MS = 5000;

/** @throws whatever the module throws, and for an import or export that there cannot be */
export async function loadModule(data: SandboxData): Promise<ReadonlyMap<HookFunction, Hook>> {
  const context = createContext(globalsOf(data), {
    name: "hooks",
    codeGeneration: { strings: false, wasm: false },
  });
  const module = new SourceTextModule(data.source, {
    context,
    identifier: data.file,
    initializeImportMeta: () => {},
    importModuleDynamically: (specifier: string) => imported(specifier, context),
  });
  await module.link((specifier) => imported(specifier, context));
  await module.evaluate({ timeout: LOAD_MS });
  return exportsOf(module);
}

function exportsOf({ namespace }: Module): ReadonlyMap<HookFunction, Hook> {
  const found = new Map<HookFunction, Hook>();
  const exported = namespace as Readonly<Record<string, unknown>>;
  for (const name of Object.keys(exported)) {
    const hook = HOOK_FUNCTIONS.find((one) => one === name);
    if (hook === undefined) {
      throw new TypeError(
        `it exports ${name.slice(0, 60)}; hooks are ${HOOK_FUNCTIONS.join(", ")}`,
      );
    }
    const value = exported[name];
    if (typeof value !== "function") throw new TypeError(`${name} is no function`);
    found.set(hook, value as Hook);
  }
  if (found.size === 0) {
    throw new TypeError(`it exports none of ${HOOK_FUNCTIONS.join(", ")}`);
  }
  return found;
}

async function imported(specifier: string, context: Context): Promise<Module> {
  const name = specifier.replace(/^node:/, "");
  const given = Object.hasOwn(MODULES, name) ? MODULES[name] : undefined;
  if (given === undefined) {
    const known = Object.keys(MODULES).join(", ");
    throw new TypeError(
      `import of ${specifier.slice(0, 60)} is not possible; hooks may import ${known}`,
    );
  }
  const names = Object.keys(given);
  const module = new SyntheticModule(
    names,
    () => {
      for (const one of names) module.setExport(one, (given as Record<string, unknown>)[one]);
    },
    { context, identifier: `node:${name}` },
  );
  await module.link(() => {
    throw new TypeError("a module of Node's imports nothing here");
  });
  await module.evaluate();
  return module;
}

/** What a module finds without an import. */
function globalsOf({ vars }: SandboxData): Record<string, unknown> {
  const { Buffer, TextEncoder, TextDecoder, URL, URLSearchParams, atob, btoa } = globalThis;
  return {
    ...{ Buffer, TextEncoder, TextDecoder, URL, URLSearchParams, atob, btoa },
    crypto: globalThis.crypto,
    vars: Object.freeze({ ...vars }),
    /** Resolves after so many milliseconds. */
    sleep: (ms: number) => new Promise<void>((resolve) => void systemTimers.after(ms, resolve)),
  };
}
