/** Speaks to the control sockets of the simulators: the hands and the bad luck of the demo. */
import { request } from "node:http";

/** One request to a simulator's control socket; rejects on anything but success. */
export function control(socketPath: string, path: string, body?: unknown): Promise<unknown> {
  const text = body === undefined ? "" : JSON.stringify(body);
  const method = body === undefined ? "GET" : "POST";
  return new Promise((done, fail) => {
    const asked = request({ socketPath, path, method, headers: { "content-type": "application/json" } }, (answer) => {
      let said = "";
      answer.setEncoding("utf8").on("data", (chunk: string) => {
        said += chunk;
      });
      answer.on("end", () => {
        if ((answer.statusCode ?? 500) >= 300) fail(new Error(`${path}: ${answer.statusCode} ${said}`));
        else done(said === "" ? null : parseOrText(said));
      });
    });
    asked.setTimeout(20_000, () => asked.destroy(new Error(`${path}: no answer`)));
    asked.on("error", fail);
    asked.end(text);
  });
}

function parseOrText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
