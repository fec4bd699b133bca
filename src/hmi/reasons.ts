/** Every reason that can be given at the panel: a code asks for it, its words go into the record, and nothing else does. */
import type { NonconformityCause } from "../jobs/event.ts";
import { assert } from "../kernel/assert.ts";
import type { Phrase } from "./api.ts";

/**
 * The record is never rewritten, so no text that somebody typed may reach it: it could hold a patient's name.
 * A phrase that was once used keeps its code and its words.
 */
export const reasons = {
  hold: {
    "held-at-panel": "Held at the panel.",
  },
  stop: {
    "stopped-at-panel": "Stopped at the panel.",
  },
  cancel: {
    "not-needed": "The device is not needed any more.",
    "order-wrong": "The order is wrong.",
    "order-again": "A new order takes its place.",
  },
  scrap: {
    "real-defect": "The finding is a real defect.",
    "not-known": "It cannot be known whether the part is good.",
  },
  concession: {
    "picture-misleads": "The picture misleads: the layer is whole.",
    "does-not-matter": "The finding does not matter for the use of this device.",
    "found-whole": "Looked at again: the layer is whole.",
  },
  "found-bad": {
    "seen-in-picture": "Seen in the picture of the layer.",
    "seen-on-part": "Seen or measured on the part.",
  },
  rework: {
    "harmless-again": "The step can be done again without harm to the part.",
    "measured-wrongly": "The measurement itself is in doubt.",
    "label-replaced": "A new label takes the place of the wrong one.",
  },
} as const satisfies Record<
  "hold" | "stop" | "cancel" | "scrap" | "concession" | "found-bad" | "rework",
  Readonly<Record<string, string>>
>;

type Catalogue = typeof reasons;
/** What a reason can be given for. */
export type Occasion = keyof Catalogue;
/** The codes of an occasion. */
export type ReasonCode<Of extends Occasion> = Of extends Occasion ? keyof Catalogue[Of] & string : never;

/** The codes of an occasion, for the schema that refuses every other. */
export function codesOf<Of extends Occasion>(occasion: Of): readonly ReasonCode<Of>[] {
  return Object.keys(reasons[occasion]) as ReasonCode<Of>[];
}

/** The words of a code. */
export function wordsOf<Of extends Occasion>(occasion: Of, code: ReasonCode<Of>): string {
  const words: Readonly<Record<string, string>> = reasons[occasion];
  const found = words[code];
  assert(found !== undefined, `no words for ${occasion} ${code}`);
  return found;
}

/** Reasons that make sense for one kind of cause only: about the picture of a layer, or about a label. */
const onlyFor: Readonly<Record<string, readonly NonconformityCause[]>> = {
  "picture-misleads": ["layer-failed"],
  "found-whole": ["layer-found-bad"],
  "label-replaced": ["label-mismatch"],
};
/** And those that make none for a label. */
const notForLabels: ReadonlySet<string> = new Set(["harmless-again", "measured-wrongly"]);

/** The choice that the page offers for a nonconformity of this cause. */
export function phrasesFor(occasion: Occasion, cause: NonconformityCause): readonly Phrase[] {
  return Object.entries(reasons[occasion])
    .filter(([code]) => onlyFor[code]?.includes(cause) ?? !(cause === "label-mismatch" && notForLabels.has(code)))
    .map(([code, words]) => ({ code, words }));
}
