/**
 * Goal: every case of the benchmark can be run as it stands, and nothing an analyzer gets says which case it is. Method: each
 * case at each strength and with several seeds, against the schemas of scenarios and behaviours.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { DETECTORS } from "../../../coordinator/analysis/diagnosis/registry.ts";
import { type CauseId, causeOf } from "../../../coordinator/analysis/findings/causes.ts";
import { parseScenario } from "../../../shared/scenario/parse.ts";
import { parseBehaviour } from "../../../target/behaviour-schema.ts";
import { type Case, fill, readCases, STRENGTHS, type Trial } from "../../faultbench/case-file.ts";
import { scenarioFor } from "../../faultbench/scenario.ts";
import { makeCertificate } from "../../faultbench/servers/certificate.ts";
import { refuseUnknown } from "../../faultbench/servers/dials.ts";
import { allTrials, testTrials } from "../../faultbench/trials.ts";
import { scratch } from "../../support/programs.ts";

const cases = readCases();
const urlsOf = ({ backends, balancer, tls }: Case) =>
  Array.from(
    { length: balancer === undefined ? backends : 1 },
    (_, at) => `${tls === undefined ? "ws" : "wss"}://127.0.0.1:${9001 + at}`,
  );
/** What scenarios name. */
const certificates = scratch();
afterAll(() => certificates[Symbol.dispose]());
const trusted = () => {
  const folder = join(certificates.path, "tls");
  if (!existsSync(folder)) makeCertificate(folder, { rsaBits: null, isExpired: false });
  return readFileSync(join(folder, "cert.pem"));
};
const trialsOf = (one: Case): Trial[] =>
  STRENGTHS.filter((strength) => strength in one.strengths).flatMap((strength) =>
    [1, 2, 3].map((seed) => ({ case: one, server: "target", strength, seed }) as const),
  );

const causesOf = ({ label }: Case) => [label, label?.also].flatMap((it) => it ?? []);
/** The causes of the generator are named by the finding of the generator. */
const canBeNamed = (cause: string) =>
  DETECTORS.some(({ meta }) => meta.causes.includes(cause as CauseId)) ||
  causeOf(cause as CauseId)?.locus === "generator";

it("what no finding can name is of the open set", () => {
  const missed = cases
    .filter(({ openSet }) => !openSet)
    .flatMap((one) => causesOf(one).map(({ cause }) => ({ id: one.id, cause })))
    .filter(({ cause }) => !canBeNamed(cause));
  expect(missed).toEqual([]);
});

it("the short set has 25 cases, and each server has a healthy one", () => {
  const gate = cases.filter(({ gate }) => gate !== undefined);
  expect(gate.length).toBe(25);
  const healthy = gate.filter(({ label }) => label === null);
  expect(healthy.map(({ gate }) => gate).toSorted()).toEqual(["python", "target", "ws"]);
  expect(gate.every(({ strengths }) => "strong" in strengths)).toBe(true);
});

it("the test split has no seed of development, each strength of a fault once, and what is healthy on each server", () => {
  const keyOf = ({ server, strength, seed }: Trial) => `${server} ${strength} ${seed}`;
  for (const one of cases) {
    const split = testTrials(one, 2);
    const development = new Set(allTrials(one, 999).map(({ seed }) => seed));
    expect(split.some(({ seed }) => development.has(seed))).toBe(false);
    expect(new Set(split.map(keyOf)).size).toBe(split.length);
    expect(split.every(({ server }) => one.servers.includes(server))).toBe(true);
    const each = one.label === null ? one.servers : Object.keys(one.strengths);
    expect(split).toHaveLength(2 * each.length);
  }
});

describe.each(cases.map((one) => [one.id, one] as const))("%s", (_, one) => {
  it("has a scenario and a behaviour that are accepted", () => {
    for (const trial of trialsOf(one)) {
      const { scenario, behaviour } = fill(trial);
      const text = JSON.stringify(scenarioFor(urlsOf(one), trial.seed, scenario));
      const read = parseScenario(text, { fileName: "scenario.json", env: {}, readFile: trusted });
      expect(read.ok ? [] : read.issues).toEqual([]);
      expect(parseBehaviour(behaviour)).not.toHaveProperty("issues");
      if (one.servers.includes("ws")) refuseUnknown(behaviour);
    }
  });

  it("has a cause that is known, at its place; one of the open set has not", () => {
    for (const { cause, locus } of causesOf(one)) {
      const known = causeOf(cause as CauseId);
      expect([cause, known === undefined]).toEqual([cause, one.openSet]);
      // A middlebox has idle timeouts, too.
      if (known !== undefined && one.path === undefined) expect(known.locus).toBe(locus);
    }
  });

  it("is the same with the same seed, and does not say what it is", () => {
    const [first] = trialsOf(one);
    const filled = fill(first as Trial);
    expect(fill(first as Trial)).toEqual(filled);
    const given = JSON.stringify(scenarioFor(urlsOf(one), 1, filled.scenario));
    expect(given).not.toContain(`"${one.id}"`);
    if (one.label !== null) expect(given).not.toContain(one.label.cause);
  });
});
