/**
 * A project of somebody who installed the package: the tarball that `npm pack` makes, unpacked where npm would put it, and
 * beside it nothing but what its package.json names as dependencies, taken from this repository (no registry is asked).
 */
import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { type Ran, runToEnd } from "./run-to-end.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const exec = promisify(execFile);

/** As strict as users may be; declarations of the package are checked like their own code. */
const COMPILER_OPTIONS = {
  target: "es2023",
  lib: ["es2023", "esnext.disposable"],
  module: "nodenext",
  types: ["node"],
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  noPropertyAccessFromIndexSignature: true,
  skipLibCheck: false,
};

export interface Consumer extends Disposable {
  readonly folder: string;
  write(path: string, text: string): void;
  /** Compiles every source there is. @returns what the compiler says; "" when all is well */
  compile(): Promise<string>;
  /** Runs a compiled program to its end. */
  run(program: string, args?: readonly string[]): Promise<Ran>;
}

/** A program that does not end by itself is ended after this, which fails the test. */
const PATIENCE_MS = 120_000;

export async function makeConsumer(): Promise<Consumer> {
  const folder = mkdtempSync(join(tmpdir(), "onrush-consumer-"));
  const write = (path: string, text: string) => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  };
  await installPackage(folder);
  write("package.json", JSON.stringify({ name: "consumer", private: true, type: "module" }));
  write("tsconfig.json", JSON.stringify({ compilerOptions: COMPILER_OPTIONS }));
  return {
    folder,
    write,
    compile: () => compile(folder),
    run: (program, args = []) => run(folder, program, args),
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  };
}

async function installPackage(folder: string): Promise<void> {
  const { stdout } = await exec("npm", ["pack", "--json", "--pack-destination", folder], {
    cwd: ROOT,
    maxBuffer: 64 * 1024 ** 2,
  });
  const [packed] = JSON.parse(stdout) as [{ filename: string }];
  const modules = join(folder, "node_modules");
  const installed = join(modules, "onrush");
  mkdirSync(installed, { recursive: true });
  const tarball = join(folder, packed.filename);
  await exec("tar", ["-xzf", tarball, "-C", installed, "--strip-components=1"]);
  const { dependencies } = JSON.parse(readFileSync(join(installed, "package.json"), "utf8")) as {
    dependencies: Record<string, string>;
  };
  for (const name of [...Object.keys(dependencies), "@types/node"]) {
    mkdirSync(dirname(join(modules, name)), { recursive: true });
    symlinkSync(join(ROOT, "node_modules", name), join(modules, name));
  }
}

async function compile(folder: string): Promise<string> {
  const tsc = join(ROOT, "node_modules/.bin/tsc");
  return exec(tsc, ["-p", "."], { cwd: folder }).then(
    ({ stdout }) => stdout,
    (error: { stdout: string; stderr: string }) => error.stdout + error.stderr,
  );
}

function run(folder: string, program: string, args: readonly string[]): Promise<Ran> {
  return runToEnd(program, args, { cwd: folder, timeout: PATIENCE_MS });
}
