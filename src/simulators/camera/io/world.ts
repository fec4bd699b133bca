/** Fetches the world over the printer's unix socket. */
import { Agent, request } from "node:http";
import { err, ok, type Result } from "../../../kernel/result.ts";
import type { Scene } from "../scene.ts";
import { emptyScene, readBeads, readState, withBeads } from "../world.ts";

const mostBytes = 128 * 1024 * 1024;
const patienceMs = 5000;

/** Looks at the world. */
export interface WorldLink {
  /** The scene as it is now; beads are fetched only once. Fails in words when the world cannot be seen. */
  look(): Promise<Result<Scene, string>>;
  close(): void;
}

/** Opens the link; nothing is sent before the first look. */
export function openWorld(socketPath: string): WorldLink {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  let scene = emptyScene();
  const fetchPage = async (): Promise<Result<Scene, string>> => {
    const page = await get(agent, socketPath, `/beads?since=${scene.beads.count}`);
    const beads = page.ok ? readBeads(page.value) : page;
    if (!beads.ok) return beads;
    if (beads.value.epoch === scene.epoch || scene.beads.count === 0) return withBeads(scene, beads.value);
    // Another plate: the index asked for meant the old one, so ask again from the start.
    scene = emptyScene();
    return ok(scene);
  };
  return {
    close: () => agent.destroy(),
    async look() {
      for (let round = 0; round < 1000; round++) {
        const answer = await get(agent, socketPath, "/state");
        const state = answer.ok ? readState(answer.value) : answer;
        if (!state.ok) return state;
        const { epoch, next, head, objects } = state.value;
        if (scene.epoch === epoch && scene.beads.count >= next) return ok({ ...scene, head, objects });
        const page = await fetchPage();
        if (!page.ok) return page;
        scene = page.value;
        if (scene.epoch === epoch && scene.beads.count >= next) return ok({ ...scene, head, objects });
      }
      return err("the world changes faster than it can be seen");
    },
  };
}

function get(agent: Agent, socketPath: string, path: string): Promise<Result<unknown, string>> {
  return new Promise((resolve) => {
    const call = request({ socketPath, path, agent, timeout: patienceMs }, (response) => {
      const parts: Buffer[] = [];
      let size = 0;
      response.on("data", (part: Buffer) => {
        size += part.length;
        if (size > mostBytes) call.destroy(new Error("the world's answer is too long"));
        else parts.push(part);
      });
      response.on("error", (problem) => resolve(err(problem.message)));
      response.on("end", () => {
        if (response.statusCode !== 200) return resolve(err(`the world answered ${response.statusCode}`));
        try {
          resolve(ok(JSON.parse(Buffer.concat(parts).toString("utf8"))));
        } catch {
          resolve(err("the world's answer is not JSON"));
        }
      });
    });
    call.on("timeout", () => call.destroy(new Error("the world does not answer")));
    call.on("error", (problem) => resolve(err(problem.message)));
    call.end();
  });
}
