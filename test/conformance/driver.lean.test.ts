/** The driver suite on our own codec. */
import { leanDriver } from "../../worker/connection/lean/lean-driver.ts";
import { driverSuite } from "./driver-suite.ts";

driverSuite(leanDriver);
