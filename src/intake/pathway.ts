/** Regulatory pathways as data: what an order has to say on each (features 5 and 6); the software certifies nothing. */
import type { Pathway } from "../jobs/pathway.ts";
import type { PackageOrder } from "./package/statement.ts";

type Demand = keyof PackageOrder["prescription"];

/** Where nothing is demanded, the device is for no patient. */
const demands: Readonly<Record<Pathway, readonly Demand[]>> = {
  /** Regulation (EU) 2017/745, Article 2(3) and Annex XIII section 1: prescriber and characteristics by prescription. */
  "eu-custom-made": ["prescriber", "characteristics", "deviceClass", "implantable"],
  /** Regulation (EU) 2017/745, Article 5(5); excludes the one above, because an order has one pathway. */
  "eu-in-house": ["deviceClass", "implantable"],
  /** 21 CFR 801.109: by or on the order of a licensed practitioner. */
  "us-patient-matched": ["prescriber", "implantable"],
  /** In-house manufacture in Great Britain, Medical Devices Regulations 2002. */
  "gb-in-house": ["deviceClass", "implantable"],
  /** Singapore, Health Products (Medical Devices) Regulations 2010: a practitioner's request with the characteristics. */
  "sg-custom-made": ["prescriber", "characteristics", "deviceClass"],
  "model-only": [],
  demonstration: [],
};

const titles: Readonly<Record<Demand, string>> = {
  prescriber: "the prescriber (prescription.prescriber)",
  characteristics: "the prescribed characteristics (prescription.characteristics)",
  deviceClass: "the device class (prescription.deviceClass)",
  implantable: "whether it is implanted (prescription.implantable)",
};

/** What the order lacks on its pathway, as a sentence that names each; null where nothing is missing. */
export function pathwayProblem({ id, pathway, prescription }: Pick<PackageOrder, "id" | "pathway" | "prescription">) {
  const missing = demands[pathway].filter((demand) => prescription[demand] === null).map((demand) => titles[demand]);
  return missing.length === 0
    ? null
    : `Order ${id} does not say ${missing.join(", ")}: the pathway ${pathway} demands it.`;
}
