/** The driver suite on the ws package. */
import { wsDriver } from "../../worker/connection/ws-driver.ts";
import { driverSuite } from "./driver-suite.ts";

driverSuite(wsDriver);
