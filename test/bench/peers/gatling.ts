/** Gatling, from Maven Central: a simulation in Java, compiled once and run by Gatling's own main class, without Maven. */
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { attempt, cacheOf, type Peer, ROOM, TEXT } from "./peer.ts";
import { CHAT } from "./works.ts";

const VERSION = "3.13.5";
const jars = () => join(cacheOf("gatling"), "jars");
const classes = () => join(cacheOf("gatling"), "classes");

const POM = `<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>onrush</groupId><artifactId>peer</artifactId><version>1</version><dependencies><dependency>
<groupId>io.gatling.highcharts</groupId><artifactId>gatling-charts-highcharts</artifactId><version>${VERSION}</version>
</dependency></dependencies></project>
`;

/** Without it everything is logged. */
const LOGBACK = `<configuration><root level="WARN"/></configuration>
`;

const SIMULATION = `import static io.gatling.javaapi.core.CoreDsl.*;
import static io.gatling.javaapi.http.HttpDsl.*;
import io.gatling.javaapi.core.*;
import java.time.Duration;
import java.util.UUID;

public class Move extends Simulation {
  {
    int seconds = Integer.getInteger("openSeconds");
    Duration pace = Duration.ofMillis(1000 / Integer.getInteger("perSec"));
    String body = "{\\"type\\":\\"move\\",\\"id\\":\\"#{id}\\",\\"room\\":\\"${ROOM}\\",\\"text\\":\\"${TEXT}\\"}";
    ScenarioBuilder move = scenario("move")
      .exec(ws("open").connect("/"))
      .during(seconds).on(
        pace(pace)
          .exec(session -> session.set("id", UUID.randomUUID().toString()))
          .exec(ws("move").sendText(body).await(5).on(
            ws.checkTextMessage("reply").matching(jsonPath("$.id").isEL("#{id}")))))
      .exec(ws("close").close());
    setUp(move.injectOpen(rampUsers(Integer.getInteger("connections")).during(Integer.getInteger("rampSeconds"))))
      .protocols(http.wsBaseUrl(System.getProperty("url")));
  }
}
`;

export const gatling: Peer = {
  name: `gatling ${VERSION}`,
  work: CHAT,
  differs: "",
  install() {
    if (existsSync(join(classes(), "Move.class"))) return "";
    const folder = cacheOf("gatling");
    writeFileSync(join(folder, "pom.xml"), POM);
    writeFileSync(join(folder, "Move.java"), SIMULATION);
    mkdirSync(classes(), { recursive: true });
    writeFileSync(join(classes(), "logback.xml"), LOGBACK);
    const copy = ["-q", "-B", "dependency:copy-dependencies", `-DoutputDirectory=${jars()}`];
    return (
      attempt("mvn", copy, folder) ||
      attempt("javac", ["-cp", `${jars()}/*`, "-d", classes(), "Move.java"], folder)
    );
  },
  prepare(work, url, folder) {
    const { connections, rampSeconds, openSeconds, perConnectionPerSec } = work;
    const given = { url, connections, rampSeconds, openSeconds, perSec: perConnectionPerSec };
    const properties = Object.entries(given).map(([name, value]) => `-D${name}=${value}`);
    // As its own Maven plugin does.
    const opened = ["--add-opens", "java.base/java.lang=ALL-UNNAMED"];
    const classPath = [...opened, "-cp", `${classes()}:${jars()}/*`];
    const main = ["io.gatling.app.Gatling", "-s", "Move", "-nr", "-rf", join(folder, "gatling")];
    return { command: "java", args: [...classPath, ...properties, ...main] };
  },
};
