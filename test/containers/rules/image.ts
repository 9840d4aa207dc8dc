/** The Dockerfile builds from what is there, and its result is small, runs without rights and tells whether it is well. */
import type { Deployment } from "../deployment.ts";
import { DOCKERFILE, textOf } from "../deployment.ts";
import {
  copiesOf,
  execForm,
  type Instruction,
  instructionsOf,
  isIgnored,
  nameOf,
  type Stage,
  stagesOf,
} from "../dockerfile.ts";

const LABELS = ["title", "description", "licenses", "version", "revision"];
/** What must not get into a build, whoever has it lying there. */
const NEVER_SENT = [
  "deploy/compose/secrets/token",
  ".git/config",
  "node_modules/ws/index.js",
  "runs/x",
];

export function image(deployment: Deployment): string[] {
  const { dockerfile, ignored } = deployment;
  const stages = stagesOf(dockerfile);
  const result = stages.at(-1) ?? [];
  return [
    ...stages.flatMap((stage, at) => sources(deployment, stage, stages.slice(0, at))),
    ...instructionsOf(dockerfile).flatMap(forbidden),
    ...shape(result),
    ...identity(deployment, result),
    ...NEVER_SENT.filter((path) => !isIgnored(ignored, path)).map(
      (path) => `.dockerignore: ${path} would be sent to the builder`,
    ),
  ].map((what) => (what.startsWith(".") ? what : `${DOCKERFILE}${what}`));
}

/** What is copied is there: in the context, or made by an earlier stage. */
function sources({ repository, ignored }: Deployment, stage: Stage, earlier: Stage[]): string[] {
  const names = earlier.map(nameOf);
  const base = /^(\S+)/.exec(stage[0]?.args ?? "")?.[1] ?? "";
  const known = base === "scratch" || base.includes("$") || names.includes(base);
  return [
    ...(known ? [] : [`:${stage[0]?.line} FROM ${base}, which neither NODE_IMAGE nor a stage is`]),
    ...copiesOf(stage).flatMap(({ from, sources: paths, line }) => {
      if (from !== null) return names.includes(from) ? [] : [`:${line} no stage ${from} before it`];
      return paths.flatMap((path) => {
        if (repository(path) === null) return [`:${line} ${path} is not in the repository`];
        return isIgnored(ignored, path) ? [`:${line} ${path} is left out by .dockerignore`] : [];
      });
    }),
  ];
}

function forbidden({ word, args, line }: Instruction): string[] {
  if (word === "ADD") return [`:${line} ADD fetches and unpacks: COPY`];
  if (word !== "RUN") return [];
  return [
    ...(/\bnpm (i|install|update)\b/.test(args) ? [`:${line} without the lockfile: npm ci`] : []),
    ...(/\b(curl|wget)\b/.test(args) ? [`:${line} fetches what nothing checks`] : []),
  ];
}

function shape(result: Stage): string[] {
  const last = (word: string) => result.findLast((one) => one.word === word);
  const commands = ["ENTRYPOINT", "CMD", "HEALTHCHECK"].flatMap((word) => {
    const found = last(word);
    if (found === undefined) return [`: no ${word}`];
    const words = execForm(found.args);
    return words === null ? [`:${found.line} ${word} runs a shell: write ["…"]`] : [];
  });
  const user = last("USER");
  const isRoot = !/^[1-9]\d*(:\d+)?$/.test(user?.args ?? "");
  const labels = result
    .filter(({ word }) => word === "LABEL")
    .map(({ args }) => args)
    .join(" ");
  return [
    ...commands,
    ...(isRoot ? [`: its user is ${user?.args ?? "root"}, not a number other than 0`] : []),
    ...(last("STOPSIGNAL")?.args === "SIGTERM" ? [] : [": STOPSIGNAL is not SIGTERM"]),
    ...LABELS.filter((name) => !labels.includes(`org.opencontainers.image.${name}=`)).map(
      (name) => `: no label org.opencontainers.image.${name}`,
    ),
    // Whatever it has, the image has: the compiler, the packages of developers, npm.
    ...copiesOf(result)
      .filter(
        ({ from, sources: paths }) =>
          from === "build" && paths.some((path) => !path.startsWith("/build/dist")),
      )
      .map(({ line }) => `:${line} copies more of the build than dist`),
  ];
}

/** It starts what package.json calls onrush, and says the version of it. */
function identity({ repository }: Deployment, result: Stage): string[] {
  const manifest = JSON.parse(textOf(repository, "package.json")) as {
    version: string;
    bin: { onrush: string };
  };
  const entry = manifest.bin.onrush.replace(/^\.\//, "/");
  const starts = result.findLast(({ word }) => word === "ENTRYPOINT")?.args ?? "";
  const version = result.find(({ word, args }) => word === "ARG" && args.startsWith("VERSION="));
  const check = execForm(result.findLast(({ word }) => word === "HEALTHCHECK")?.args ?? "") ?? [];
  const copied = copiesOf(result).map(({ destination }) => destination);
  return [
    ...(starts.includes(entry) ? [] : [`: ENTRYPOINT starts no …${entry}`]),
    ...(version?.args === `VERSION=${manifest.version}`
      ? []
      : [`: VERSION is not ${manifest.version}, that of package.json`]),
    ...check
      .filter((word) => word.startsWith("/") && !copied.includes(word))
      .map((word) => `: HEALTHCHECK runs ${word}, which nothing puts there`),
  ];
}
