// A load test as a program. In a project with `npm install onrush`: node load-test.mts (Node 22.18 or later; earlier ones
// take it compiled by tsc), or with another target: node load-test.mts ws://127.0.0.1:9001
import { OnrushError, run, type ScenarioInput } from "onrush";

const scenario: ScenarioInput = {
  version: 1,
  name: "from-typescript",
  target: process.argv[2] ?? "ws://127.0.0.1:9001",
  load: [
    { phase: "ramp", ramp: "linear", to: 50, over: "1s" },
    { phase: "steady", hold: "3s" },
  ],
  messages: {
    rate: "2/s",
    mix: [
      {
        name: "hello",
        send: { json: { type: "hello", id: "{{uuid}}" } },
        reply: { where: "m.id == sent.id", within: "1s" },
      },
    ],
  },
  thresholds: { connect: ["failed == 0"], latency: ["p99 < 250ms"] },
};

try {
  const test = run(scenario, { outputs: ["md"] });
  // Once a second, until the run is over.
  for await (const { state, open, messages, latencyUs } of test) {
    const p99 = latencyUs === null ? "no replies yet" : `p99 ${latencyUs.p99 / 1000} ms`;
    console.log(`${state}: ${open} connections, ${messages.sent} messages, ${p99}`);
    if (messages.timedOut > 1000) test.stop();
  }

  const { summary, files, exitCode, histograms } = await test;
  for (const { metric, phase, name, histogram } of await histograms()) {
    if (metric !== "latency") continue;
    console.log(`${name} in ${phase}: median ${histogram.getValueAtPercentile(50)} us`);
  }
  console.log(`${summary.verdict}: ${summary.messages.matched} replies; ${files.join(", ")}`);
  process.exitCode = exitCode;
} catch (error) {
  if (!(error instanceof OnrushError)) throw error;
  console.error(`${error.code}: ${error.message} ${error.remedy}`);
  process.exitCode = error.exitCode;
}
