/** Hotend and bed: heat in, heat out, a controller, a noisy sensor, and the firmware's thermal protection. */

export type HeaterName = "hotend" | "bed";

/** Lumped thermal mass of a heater: C dT/dt = P duty - h (T - room). */
interface HeaterPhysics {
  /** J/K */
  readonly capacity: number;
  /** W */
  readonly power: number;
  /** W/K */
  readonly loss: number;
  /** Duty per degree of error. */
  readonly gain: number;
  /** Thermal protection (Marlin's defaults): a rise of `watchRise` degC within `watchS`, and no more than `sag` degC
   * below a once reached target for longer than `runawayS`. Seconds of machine time. */
  readonly watchS: number;
  readonly watchRise: number;
  readonly runawayS: number;
  readonly sag: number;
  readonly maximum: number;
}

const roomCelsius = 22;

const physics: Record<HeaterName, HeaterPhysics> = {
  hotend: {
    capacity: 14,
    power: 40,
    loss: 0.11,
    gain: 0.12,
    watchS: 40,
    watchRise: 2,
    runawayS: 40,
    sag: 4,
    maximum: 275,
  },
  bed: {
    capacity: 420,
    power: 200,
    loss: 1.3,
    gain: 0.25,
    watchS: 60,
    watchRise: 2,
    runawayS: 20,
    sag: 2,
    maximum: 150,
  },
};

/** What a broken heater does: gives no heat, or its sensor has fallen off and cools. */
export type HeaterDefect = "no-power" | "loose-sensor";

interface Heater {
  readonly physics: HeaterPhysics;
  target: number;
  actual: number;
  sensed: number;
  reading: number;
  duty: number;
  defect: HeaterDefect | null;
  reached: boolean;
  /** Machine seconds left to show a rise, and the temperature that shows it; null when not watching. */
  watch: { leftS: number; until: number } | null;
  sagS: number;
}

const stepS = 0.1;

function coldHeater(of: HeaterPhysics): Heater {
  return {
    physics: of,
    target: 0,
    actual: roomCelsius,
    sensed: roomCelsius,
    reading: roomCelsius,
    duty: 0,
    defect: null,
    reached: false,
    watch: null,
    sagS: 0,
  };
}

/** Why the protection shut the machine down. */
export interface ThermalTrip {
  readonly heater: HeaterName;
  readonly what: "Heating failed" | "Thermal Runaway" | "MAXTEMP triggered";
}

/** Replaces the sensors, for replaying recorded temperatures; degC at a real time. */
export type RecordedSensor = (heater: HeaterName, nowMs: number) => number;

/** Both heaters with their sensors; survives a reset of the firmware, as hot metal does. */
export class Thermal {
  readonly #heaters = { hotend: coldHeater(physics.hotend), bed: coldHeater(physics.bed) };
  readonly #random: () => number;
  readonly #recorded: RecordedSensor | null;
  #restS = 0;

  constructor(random: () => number, recorded: RecordedSensor | null) {
    this.#random = random;
    this.#recorded = recorded;
  }

  /** Lets `seconds` of machine time pass, ending at real time `nowMs`; returns the first protection that trips. */
  advance(seconds: number, nowMs: number): ThermalTrip | null {
    if (this.#recorded !== null) return this.#sampleRecorded(this.#recorded, nowMs);
    this.#restS += seconds;
    let trip: ThermalTrip | null = null;
    while (this.#restS >= stepS) {
      this.#restS -= stepS;
      for (const name of ["hotend", "bed"] as const) {
        const heater = this.#heaters[name];
        heat(heater, this.#random());
        trip ??= protect(name, heater);
      }
    }
    return trip;
  }

  #sampleRecorded(recorded: RecordedSensor, nowMs: number): null {
    for (const name of ["hotend", "bed"] as const) {
      const heater = this.#heaters[name];
      heater.actual = recorded(name, nowMs);
      heater.reading = heater.actual;
      heater.duty = heater.target > heater.reading + 8 ? 1 : 0;
    }
    return null;
  }

  /** Sets a target in degC and starts the watch that Marlin starts. */
  setTarget(name: HeaterName, target: number): void {
    const heater = this.#heaters[name];
    heater.target = target;
    heater.reached = false;
    heater.sagS = 0;
    if (target <= 0) heater.duty = 0;
    const rising = target > heater.reading + heater.physics.watchRise + 1;
    heater.watch = rising ? { leftS: heater.physics.watchS, until: heater.reading + heater.physics.watchRise } : null;
  }

  /** The sensor's value in degC. */
  reading(name: HeaterName): number {
    return this.#heaters[name].reading;
  }

  /** The true temperature in degC, which the firmware does not know. */
  actual(name: HeaterName): number {
    return this.#heaters[name].actual;
  }

  target(name: HeaterName): number {
    return this.#heaters[name].target;
  }

  /** 0 to 127, as `@:` shows it. */
  power(name: HeaterName): number {
    return Math.round(this.#heaters[name].duty * 127);
  }

  /** True while any heater has a target. */
  get heating(): boolean {
    return this.#heaters.hotend.target > 0 || this.#heaters.bed.target > 0;
  }

  allOff(): void {
    for (const name of ["hotend", "bed"] as const) this.setTarget(name, 0);
  }

  setDefect(name: HeaterName, defect: HeaterDefect | null): void {
    this.#heaters[name].defect = defect;
  }
}

function heat(heater: Heater, random: number): void {
  const { capacity, power, loss, gain } = heater.physics;
  const error = heater.target - heater.reading;
  const hold = (loss * (heater.target - roomCelsius)) / power;
  heater.duty = heater.target <= 0 ? 0 : Math.min(1, Math.max(0, hold + gain * error));
  const heatIn = heater.defect === "no-power" ? 0 : power * heater.duty;
  heater.actual += ((heatIn - loss * (heater.actual - roomCelsius)) / capacity) * stepS;
  const felt = heater.defect === "loose-sensor" ? roomCelsius : heater.actual;
  const lag = heater.defect === "loose-sensor" ? 0.02 : 1;
  heater.sensed += (felt - heater.sensed) * lag;
  heater.reading = heater.sensed + (random - 0.5) * 0.24;
}

function protect(name: HeaterName, heater: Heater): ThermalTrip | null {
  if (heater.reading > heater.physics.maximum) return { heater: name, what: "MAXTEMP triggered" };
  if (heater.target <= 0) return null;
  if (heater.watch !== null) {
    heater.watch.leftS -= stepS;
    if (heater.reading >= heater.watch.until) heater.watch = nextWatch(heater);
    else if (heater.watch.leftS <= 0) return { heater: name, what: "Heating failed" };
  }
  if (heater.reading >= heater.target - 1) heater.reached = true;
  const sags = heater.reached && heater.reading < heater.target - heater.physics.sag;
  heater.sagS = sags ? heater.sagS + stepS : 0;
  return heater.sagS > heater.physics.runawayS ? { heater: name, what: "Thermal Runaway" } : null;
}

function nextWatch(heater: Heater): { leftS: number; until: number } | null {
  const { watchS, watchRise } = heater.physics;
  const until = heater.reading + watchRise;
  return until >= heater.target - 1 ? null : { leftS: watchS, until };
}
