/** Central QA's decisions in virtual time: late, doubled, out of their order, expired; in the end everything is lifted. */
import type { CentralDecision, CentralTarget } from "../../src/jobs/central.ts";
import type { Message } from "../../src/jobs/message.ts";
import type { State } from "../../src/jobs/state.ts";
import { digest, epochMs, printerId, stationId } from "./orders.ts";
import type { Storm } from "./printer.ts";
import type { Random, VirtualTime } from "./time.ts";

export interface Central {
  /** Looks at what it knows of the cell, and lifts what is left when the storm is over. */
  visit(state: State): void;
}

export interface CentralWorld {
  readonly time: VirtualTime;
  readonly random: Random;
  readonly storm: Storm;
  /** Reaches the cell if it is there at that moment. */
  readonly say: (message: Message) => void;
}

const farFuture = 4_000_000_000_000;

/** Opens central QA, which marks the cell as a demonstration when it comes to it. */
export function createCentral({ time, random, storm, say }: CentralWorld): Central {
  const chance = (p: number) => random() < p * storm.strength;
  /** When central QA comes to mark the cell: at once, or after devices wait for it. */
  const marksMs = random() < 0.5 ? 0 : random() * 2_700_000;
  let number = 0;

  function send(action: CentralDecision["action"], target: CentralTarget, expires = farFuture): void {
    number += 1;
    const issuedAt = epochMs + Math.floor(time.elapsed());
    const reason = action === "lift" ? "cleared" : action === "hold" ? "audit" : "demonstration";
    const decision = { id: `D-${number}`, nonce: `c-${number}`, action, target, reason, issuedAt, expires } as const;
    const message = { kind: "central-decision", decision, envelope: digest(decision.id) } as const;
    const deliver = () => say(message);
    time.after(random() * (chance(0.4) ? 600_000 : 2_000), deliver);
    if (chance(0.5)) time.after(random() * 900_000, deliver);
    if (chance(0.3)) time.after(random() * 3_600_000, deliver);
  }

  function targetIn(state: State): CentralTarget {
    const lot = Object.keys(state.lots)[0] ?? "none";
    const targets: readonly CentralTarget[] = [
      { kind: "cell", id: "simulated" },
      { kind: "machine", id: printerId },
      { kind: "machine", id: stationId },
      { kind: "job", id: "J0" },
      { kind: "recipe", id: digest("recipe") },
      { kind: "model", id: digest("m") },
      { kind: "lot", id: lot },
    ];
    return targets[Math.floor(random() * targets.length)]!;
  }

  return {
    visit(state) {
      const { holds, demonstration, frozen } = state.central;
      if (!demonstration && time.elapsed() > marksMs && random() < 0.15)
        send("demonstration", { kind: "cell", id: "simulated" });
      if (chance(0.02)) hold(targetIn(state));
      if (chance(0.004)) say({ kind: "central-link", frozen: true, what: "Two histories are claimed." });
      if (frozen !== null && random() < 0.1) say({ kind: "central-link", frozen: false, what: "One history." });
      // Whatever got lost on the way: what still holds is lifted again.
      if (holds.length > 0 && random() < (storm.strength > 0 ? 0.05 : 0.5))
        for (const { target } of holds) send("lift", target);
    },
  };

  function hold(target: CentralTarget): void {
    const soon = epochMs + Math.floor(time.elapsed()) + Math.floor(random() * 120_000);
    send("hold", target, chance(0.3) ? soon : farFuture);
    const lifts = 60_000 + random() * 300_000;
    time.after(lifts, () => send("lift", target));
    // The next suspicion, hard on the heels of the last lift.
    if (chance(0.5)) time.after(lifts + random() * 120_000, () => send("hold", target));
  }
}
