/** Small makers of OPC UA values: variants, texts, engineering units, 64-bit numbers. */
import {
  coerceLocalizedText,
  type DataType,
  type EUInformation,
  type LocalizedText,
  makeEUInformation,
  Variant,
  VariantArrayType,
} from "node-opcua";

/** A scalar; the array type is always said, since node-opcua takes a 64-bit pair for an array otherwise. */
export function scalar(dataType: DataType, value: unknown): Variant {
  return new Variant({ dataType, arrayType: VariantArrayType.Scalar, value });
}

/** A one-dimensional array. */
export function arrayOf(dataType: DataType, value: readonly unknown[]): Variant {
  return new Variant({ dataType, arrayType: VariantArrayType.Array, value: [...value] });
}

/** English text. */
export function text(words: string): LocalizedText {
  return coerceLocalizedText({ locale: "en", text: words })!;
}

/** An unsigned 64-bit number as node-opcua holds it: high and low word. */
export function uint64(value: bigint): [number, number] {
  return [Number(value >> 32n), Number(value & 0xffffffffn)];
}

/** UNECE units of what the station measures. */
export function engineeringUnits(unit: string): EUInformation | null {
  switch (unit) {
    case "C":
      return makeEUInformation("CEL", "°C", "degree Celsius");
    case "s":
      return makeEUInformation("SEC", "s", "second");
    case "N":
      return makeEUInformation("NEW", "N", "newton");
    case "mm":
      return makeEUInformation("MMT", "mm", "millimetre");
    default:
      return null;
  }
}
