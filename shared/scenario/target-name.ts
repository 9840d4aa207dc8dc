/** What a target is called wherever one is named: in thresholds, faults and results. Called by both. Foreign text. */

/** As the scenario labels it, else by its URL. */
export function targetName({
  label,
  url,
}: {
  readonly label: string;
  readonly url: string;
}): string {
  return label === "" ? url : label;
}
