/** Secrets are files that secrets.sh makes, at random; nothing of them is in the repository or in an environment. */
import { dirname, join } from "node:path";
import type { Composition, Deployment } from "../deployment.ts";
import { definedIn, record } from "../deployment.ts";

const SECRET = /(PASSWORD|TOKEN|TOKENS|SECRET|KEY|BUS)$/;

export function secrets({ repository, compositions }: Deployment): string[] {
  return compositions.flatMap((composition) => [
    ...[...definedIn(composition, "secrets")].flatMap(([name, { file }]) => {
      const path = join(dirname(composition.path), String(file));
      return repository(path) === null
        ? [`${composition.path}: secrets.sh makes no ${String(file)} for the secret ${name}`]
        : [];
    }),
    ...plain(composition),
  ]);
}

function plain({ path, services }: Composition): string[] {
  return services.flatMap(({ name, tree }) =>
    Object.keys(record(tree["environment"]))
      .filter((variable) => SECRET.test(variable))
      .map((variable) => `${path}: ${name} has ${variable} in its environment: give it a file`),
  );
}
