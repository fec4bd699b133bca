/** Plays the route act by act, and before each act the faults that were asked for. */
import { finishStep, labelAndHandOver, printGuide, releaseDevice, toTheStation, withCentral } from "./route.ts";
import type { RouteFault, Stage } from "./route-faults.ts";
import { backUp, type Story } from "./story.ts";

export interface Player {
  /** True when the device was released. */
  play(): Promise<boolean>;
  /** True when a fault was not met as it must be. */
  wrong(): boolean;
}

export function createPlayer(story: Story, chosen: readonly RouteFault[]): Player {
  const { display } = story;
  let wrong = false;

  /** False when the device cannot go on. */
  async function faultsAt(stage: Stage): Promise<boolean> {
    for (const fault of chosen.filter((each) => each.stage === stage)) {
      display.say(`FAULT: ${fault.what}`);
      const { right, words } = await fault.play(story);
      display.say(`${right ? "RIGHT" : "WRONG"}: ${words}`);
      wrong ||= !right;
      if (wrong || fault.ends) return false;
    }
    return true;
  }

  async function play(): Promise<boolean> {
    if (!(await faultsAt("material"))) return false;
    if (!(await printGuide(story))) return false;
    await toTheStation(story);
    if (chosen.some(({ stage }) => stage === "end")) await backUp(story);
    for (const step of ["clean-dry", "press-sleeves", "measure"] as const) {
      if (!(await faultsAt(step))) return false;
      await finishStep(story, step);
    }
    if (!(await faultsAt("label"))) return false;
    await labelAndHandOver(story);
    await releaseDevice(story);
    await withCentral(story);
    return faultsAt("end");
  }

  return { play, wrong: () => wrong };
}
