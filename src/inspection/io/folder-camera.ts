/** A camera whose pictures are files that something else puts into a folder, taken in the order of their names. */
import { open, readdir } from "node:fs/promises";
import { join } from "node:path";
import type { Fault } from "../../equipment/machine.ts";
import type { Clock } from "../../kernel/ports.ts";
import { err, ok, type Result } from "../../kernel/result.ts";
import { type Camera, type CameraFrame, noPicture } from "../camera.ts";

export interface FolderCameraOptions {
  readonly folder: string;
  readonly mostBytes?: number;
  readonly clock: Clock;
}

/**
 * Makes the camera: every request takes the next .jpg by name that was not taken yet; none left is no picture. The
 * time at which a file was last written stands for its exposure: an old file is an old picture.
 */
export function createFolderCamera({ folder, mostBytes = 16 * 1024 * 1024, clock }: FolderCameraOptions): Camera {
  let last = "";
  return {
    async take(): Promise<Result<CameraFrame, Fault>> {
      const requestedAt = clock.now();
      try {
        const names = (await readdir(folder)).filter((name) => /\.jpe?g$/i.test(name)).sort();
        const next = names.find((name) => name > last);
        if (next === undefined) return err(noPicture("the folder has no further one"));
        last = next;
        const file = await open(join(folder, next), "r");
        try {
          const { size, mtimeMs } = await file.stat();
          if (size > mostBytes) return err(noPicture(`the file ${next} is larger than ${mostBytes} bytes`));
          const bytes = new Uint8Array(size);
          const { bytesRead } = await file.read(bytes, 0, size, 0);
          if (bytesRead !== size) return err(noPicture(`the file ${next} could not be read whole`));
          return ok({ bytes, requestedAt, receivedAt: clock.now(), exposureStart: mtimeMs });
        } finally {
          await file.close();
        }
      } catch {
        return err(noPicture("its folder cannot be read"));
      }
    },
  };
}
