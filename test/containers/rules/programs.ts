/** What our programs are started with is what they read: commands, options, variables of the environment and files. */
import { readConfig as readCliConfig } from "../../../coordinator/cli/config.ts";
import { makeContext } from "../../../coordinator/cli/context.ts";
import { wholeProgram } from "../../../coordinator/cli/program.ts";
import { readConfig as readTargetConfig } from "../../../target/config.ts";
import type { Deployment, Repository, Service } from "../deployment.ts";
import { DOCKERFILE, isOurs, list, record, textOf } from "../deployment.ts";
import { stagesOf } from "../dockerfile.ts";

/** Where the environment is read, by program. */
const READERS: Readonly<Record<string, readonly string[]>> = {
  coordinator: ["coordinator/cli/config.ts", "coordinator/check/check-limits.ts"],
  worker: ["coordinator/cli/config.ts", "worker/config.ts"],
  target: [],
};

const commands = (await wholeProgram(makeContext(readCliConfig({})))).commands;

export function programs(deployment: Deployment): string[] {
  const { repository, compositions, dockerfile } = deployment;
  const result = stagesOf(dockerfile).at(-1) ?? [];
  const ofImage = result
    .filter(({ word }) => word === "ENV")
    .flatMap(({ args }) => [...args.matchAll(/\b(ONRUSH_\w+)=/g)].map(([, name = ""]) => name));
  const all = Object.keys(READERS).flatMap((program) => [...readBy(repository, program)]);
  return [
    ...ofImage
      .filter((name) => !all.includes(name))
      .map((name) => `${DOCKERFILE}: nothing reads ${name}`),
    ...compositions.flatMap(({ path, services }) =>
      services
        .filter(isOurs)
        .flatMap((service) =>
          [...started(service), ...environment(repository, service)].map(
            (what) => `${path}: ${service.name} ${what}`,
          ),
        ),
    ),
  ];
}

/** Variables that a program reads, from the text of the file that reads them. */
function readBy(repository: Repository, program: string): ReadonlySet<string> {
  const names = (READERS[program] ?? []).flatMap((path) =>
    [...textOf(repository, path).matchAll(/"(ONRUSH_\w+)"/g)].map(([, name = ""]) => name),
  );
  return new Set(names);
}

export function commandOf({ tree }: Service): string[] {
  return list(tree["command"]).map(String);
}

function started(service: Service): string[] {
  const [name = "", ...args] = commandOf(service);
  const command = commands.find((one) => one.name() === name);
  if (command === undefined) return [`starts ${name}, which is no command`];
  try {
    if (name === "target") return readTargetConfig(args) === null ? ["shows its help"] : [];
    command.exitOverride().configureOutput({ writeErr: () => {} });
    const { operands, unknown } = command.parseOptions(args);
    return [...operands, ...unknown].map((word) => `is given ${word}, which ${name} does not take`);
  } catch (error) {
    return [`cannot start: ${(error as Error).message}`];
  }
}

function environment(repository: Repository, service: Service): string[] {
  const { tree } = service;
  const values = Object.entries(record(tree["environment"]));
  const read = readBy(repository, commandOf(service)[0] ?? "");
  const given = list(tree["secrets"]).map((secret) => String(record(secret)["target"]));
  const files = values.filter(([name]) => name.endsWith("_FILE")).map(([, file]) => String(file));
  return [
    ...values.filter(([name]) => !read.has(name)).map(([name]) => `does not read ${name}`),
    ...files.filter((file) => !given.includes(file)).map((file) => `has no secret at ${file}`),
    ...given
      .filter((file) => !files.includes(file))
      .map((file) => `has a secret at ${file} that no variable names`),
  ];
}
