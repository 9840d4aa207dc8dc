/**
 * `onrush explain`: the scenario as the workers will get it, every default filled in and every unit fixed, as
 * YAML. Called by program.ts. Invariant: no secret and no private key is shown, in whatever form it appears.
 */
import { Command } from "commander";
import { stringify } from "yaml";
import { ExitCode } from "../../shared/errors.ts";
import { createMask, MASK } from "../../shared/scenario/mask.ts";
import type { StrictScenario } from "../../shared/scenario/strict.ts";
import type { CliContext } from "./context.ts";
import type { Finish } from "./program.ts";
import { addScenarioOptions, readScenario, type ScenarioOptions } from "./scenario-file.ts";

/** Rows of a data table that are shown; the rest is counted. */
const SHOWN_ROWS = 3;

const HEAD = `# Every default filled in. Times end in Us (microseconds), rates in PerSec, sizes are bytes.\n`;

export function explainCommand(context: CliContext, finish: Finish): Command {
  const command = new Command("explain")
    .description("show a scenario with every default filled in, secrets masked")
    .argument("<scenario>", "scenario file, or - for standard input")
    .addHelpText("after", "\nExample:\n  onrush explain scenario.yaml --set load.0.to=500");
  return addScenarioOptions(command).action(async (file: string, options: ScenarioOptions) => {
    const parsed = await readScenario(file, options, context);
    if (parsed !== null) context.stdout.write(HEAD + explain(parsed.scenario));
    finish(parsed === null ? ExitCode.invalidScenario : ExitCode.passed);
  });
}

export function explain(scenario: StrictScenario): string {
  const { secrets, data, ...rest } = scenario;
  const shown = {
    ...rest,
    data: Object.fromEntries(
      Object.entries(data).map(([name, table]) => [
        name,
        {
          pick: table.pick,
          columns: table.columns,
          rowCount: table.rows.length,
          firstRows: table.rows.slice(0, SHOWN_ROWS),
        },
      ]),
    ),
    secretsMasked: secrets.length,
  };
  return stringify(maskLeaves(shown, secrets), { lineWidth: 0, aliasDuplicateObjects: false });
}

/** Leaf by leaf, before YAML quotes or folds anything. Values from the environment may be numbers by now. */
function maskLeaves(value: unknown, secrets: readonly string[]): unknown {
  const mask = createMask(secrets);
  const walk = (part: unknown): unknown => {
    if (typeof part === "string") return mask(part);
    if (Array.isArray(part)) return part.map(walk);
    if (part !== null && typeof part === "object") {
      return Object.fromEntries(Object.entries(part).map(([key, item]) => [key, walk(item)]));
    }
    return part !== null && secrets.includes(String(part)) ? MASK : part;
  };
  return walk(value);
}
