/** A throwaway reading of the example's G-code into beads, layer by layer, for pictures of the real part. */
import { readFileSync } from "node:fs";

const strandArea = Math.PI * (1.75 / 2) ** 2;

/** Beads of each layer of the drill guide (absolute X, Y, Z; relative E); the height comes from the slicer's comments. */
export function guideLayers(): number[][][] {
  const text = readFileSync(new URL("../../../config/examples/drill-guide/drill-guide.gcode", import.meta.url), "utf8");
  const layers: number[][][] = [[]];
  let at = { x: 0, y: 0, z: 0 };
  let height = 0.2;
  for (const line of text.split("\n")) {
    if (line.startsWith(";LAYER_CHANGE")) layers.push([]);
    if (line.startsWith(";HEIGHT:")) height = Number(line.slice(8));
    if (!/^G1 /.test(line)) continue;
    const word = (letter: string) => {
      const found = new RegExp(` ${letter}(-?[0-9.]+)`).exec(line.split(";")[0]!);
      return found === null ? undefined : Number(found[1]);
    };
    const to = { x: word("X") ?? at.x, y: word("Y") ?? at.y, z: word("Z") ?? at.z };
    const pushed = word("E") ?? 0;
    const length = Math.hypot(to.x - at.x, to.y - at.y);
    if (pushed > 0 && length > 0) {
      // A bead's section is about an ellipse closed to a rectangle's corners: area = width * height - 0.215 height^2.
      const width = (pushed * strandArea) / length / height + 0.215 * height;
      layers.at(-1)!.push([at.x, at.y, to.z, to.x, to.y, to.z, width, height]);
    }
    at = to;
  }
  return layers;
}
