/** Goal: what is submitted over HTTP reaches nothing of the coordinator's host but its run. Method: outputs that would. */
import { expect, it } from "vitest";
import { readSubmission, SERVICE_LIMITS } from "../../../coordinator/check/submission.ts";
import { DEFAULT_POLICIES } from "../../../coordinator/plan/policies.ts";

it("keeps the formats that are asked for, and no path, port or collector", () => {
  const outputs = [
    "md",
    { junit: "/etc/junit.xml" },
    { prometheus: "0.0.0.0:9464" },
    { otlp: "http://10.0.0.1:4318" },
  ];
  const scenario = {
    version: 1,
    target: "ws://127.0.0.1:1/",
    load: [{ phase: "a", ramp: "linear", to: 1, over: "1s" }],
    outputs,
  };
  const submission = {
    text: JSON.stringify(scenario),
    fileName: "s.json",
    env: {},
    vars: {},
    set: [],
    files: new Map<string, Buffer>(),
    workers: 1,
    autoProbe: false,
    policies: DEFAULT_POLICIES,
  };
  const reading = readSubmission(submission, {
    allowTargets: [],
    allowHooks: false,
    allowCommands: [],
    limits: SERVICE_LIMITS,
  });
  expect(reading).toMatchObject({ ok: true });
  expect(reading.ok && reading.scenario.outputs).toEqual([
    { kind: "md", to: null },
    { kind: "junit", to: null },
  ]);
});

it("refuses requests ahead of a connection to a host that nobody has allowed", () => {
  const scenario = {
    version: 1,
    target: "ws://127.0.0.1:1/",
    load: [{ phase: "a", ramp: "linear", to: 1, over: "1s" }],
    flow: { before: [{ http: { post: "https://login.example/token", json: { user: "a" } } }] },
  };
  const submission = {
    ...{ text: JSON.stringify(scenario), fileName: "s.json", env: {}, vars: {}, set: [] },
    ...{
      files: new Map<string, Buffer>(),
      workers: 1,
      autoProbe: false,
      policies: DEFAULT_POLICIES,
    },
  };
  const read = (allowTargets: string[]) =>
    readSubmission(submission, {
      allowTargets,
      allowHooks: false,
      allowCommands: [],
      limits: SERVICE_LIMITS,
    });
  expect(() => read([])).toThrow("login.example");
  expect(() => read(["login.example:8443"])).toThrow("login.example");
  expect(read(["login.example:443"])).toMatchObject({ ok: true });
});
