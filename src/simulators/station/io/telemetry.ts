/** Everything of the station that is read rather than called: fixture, sensors, heartbeat. */
import { DataType, type Namespace, StatusCodes, type UAObject, type UAVariable, type Variant } from "node-opcua";
import type { HeartbeatType, Station } from "../station.ts";
import { engineeringUnits, scalar } from "./variants.ts";

/** Makes the variables under `machine`; the returned function shows the values of now. */
export function installTelemetry(own: Namespace, machine: UAObject, station: Station, clock: () => number): () => void {
  const group = (name: string): UAObject => own.addObject({ browseName: name, componentOf: machine });
  const shows: (() => void)[] = [];
  const live = (variable: UAVariable, value: () => Variant): void => {
    let last: unknown = Symbol("nothing yet");
    shows.push(() => {
      const next = value();
      if (next.value === last) return;
      last = next.value;
      variable.setValueFromSource(next);
    });
  };
  const plain = (of: UAObject, name: string, dataType: DataType, value: () => unknown): void =>
    live(own.addVariable({ browseName: name, componentOf: of, dataType, accessLevel: "CurrentRead" }), () =>
      scalar(dataType, value()),
    );
  const analog = (of: UAObject, name: string, unit: string, range: [number, number], value: () => number): void => {
    const units = engineeringUnits(unit)!;
    const variable = own.addAnalogDataItem({
      browseName: name,
      componentOf: of,
      dataType: "Double",
      engineeringUnits: units,
      engineeringUnitsRange: { low: range[0], high: range[1] },
      accessLevel: "CurrentRead",
      minimumSamplingInterval: 100,
    });
    live(variable as unknown as UAVariable, () => scalar(DataType.Double, Math.round(value() * 100) / 100));
  };
  const fixture = group("Fixture");
  plain(fixture, "PartPresent", DataType.Boolean, () => station.partTag() !== null);
  plain(fixture, "PartTag", DataType.String, () => station.partTag() ?? "");
  const press = group("Press");
  analog(press, "Force_N", "N", [0, 2000], () => station.plant.force_N);
  analog(press, "Stroke_mm", "mm", [0, 60], () => station.plant.stroke_mm);
  analog(group("Dryer"), "Temperature_C", "C", [0, 120], () => station.plant.dryer_C);
  analog(group("Washer"), "Temperature_C", "C", [0, 120], () => station.plant.washer_C);
  plain(group("Door"), "Closed", DataType.Boolean, () => station.doorClosed());

  const heartbeat = group("Heartbeat");
  const count = own.addVariable({
    browseName: "Controller",
    componentOf: heartbeat,
    dataType: station.heartbeatType,
    accessLevel: "CurrentRead | CurrentWrite",
    userAccessLevel: "CurrentRead | CurrentWrite",
  });
  // Only a number that changes is a sign of life: a stuck client that repeats its last write has none.
  let last: Variant = firstOf(station.heartbeatType);
  count.bindVariable(
    {
      get: () => last,
      set: (value: Variant) => {
        if (station.faults.find("sign-of-life-refused") !== null) return StatusCodes.BadUserAccessDenied;
        if (String(value.value) !== String(last.value)) station.beat(clock());
        last = value;
        return StatusCodes.Good;
      },
    },
    true,
  );
  let beats = 0;
  plain(heartbeat, "Station", DataType.UInt32, () => ++beats);
  plain(heartbeat, "Lost", DataType.Boolean, () => station.heartbeatLost());
  plain(heartbeat, "TimeoutMs", DataType.UInt32, () => station.heartbeatMs);
  return () => shows.forEach((show) => void show());
}

/** What stands there before anybody was seen. */
function firstOf(type: HeartbeatType): Variant {
  if (type === "Boolean") return scalar(DataType.Boolean, false);
  if (type === "UInt64") return scalar(DataType.UInt64, [0, 0]);
  return type === "String" ? scalar(DataType.String, "") : scalar(DataType[type], 0);
}
