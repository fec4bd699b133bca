/** How much evidence waits for central QA, and since when; nothing where none is sent. */
import { cell } from "../store.ts";
import { stamp } from "../words.ts";

export function EvidenceLine() {
  const evidence = cell.value?.evidenceToQa;
  if (!evidence || evidence.state === "off") return null;
  const since = evidence.oldestAt === null ? "" : ` The oldest is of ${stamp(evidence.oldestAt)}.`;
  return (
    <p class={evidence.alarm ? "abnormal" : "quiet"} data-evidence={evidence.waiting}>
      {evidence.what}
      {since}
    </p>
  );
}
