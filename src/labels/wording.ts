/** What a label has to say by regulatory pathway, in plain words; the software prints it and certifies nothing. */
import type { Pathway } from "../jobs/pathway.ts";

/** What one pathway puts on the label. */
export interface Wording {
  /** Across the top in large letters; null for a device that is for its patient. */
  readonly warning: string | null;
  readonly sentences: readonly string[];
}

const sterilise = "Not sterile. Sterilise before use.";
const notUdi = "The code identifies this device; it is no UDI.";
const sameInstitution = "Only for use in the institution that made it.";

export const wordings = {
  /** Regulation (EU) 2017/745, Annex I 23.2 (p) and (q), Annex XIII; no UDI: Article 27(1). */
  "eu-custom-made": {
    warning: null,
    sentences: ["Custom-made device. Medical device. For this patient only.", sterilise, notUdi],
  },
  /** Regulation (EU) 2017/745, Article 5(5): not transferred to another legal entity. */
  "eu-in-house": {
    warning: null,
    sentences: [`In-house device, MDR Article 5(5). ${sameInstitution}`, sterilise, notUdi],
  },
  /** 21 CFR 801.109(b)(1) and 801.20: a cleared patient-matched device bears a UDI. */
  "us-patient-matched": { warning: null, sentences: ["Patient-matched device. Rx only.", sterilise] },
  /** In-house manufacture in Great Britain, Medical Devices Regulations 2002. */
  "gb-in-house": {
    warning: null,
    sentences: [`In-house device, Great Britain. ${sameInstitution}`, sterilise, notUdi],
  },
  /** Singapore, Health Products (Medical Devices) Regulations 2010, regulation 6. */
  "sg-custom-made": {
    warning: null,
    sentences: ["Custom-made medical device. For the sole use of this patient.", sterilise, notUdi],
  },
  "model-only": { warning: "MODEL - NOT FOR USE ON A PATIENT", sentences: [notUdi] },
  demonstration: { warning: "DEMONSTRATION - NOT FOR HUMAN USE", sentences: [sterilise, notUdi] },
} as const satisfies Record<Pathway, Wording>;

export const simulatedWarning = "SIMULATED - NOT FOR HUMAN USE";
