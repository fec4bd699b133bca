/** A camera that gives JPEG snapshots over HTTP, as IP cameras do. */
import { readFile } from "node:fs/promises";
import type { Fault } from "../../equipment/machine.ts";
import type { Clock } from "../../kernel/ports.ts";
import { err, ok, type Result } from "../../kernel/result.ts";
import { type Camera, type CameraFrame, exposureOf, noPicture } from "../camera.ts";

export interface HttpCameraOptions {
  /** Address of the snapshot, http or https. */
  readonly url: string;
  /** File that holds the bearer token; read at every request, so that it can be changed. */
  readonly tokenFile?: string;
  readonly timeout_ms?: number;
  readonly mostBytes?: number;
  readonly clock: Clock;
}

/** Makes the camera. Redirects are refused: the address of a camera is configuration, never the camera's choice. */
export function createHttpCamera(options: HttpCameraOptions): Camera {
  const { url, tokenFile, timeout_ms = 5_000, mostBytes = 16 * 1024 * 1024, clock } = options;
  return {
    async take(): Promise<Result<CameraFrame, Fault>> {
      const requestedAt = clock.now();
      try {
        const token = tokenFile === undefined ? null : (await readFile(tokenFile, "utf8")).trim();
        const response = await fetch(url, {
          redirect: "error",
          signal: AbortSignal.timeout(timeout_ms),
          headers: { accept: "image/jpeg", ...(token === null ? {} : { authorization: `Bearer ${token}` }) },
        });
        if (response.status !== 200) {
          await response.body?.cancel();
          return err(noPicture(`it answered with status ${response.status}`));
        }
        const bytes = await readBounded(response, mostBytes);
        if (bytes === null) return err(noPicture(`its picture is larger than ${mostBytes} bytes`));
        const exposureStart = exposureOf(response.headers.get("x-exposure-start"));
        return ok({ bytes, requestedAt, receivedAt: clock.now(), exposureStart });
      } catch (problem) {
        const late = problem instanceof Error && problem.name === "TimeoutError";
        return err(noPicture(late ? `it did not answer within ${timeout_ms} ms` : "it cannot be reached"));
      }
    },
  };
}

/** Reads a body up to a limit; null beyond it. */
async function readBounded(response: Response, mostBytes: number): Promise<Uint8Array | null> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.length;
    if (size > mostBytes) return null;
    chunks.push(chunk);
  }
  return new Uint8Array(Buffer.concat(chunks, size));
}
