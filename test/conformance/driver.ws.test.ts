/** The driver suite on the ws package. */
import { wsDriver } from "../../worker/socket/ws/ws-driver.ts";
import { driverBacklogSuite } from "./driver-backlog-suite.ts";
import { driverFaultSuite } from "./driver-fault-suite.ts";
import { driverLifeSuite } from "./driver-life-suite.ts";
import { driverSuite } from "./driver-suite.ts";
import { driverTlsSuite } from "./driver-tls-suite.ts";

driverSuite(wsDriver);
driverTlsSuite(wsDriver);
driverLifeSuite(wsDriver);
driverFaultSuite(wsDriver);
driverBacklogSuite(wsDriver);
