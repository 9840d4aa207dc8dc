/** Whatever selects pods selects some, and only those it is named after; a selector stays within its own component. */
import {
  componentOf,
  type KubeObject,
  type Labels,
  nameOf,
  ofKind,
  podLabels,
  type Rendered,
  type Selector,
  type Service,
  selects,
  workloadsOf,
} from "../objects.ts";

const COMPONENT = "app.kubernetes.io/component";
const COMMON = ["app.kubernetes.io/name", "app.kubernetes.io/part-of"];

export function selectors(rendered: Rendered): string[] {
  return [...ofWorkloads(rendered), ...ofSelecting(rendered), ...labelled(rendered)];
}

function ofWorkloads(rendered: Rendered): string[] {
  return workloadsOf(rendered).flatMap((workload) => {
    const { selector, template } = workload.spec;
    const spreads = template.spec.topologySpreadConstraints ?? [];
    return [
      ...(selects(selector, podLabels(workload))
        ? []
        : [`${nameOf(workload)}: its selector does not select its own pods`]),
      ...spreads
        .filter(({ labelSelector }) => !selects(labelSelector, podLabels(workload)))
        .map(
          ({ topologyKey }) =>
            `${nameOf(workload)}: the spread over ${topologyKey} does not count its pods`,
        ),
    ];
  });
}

/** Services, budgets, monitors: with the component they are labelled as. */
function ofSelecting(rendered: Rendered): string[] {
  const selecting: { object: KubeObject; selector: Selector; labels: readonly Labels[] }[] = [];
  const pods = workloadsOf(rendered).map(podLabels);
  for (const object of ofKind<Service>(rendered, "Service")) {
    selecting.push({ object, selector: { matchLabels: object.spec.selector }, labels: pods });
  }
  for (const kind of ["PodDisruptionBudget", "PodMonitor"]) {
    for (const object of ofKind<KubeObject & { spec: { selector: Selector } }>(rendered, kind)) {
      selecting.push({ object, selector: object.spec.selector, labels: pods });
    }
  }
  const services = ofKind<Service>(rendered, "Service").map(
    ({ metadata }) => metadata.labels ?? {},
  );
  for (const object of ofKind<KubeObject & { spec: { selector: Selector } }>(
    rendered,
    "ServiceMonitor",
  )) {
    selecting.push({ object, selector: object.spec.selector, labels: services });
  }
  return selecting.flatMap(({ object, selector, labels }) => {
    const found = labels.filter((one) => selects(selector, one)).map((one) => one[COMPONENT]);
    const own = object.metadata.labels?.[COMPONENT];
    if (found.length === 0) return [`${nameOf(object)}: selects nothing`];
    const foreign = found.filter((component) => component !== own);
    return foreign.map((component) => `${nameOf(object)}: of ${own}, selects the ${component}`);
  });
}

/** Everything that has pods or a selector says what it is. */
function labelled(rendered: Rendered): string[] {
  const lacking = rendered.objects
    .filter(({ kind }) => kind !== "Namespace")
    .flatMap((object) =>
      COMMON.filter((label) => object.metadata.labels?.[label] !== "onrush").map(
        (label) => `${nameOf(object)}: has not the label ${label}: onrush`,
      ),
    );
  const pods = workloadsOf(rendered).flatMap((workload) => [
    ...COMMON.filter((label) => podLabels(workload)[label] !== "onrush").map(
      (label) => `${nameOf(workload)}: its pods have not the label ${label}: onrush`,
    ),
    ...(componentOf(workload) === workload.metadata.labels?.[COMPONENT]
      ? []
      : [
          `${nameOf(workload)}: is of ${workload.metadata.labels?.[COMPONENT]}, its pods of ${componentOf(workload)}`,
        ]),
  ]);
  return [...lacking, ...pods];
}
