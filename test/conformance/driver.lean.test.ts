/** The driver suite on our own codec. */
import { leanDriver } from "../../worker/socket/lean/lean-driver.ts";
import { driverBacklogSuite } from "./driver-backlog-suite.ts";
import { driverFaultSuite } from "./driver-fault-suite.ts";
import { driverLifeSuite } from "./driver-life-suite.ts";
import { driverSuite } from "./driver-suite.ts";
import { driverTlsSuite } from "./driver-tls-suite.ts";

driverSuite(leanDriver);
driverTlsSuite(leanDriver);
driverLifeSuite(leanDriver);
driverFaultSuite(leanDriver);
driverBacklogSuite(leanDriver);
