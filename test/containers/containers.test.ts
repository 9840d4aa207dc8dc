/**
 * Goal: what containers are built and started from is right before any Docker sees it. Method: the files as they are pass
 * every rule of check.ts, and each of the planted mistakes is found: one edit of one file, by the words it is reported in.
 */
import { execFileSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { listFiles, ROOT } from "../house/repository.ts";
import { problemsOf } from "./check.ts";
import { FOLDER, type Repository } from "./deployment.ts";

const CLUSTER = `${FOLDER}/cluster.yaml`;
const REDIS = `${FOLDER}/redis.yaml`;
const NATS = `${FOLDER}/nats.yaml`;
const DOCKERFILE = "deploy/docker/Dockerfile";
const SCRAPES = `${FOLDER}/prometheus.yml`;
const SECRETS = `${FOLDER}/secrets/`;

/** secrets.sh writes beside itself: a copy of it does elsewhere. */
const folder = mkdtempSync(join(tmpdir(), "onrush-secrets-"));

function makeSecrets(): string {
  return execFileSync("sh", [join(folder, "secrets.sh")], { encoding: "utf8", stdio: "pipe" });
}

beforeAll(() => {
  cpSync(join(ROOT, FOLDER, "secrets.sh"), join(folder, "secrets.sh"));
  makeSecrets();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const repository: Repository = (path) => {
  const secret = path.startsWith(SECRETS);
  const at = secret ? join(folder, "secrets", path.slice(SECRETS.length)) : join(ROOT, path);
  if (!existsSync(at)) return null;
  return statSync(at).isFile() ? readFileSync(at, "utf8") : "";
};

/** @throws when there is nothing to edit: a mistake that is not made proves nothing */
function edited(file: string, from: string | RegExp, to: string): Repository {
  const text = repository(file) ?? "";
  const wrong = text.replace(from, to);
  if (wrong === text) throw new Error(`${file} has no ${from}`);
  return (path) => (path === file ? wrong : repository(path));
}

const MISTAKES: readonly (readonly [
  mistake: string,
  file: string,
  from: string | RegExp,
  to: string,
  found: string,
])[] = [
  [
    "a key no compose file has",
    CLUSTER,
    "cap_drop: [ALL]",
    "cap_dorp: [ALL]",
    "must NOT have additional properties",
  ],
  ["a value of the wrong kind", REDIS, "read_only: true", "read_only: [true]", "must be"],
  [
    "a secret nothing defines",
    CLUSTER,
    "source: tokens,",
    "source: token,",
    "names the secrets token, which nothing defines",
  ],
  [
    "a secret nobody uses",
    CLUSTER,
    "- { source: metrics-token, target: /run/secrets/onrush/metrics-token }",
    "[]",
    "nothing uses the secrets metrics-token",
  ],
  [
    "a secret that is not made",
    REDIS,
    "file: secrets/redis-url",
    "file: secrets/url",
    "secrets.sh makes no secrets/url",
  ],
  [
    "a password in the environment",
    CLUSTER,
    "ONRUSH_BUS_FILE: /run/secrets/onrush/bus",
    "ONRUSH_BUS: redis://:secret@broker:6379",
    "has ONRUSH_BUS in its environment",
  ],
  [
    "a network nothing defines",
    CLUSTER,
    "networks: [bus, default]",
    "networks: [buss, default]",
    "names the networks buss",
  ],
  [
    "a volume nothing defines",
    CLUSTER,
    "runs:/var/lib/onrush",
    "run:/var/lib/onrush",
    "names the volumes run,",
  ],
  [
    "a file that is not there",
    CLUSTER,
    "./prometheus.yml:",
    "./prometheus.yaml:",
    "prometheus.yaml is mounted and is not there",
  ],
  [
    "a dependency on nothing",
    CLUSTER,
    "depends_on: { broker:",
    "depends_on: { redis:",
    "depends on redis, which is no service",
  ],
  [
    "a wait for health that is never told",
    REDIS,
    / +healthcheck:\n(.*\n){3}/,
    "",
    "and it has no health check",
  ],
  [
    "a dependency that is not started",
    CLUSTER,
    "profiles: [metrics]\n    image: ${GRAFANA_IMAGE",
    "image: ${GRAFANA_IMAGE",
    "which is not there without its profile",
  ],
  [
    "an unknown command",
    CLUSTER,
    "command: [worker]",
    "command: [wroker]",
    "starts wroker, which is no command",
  ],
  ["an unknown option", CLUSTER, "--data,", "--dir,", "--dir"],
  [
    "an option of the target with a wrong value",
    CLUSTER,
    '--port, "9001"',
    '--port, "port"',
    "cannot start",
  ],
  [
    "a variable nothing reads",
    CLUSTER,
    "ONRUSH_TOKENS_FILE:",
    "ONRUSH_TOKEN_FILE:",
    "does not read ONRUSH_TOKEN_FILE",
  ],
  [
    "a secret at another place than it is read",
    CLUSTER,
    "ONRUSH_CLUSTER_KEY_FILE: /run/secrets/onrush/cluster-key",
    "ONRUSH_CLUSTER_KEY_FILE: /run/secrets/cluster-key",
    "has no secret at /run/secrets/cluster-key",
  ],
  [
    "a published port where nothing listens",
    CLUSTER,
    "7700}:7700",
    "7700}:7770",
    "publishes 7770 and listens on 7700",
  ],
  [
    "a listener that nobody reaches",
    CLUSTER,
    '"0.0.0.0:7700"',
    '"127.0.0.1:7700"',
    "listens to itself only",
  ],
  [
    "a port open to other machines",
    CLUSTER,
    '"127.0.0.1:${ONRUSH_PORT',
    '"${ONRUSH_PORT',
    "publishes 7700 to other machines",
  ],
  [
    "a health check of another port",
    CLUSTER,
    "127.0.0.1:9001/stats",
    "127.0.0.1:9100/stats",
    "the health check of target asks 9100",
  ],
  [
    "a scrape of another port",
    SCRAPES,
    "coordinator:7700",
    "coordinator:7701",
    "prometheus asks coordinator:7701, which listens on 7700",
  ],
  [
    "a scrape of nobody",
    SCRAPES,
    "names: [worker]",
    "names: [workers]",
    "prometheus asks workers, which is no service",
  ],
  [
    "a broker that a target reaches",
    NATS,
    "networks: [bus]",
    "networks: [default]",
    "broker is in a network that is not internal",
  ],
  [
    "a coordinator Prometheus does not reach",
    CLUSTER,
    "networks: [bus, default]",
    "networks: [bus]",
    "prometheus and coordinator share no network",
  ],
  [
    "a name that only one worker can have",
    CLUSTER,
    "scale: 2",
    "container_name: worker",
    "has a container_name",
  ],
  [
    "a port that only one worker can have",
    CLUSTER,
    "scale: 2",
    'ports: ["127.0.0.1:7701:7701"]',
    "has a port of this machine",
  ],
  [
    "no time to hand over",
    CLUSTER,
    "stop_grace_period: 120s",
    "stop_grace_period: 10s",
    "worker is killed after 10 s",
  ],
  [
    "a root that can be written",
    CLUSTER,
    "read_only: true",
    "read_only: false",
    "can write to its root",
  ],
  ["a service of root", NATS, 'user: "65532:65532"', 'user: "0:0"', "runs as root"],
  [
    "capabilities that are kept",
    REDIS,
    "cap_drop: [ALL]",
    "cap_drop: [NET_RAW]",
    "keeps capabilities",
  ],
  ["too few open files", CLUSTER, "NOFILE:-1048576}", "NOFILE:-1024}", "has too few open files"],
  ["an image of root", DOCKERFILE, "USER 65532:65532", "USER root", "its user is root"],
  [
    "a shell as PID 1",
    DOCKERFILE,
    /ENTRYPOINT .*/,
    "ENTRYPOINT node /opt/onrush/dist/coordinator/cli/main.js",
    "ENTRYPOINT runs a shell",
  ],
  [
    "another program",
    DOCKERFILE,
    /ENTRYPOINT .*/,
    'ENTRYPOINT ["node", "/opt/onrush/dist/cli.js"]',
    "ENTRYPOINT starts no",
  ],
  ["no health check", DOCKERFILE, /HEALTHCHECK .*\n/, "", "no HEALTHCHECK"],
  [
    "a health check that is not in it",
    DOCKERFILE,
    "COPY deploy/docker/healthcheck.mjs /opt/onrush/healthcheck.mjs\n",
    "",
    "which nothing puts there",
  ],
  [
    "packages of developers in the result",
    DOCKERFILE,
    "COPY --from=packages /build/node_modules",
    "COPY --from=build /build/node_modules",
    "copies more of the build than dist",
  ],
  [
    "a file that is not sent",
    DOCKERFILE,
    "COPY examples ",
    "COPY docs ",
    "docs is left out by .dockerignore",
  ],
  [
    "a file that is not there",
    DOCKERFILE,
    "COPY worker worker",
    "COPY workers workers",
    "workers is not in the repository",
  ],
  [
    "a stage that is not there",
    DOCKERFILE,
    "--from=packages",
    "--from=package",
    "no stage package before it",
  ],
  [
    "packages without the lockfile",
    DOCKERFILE,
    "npm ci --omit=dev",
    "npm install --omit=dev",
    "without the lockfile",
  ],
  [
    "a version that is not ours",
    DOCKERFILE,
    "ARG VERSION=0.1.0",
    "ARG VERSION=0.0.9",
    "VERSION is not 0.1.0",
  ],
  [
    "a variable of the image nothing reads",
    DOCKERFILE,
    "ONRUSH_WORKER_HEALTH=",
    "ONRUSH_HEALTH=",
    "nothing reads ONRUSH_HEALTH",
  ],
  [
    "secrets in the build",
    ".dockerignore",
    "deploy/*\n",
    "",
    "deploy/compose/secrets/token would be sent",
  ],
];

describe("containers", () => {
  it("are built and started from files without a mistake", () => {
    expect(problemsOf(repository)).toEqual([]);
  });

  it.each(MISTAKES)("%s is found", (...[, file, from, to, found]) => {
    expect(problemsOf(edited(file, from, to))).toContainEqual(expect.stringContaining(found));
  });

  it("have no secret in the repository", () => {
    expect(listFiles(ROOT).filter((path) => path.startsWith(SECRETS))).toEqual([]);
  });
});

describe("secrets.sh", () => {
  const files = () => readdirSync(join(folder, "secrets"));
  const content = () => files().map((name) => readFileSync(join(folder, "secrets", name), "utf8"));

  it("keeps what is there", () => {
    const before = content();
    makeSecrets();
    expect(content()).toEqual(before);
  });

  it("makes other values each time", () => {
    const before = content();
    rmSync(join(folder, "secrets"), { recursive: true });
    makeSecrets();
    const same = content().filter((text) => text !== "" && before.includes(text));
    expect(same).toEqual([]);
  });

  it("lets nobody else into the folder, and containers read what is for them", () => {
    mkdirSync(join(folder, "secrets"), { recursive: true });
    expect(statSync(join(folder, "secrets")).mode & 0o777).toBe(0o700);
    const modes = new Map(
      files().map((name) => [name, statSync(join(folder, "secrets", name)).mode & 0o777]),
    );
    expect(modes.get("token")).toBe(0o600);
    expect(modes.get("cluster-key")).toBe(0o644);
    expect(readFileSync(join(folder, "secrets/tokens.json"), "utf8")).not.toContain(
      readFileSync(join(folder, "secrets/token"), "utf8").trim(),
    );
  });
});
