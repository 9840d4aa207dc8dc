/**
 * `onrush schema`: prints a published JSON Schema. Called by program.ts. Invariant: stdout is one JSON
 * document, the very one that checks scenarios or describes summary.json.
 */
import { Argument, Command } from "commander";
import { ExitCode } from "../../shared/errors.ts";
import { jsonSchema } from "../../shared/scenario/schema.ts";
import { summaryJsonSchema } from "../report/summary-schema.ts";
import type { CliContext } from "./context.ts";
import type { Finish } from "./program.ts";

const SCHEMAS = { scenario: jsonSchema, summary: summaryJsonSchema } as const;

export function schemaCommand(context: CliContext, finish: Finish): Command {
  return new Command("schema")
    .description("print the JSON Schema of scenario files or of summary.json")
    .addArgument(
      new Argument("[which]", "which schema").choices(Object.keys(SCHEMAS)).default("scenario"),
    )
    .addHelpText("after", "\nExample:\n  onrush schema scenario > scenario.schema.json")
    .action((which: keyof typeof SCHEMAS) => {
      context.stdout.write(`${JSON.stringify(SCHEMAS[which](), null, 2)}\n`);
      finish(ExitCode.passed);
    });
}
