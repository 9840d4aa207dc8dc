/**
 * `npm run test:k8s`: holds k8s/, the image and docs/kubernetes.md to their promises on the cluster that KUBECONFIG names.
 * Prints a line for each check, the episodes as JSON lines and as a table. Ends with 1 when anything does not hold. What it
 * makes lies in namespaces of its own, which it removes.
 */
import { parseArgs } from "node:util";
import { SimRandom } from "../sim/sim-random.ts";
import { Checks } from "./checks.ts";
import { checkDocument } from "./document.ts";
import { type Load, type Outcome, playEpisode } from "./episode.ts";
import { Kubectl } from "./kubectl.ts";
import { Nodes } from "./nodes.ts";
import { ROWS, type Row } from "./rows.ts";
import { checkScaling } from "./scale.ts";
import { checkSecurity } from "./security.ts";
import { measureSizes } from "./size.ts";
import { type Broker, Stack } from "./stack.ts";
import { markdownOf } from "./table.ts";

const USAGE = `npm run test:k8s -- [options]

  --only PARTS       of install,scale,security,table,document,size (all but the last)
  --brokers LIST     redis,nats
  --rows TEXT        rows of the table whose name has this, with commas between (all)
  --runs N           episodes of each row and broker (5)
  --first N          number, and seed, of the first of them (1)
  --connections N    of each episode (1000)
  --namespaces NAME  what the names of its namespaces begin with (onrush-test)
  --lock FOLDER      made while a node is closed to new pods, for others who share the cluster

KUBECONFIG names the cluster. ONRUSH_IMAGE (onrush:0.1.0) and ONRUSH_NEXT_IMAGE (onrush:0.1.0-next, the same
under another tag, for rolling updates) must be on its nodes:

  docker build -f deploy/docker/Dockerfile -t onrush:0.1.0 . && docker tag onrush:0.1.0 onrush:0.1.0-next
  kind load docker-image onrush:0.1.0 onrush:0.1.0-next
  docker save onrush:0.1.0 onrush:0.1.0-next | sudo k3s ctr images import -
`;

const { values } = parseArgs({
  options: {
    only: { type: "string", default: "install,scale,security,table,document" },
    brokers: { type: "string", default: "redis,nats" },
    rows: { type: "string", default: "" },
    runs: { type: "string", default: "5" },
    first: { type: "string", default: "1" },
    namespaces: { type: "string", default: "onrush-test" },
    connections: { type: "string", default: "1000" },
    lock: { type: "string", default: "" },
    help: { type: "boolean", default: false },
  },
});
if (values.help) {
  process.stdout.write(USAGE);
  process.exit(0);
}

const IMAGE = process.env["ONRUSH_IMAGE"] || "onrush:0.1.0";
const NEXT_IMAGE = process.env["ONRUSH_NEXT_IMAGE"] || `${IMAGE}-next`;
/** Messages a second of a connection. */
const RATE = 0.2;
const MOST_READY_MS = 60_000;
const TABLE_WORKERS = 4;

const parts = values.only.split(",");
const brokers = values.brokers.split(",") as Broker[];
const load: Load = { connections: Number(values.connections), rate: RATE };
const checks = new Checks();

/** The overlay as it is, with two workers. */
async function asItIs(broker: Broker): Promise<void> {
  const stack = new Stack({
    ...{
      namespace: `${values.namespaces}-${broker}`,
      broker,
      image: IMAGE,
      workers: 2,
      isSmall: false,
    },
  });
  try {
    const isThere = await checks.check(
      `${broker}: every pod is ready within a minute`,
      async () => {
        await stack.install();
        if (stack.readyMs > MOST_READY_MS) throw new Error(`after ${stack.readyMs} ms`);
        return `after ${(stack.readyMs / 1000).toFixed(1)} s`;
      },
    );
    if (!isThere) return;
    if (parts.includes("scale")) await checkScaling(stack, checks);
    if (parts.includes("security")) await checkSecurity(stack, checks);
  } finally {
    await stack.remove();
  }
}

async function sizes(): Promise<void> {
  const stack = new Stack({
    ...{ namespace: `${values.namespaces}-size`, broker: brokers[0] ?? "redis", image: IMAGE },
    ...{ workers: 1, isSmall: false },
  });
  try {
    await stack.install();
    await measureSizes(stack, checks);
  } finally {
    await stack.remove();
  }
}

/** Every row so many times; one stack at a time does so on each broker. */
async function playTable(broker: Broker, nodes: Nodes): Promise<Outcome[]> {
  const stack = new Stack({
    ...{ namespace: `${values.namespaces}-table-${broker}`, broker, image: IMAGE, isSmall: true },
    workers: TABLE_WORKERS,
  });
  const outcomes: Outcome[] = [];
  try {
    await stack.install();
    const first = Number(values.first);
    for (let run = first; run < first + Number(values.runs); run++) {
      for (const row of chosenRows()) {
        const random = new SimRandom(run, 0);
        const scene = { stack, nodes, nextImage: NEXT_IMAGE, random: () => random.unit() };
        const outcome = await playEpisode(row, run, scene, load);
        outcomes.push(outcome);
        process.stdout.write(`${JSON.stringify(outcome)}\n`);
      }
    }
  } finally {
    await stack.remove();
  }
  return outcomes;
}

function chosenRows(): readonly Row[] {
  const names = values.rows.split(",").filter((name) => name !== "");
  return ROWS.filter(({ name }) => names.length === 0 || names.some((part) => name.includes(part)));
}

async function table(): Promise<void> {
  const nodes = new Nodes(new Kubectl("default"), values.lock || null);
  await checks.check(
    "whatever happens in mid-run, the result is exact or says what is not",
    async () => {
      const outcomes = (
        await Promise.all(brokers.map((broker) => playTable(broker, nodes)))
      ).flat();
      process.stdout.write(`\n${markdownOf(outcomes)}\n`);
      const wrong = outcomes.filter((one) => one.wrong.length > 0);
      if (wrong.length > 0) throw new Error(`${wrong.length} of ${outcomes.length} are wrong`);
      return `${outcomes.length} runs, wrong numbers 0`;
    },
  );
}

if (["install", "scale", "security"].some((part) => parts.includes(part))) {
  for (const broker of brokers) await asItIs(broker);
}
if (parts.includes("table")) await table();
if (parts.includes("document")) await checkDocument(checks);
if (parts.includes("size")) await sizes();
checks.end();
process.exitCode = checks.failed > 0 ? 1 : 0;
