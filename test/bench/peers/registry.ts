/** The peers that bench:peers knows. */
import { artillery } from "./artillery.ts";
import { gatling } from "./gatling.ts";
import { k6 } from "./k6.ts";
import { locust } from "./locust.ts";
import type { Peer } from "./peer.ts";

export const PEERS: readonly Peer[] = [artillery, k6, gatling, locust];
