/**
 * `onrush schema`: prints a published schema. Called by program.ts. Invariant: stdout is one JSON document, the very
 * one that checks scenarios, describes summary.json, or is what a coordinator says of its API.
 */
import { Argument, Command } from "commander";
import { ExitCode } from "../../../shared/errors.ts";
import { writeWhole } from "../../../shared/log.ts";
import type { CliContext, Finish } from "../context.ts";

const SCHEMAS = {
  scenario: async () => (await import("../../../shared/scenario/schema.ts")).jsonSchema(),
  summary: async () => (await import("../../report/summary-schema.ts")).summaryJsonSchema(),
  api: async () => (await import("../../http/api-description.ts")).openApi(),
} as const;

const EXAMPLES = `
Examples:
  onrush schema scenario > scenario.schema.json   completion in editors
  onrush schema api > openapi.json                OpenAPI 3.1`;

export function schemaCommand(context: CliContext, finish: Finish): Command {
  return new Command("schema")
    .description("print the JSON Schema of scenarios or summary.json, or the OpenAPI")
    .addArgument(
      new Argument("[which]", "which schema").choices(Object.keys(SCHEMAS)).default("scenario"),
    )
    .addHelpText("after", EXAMPLES)
    .action(async (which: keyof typeof SCHEMAS) => {
      writeWhole(context.stdout, `${JSON.stringify(await SCHEMAS[which](), null, 2)}\n`);
      finish(ExitCode.passed);
    });
}
