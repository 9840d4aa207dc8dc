/** An autoscaler of workers asks the coordinator for a figure that it has, and only ever adds workers. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../../house/repository.ts";
import { type KubeObject, nameOf, ofKind, type Rendered, type Service } from "../objects.ts";

interface Trigger {
  readonly metadata: { readonly url?: string; readonly valueLocation?: string };
}

interface ScaledObject extends KubeObject {
  readonly spec: {
    readonly minReplicaCount?: number;
    readonly triggers: readonly Trigger[];
    readonly advanced?: {
      readonly horizontalPodAutoscalerConfig?: {
        readonly behavior?: { readonly scaleDown?: { readonly selectPolicy?: string } };
      };
    };
  };
}

/** Where the coordinator's own figures are listed. */
const METRICS = "coordinator/http/metrics/coordinator-metrics.ts";

export function autoscaling(rendered: Rendered): string[] {
  return ofKind<ScaledObject>(rendered, "ScaledObject").flatMap((scaled) => {
    const { minReplicaCount = 0, advanced, triggers } = scaled.spec;
    const { scaleDown } = advanced?.horizontalPodAutoscalerConfig?.behavior ?? {};
    const lines = [
      ...(scaleDown?.selectPolicy === "Disabled" ? [] : ["takes workers away in mid-run"]),
      ...(minReplicaCount >= 1 ? [] : ["takes the last worker away"]),
      ...triggers.flatMap((trigger) => ofTrigger(trigger, rendered)),
    ];
    return lines.map((line) => `${nameOf(scaled)}: ${line}`);
  });
}

function ofTrigger({ metadata }: Trigger, rendered: Rendered): string[] {
  const { url = "", valueLocation = "" } = metadata;
  const { hostname, port, pathname } = new URL(url);
  const [service, namespace] = hostname.split(".");
  const isThere = ofKind<Service>(rendered, "Service").some(
    (one) =>
      one.metadata.name === service &&
      one.metadata.namespace === namespace &&
      one.spec.ports.some((listed) => listed.port === Number(port)),
  );
  const text = readFileSync(join(ROOT, METRICS), "utf8");
  const isKnown = text.includes(`"${valueLocation.replace(/^onrush_/, "")}"`);
  return [
    ...(isThere && pathname === "/metrics" ? [] : [`asks ${url}, where no metrics are`]),
    ...(isKnown ? [] : [`asks for ${valueLocation}, which no coordinator has`]),
  ];
}
