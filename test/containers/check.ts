/** Everything that is asked of the files containers are built and started from. Used by containers.test.ts. */
import { type Deployment, type Repository, readDeployment } from "./deployment.ts";
import { hardening } from "./rules/hardening.ts";
import { image } from "./rules/image.ts";
import { ports } from "./rules/ports.ts";
import { programs } from "./rules/programs.ts";
import { references } from "./rules/references.ts";
import { schema } from "./rules/schema.ts";
import { secrets } from "./rules/secrets.ts";

type Rule = (deployment: Deployment) => string[];

const RULES: readonly Rule[] = [schema, references, secrets, programs, ports, hardening, image];

/** @returns what is wrong, each with its file; a file that cannot be read ends it with that alone */
export function problemsOf(repository: Repository): string[] {
  const deployment = readDeployment(repository);
  return [...new Set(RULES.flatMap((rule) => rule(deployment)))];
}
