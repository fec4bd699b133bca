/** The demo's broker as a program: its certificates come from `cellward qa init`, nobody connects without one. */
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { startBroker } from "./broker.ts";

const usage = `usage: main.ts --ca FILE --cert FILE --key FILE [--host HOST] [--port PORT] [--central NAME]

An MQTT 3.1.1 broker over TLS. Clients show a certificate of the authority (--ca); its common name says who they are:
  NAME (default central-qa)   reads cellward/1/+/up, writes cellward/1/<cell>/down
  any other                   writes cellward/1/<own name>/up, reads cellward/1/<own name>/down
When it listens it prints one JSON line: {"ready":"broker","port":8883,"url":"mqtts://localhost:8883"}.
`;

const { values } = parseArgs({
  options: {
    ca: { type: "string" },
    cert: { type: "string" },
    key: { type: "string" },
    host: { type: "string", default: "127.0.0.1" },
    port: { type: "string", default: "8883" },
    central: { type: "string", default: "central-qa" },
    help: { type: "boolean", default: false },
  },
});
if (values.help) {
  process.stdout.write(usage);
  process.exit(0);
}
const { ca, cert, key, host, central } = values;
const port = Number(values.port);
if (!ca || !cert || !key || !Number.isInteger(port) || port < 0 || port > 65_535) {
  process.stderr.write(usage);
  process.exit(2);
}

const read = (path: string) => readFileSync(path, "utf8");
const broker = await startBroker({
  host,
  port,
  authority: read(ca),
  certificate: read(cert),
  key: read(key),
  central,
});
process.stdout.write(
  `${JSON.stringify({ ready: "broker", port: broker.port, url: `mqtts://localhost:${broker.port}` })}\n`,
);
for (const signal of ["SIGTERM", "SIGINT"] as const) {
  process.once(signal, () => {
    void broker.close().then(() => process.exit(0));
  });
}
