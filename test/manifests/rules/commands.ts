/**
 * Commands, flags and variables of our containers, by the programs themselves: the real options parse the arguments, the real
 * configuration reads the environment as Kubernetes would give it.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { CommanderError } from "commander";
import { readConfig as readCliConfig } from "../../../coordinator/cli/config.ts";
import { makeContext } from "../../../coordinator/cli/context.ts";
import { wholeProgram } from "../../../coordinator/cli/program.ts";
import { readConfig as readTargetConfig } from "../../../target/config.ts";
import { readConfig as readWorkerConfig } from "../../../worker/config.ts";
import { ROOT } from "../../house/repository.ts";
import { busOf, environmentOf, filesOf } from "../environment.ts";
import { containersOf, isOurs, type Placed, type Rendered } from "../objects.ts";

/** Where ONRUSH_ variables are read. */
const READERS = [
  "coordinator/cli/config.ts",
  "coordinator/check/check-limits.ts",
  "worker/config.ts",
];

const NEED_BUS = new Set(["coordinator", "worker"]);

export async function commands(rendered: Rendered): Promise<string[]> {
  const wrong: string[] = [];
  for (const placed of containersOf(rendered).filter(({ container }) => isOurs(container))) {
    const said = [...(await ofCommand(placed, rendered)), ...ofVariables(placed)];
    wrong.push(...said.map((line) => `${placed.name}: ${line}`));
  }
  return wrong;
}

async function ofCommand({ container, pod }: Placed, rendered: Rendered): Promise<string[]> {
  if (container.command !== undefined) return ["has a command: the image has its own"];
  const [command = "", ...words] = container.args ?? [];
  const bus = busOf(container, pod, rendered);
  if (bus === null && NEED_BUS.has(command)) return ["gets no address of its broker"];
  const { values } = environmentOf(container, rendered);
  try {
    await parse(command, words, values);
    if (command === "target") readTargetConfig(words);
    if (command === "worker") {
      // The files are not there yet, and what will be in them is.
      const key = filesOf(container, pod, rendered).get(values["ONRUSH_CLUSTER_KEY_FILE"] ?? "");
      const { ONRUSH_CLUSTER_KEY_FILE: _, ...others } = values;
      readWorkerConfig({
        ...others,
        ONRUSH_WORKER_BUS: bus ?? undefined,
        ONRUSH_CLUSTER_KEY: key ?? undefined,
      });
    }
    return [];
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)];
  }
}

/** As the command line would, up to the point where the command would be carried out. */
async function parse(
  name: string,
  words: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<void> {
  const said: string[] = [];
  const quiet = { write: (text: string) => said.push(text) > 0 } as NodeJS.WriteStream;
  const context = { ...makeContext(readCliConfig(env)), stdout: quiet, stderr: quiet };
  const program = await wholeProgram(context);
  const command = program.commands.find((one) => one.name() === name);
  if (command === undefined) throw new Error(`there is no command ${name}`);
  command.action(() => {});
  try {
    await program.parseAsync([name, ...words], { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    throw new Error(said[0]?.split("\n")[0] ?? error.message);
  }
}

function ofVariables({ container }: Placed): string[] {
  const variables = container.env ?? [];
  const used = variables.map(({ value = "" }) => value).join(" ");
  return variables
    .filter(({ name }) => !known().has(name) && !used.includes(`$(${name})`))
    .map(({ name }) => `nothing reads the variable ${name}`);
}

let names: ReadonlySet<string> | null = null;

function known(): ReadonlySet<string> {
  names ??= new Set(
    READERS.flatMap((path) => {
      const text = readFileSync(join(ROOT, path), "utf8");
      return [...text.matchAll(/"(ONRUSH_[A-Z_]+)"/g)].map(([, name = ""]) => name);
    }),
  );
  return names;
}
