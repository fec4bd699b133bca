/** Whether somebody has proven to stand at the cell, live, and what to do for it. */
import { cell, job, now } from "../store.ts";

/** True while the proof for this job can be used. */
export function isPresent(): boolean {
  const proof = job.value?.presence;
  return proof !== null && proof !== undefined && now.value <= proof.until;
}

/** The panel beside a press-and-hold. */
export function Presence() {
  const proof = job.value?.presence;
  const device = cell.value?.presence;
  const left = proof ? Math.ceil(Math.min(proof.until - now.value, proof.until - proof.at) / 1000) : 0;
  const waiting = device?.scanned !== null && device?.scanned !== undefined;
  const mine = device?.scanned === job.value?.id;
  const state = isPresent() ? "good" : device?.online ? "wait" : "bad";
  return (
    <section class={`panel presence ${state}`}>
      <h2>You at the cell</h2>
      <p class="big">
        {isPresent()
          ? "✓ Presence proven"
          : waiting
            ? mine
              ? "Now press the enable button"
              : "✕ Code of another job"
            : "Not proven yet"}
      </p>
      <p>
        {isPresent()
          ? `It can be used once, for ${left} s.`
          : device?.online
            ? "1. Scan the code on this job's sheet. 2. Press the enable button within 10 s."
            : "The device with scanner and enable button is not heard. Check its cable."}
      </p>
      {isPresent() || !device?.online ? null : <p class="quiet">Device: {device.what}</p>}
    </section>
  );
}
