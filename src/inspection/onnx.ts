/** An ONNX file read just far enough (onnx.proto3, IR version 7 and later) to know its inputs and outputs, and to refuse what no model here may hold. */

/** What a model may not hold. */
export interface OnnxProblem {
  readonly kind: "file" | "external" | "operators";
  /** To stand after "it is refused:". */
  readonly why: string;
}

/** An input or an output of the graph; a dimension that is no fixed number is 0. */
export interface OnnxPort {
  readonly name: string;
  readonly isFloat: boolean;
  readonly shape: readonly number[];
}

const allowedOperators = new Set([
  ...["Conv", "Relu", "Concat", "Resize", "Softmax", "Constant", "Identity", "Add", "Mul", "MaxPool", "Upsample"],
  ...["QuantizeLinear", "DequantizeLinear", "Cast", "Shape", "Slice", "Unsqueeze", "Floor", "Gather"],
]);

/** External tensors, foreign operator domains, functions, graphs within graphs and unknown operators; null where there is none. */
export function problemIn(bytes: Uint8Array): OnnxProblem | null {
  try {
    for (const model of fields(bytes)) {
      if (model.number === 25) return { kind: "operators", why: "it contains functions" };
      if (model.number !== 7) continue;
      for (const { number, body } of fields(model.body)) {
        const problem = number === 1 ? nodeProblem(body) : number === 5 || number === 15 ? tensorProblem(body) : null;
        if (problem !== null) return problem;
      }
    }
    return null;
  } catch {
    return { kind: "file", why: "its file is no ONNX model" };
  }
}

/** What goes into the network and what comes out; nothing where the file cannot be read. */
export function portsOf(bytes: Uint8Array): {
  readonly inputs: readonly OnnxPort[];
  readonly outputs: readonly OnnxPort[];
} {
  try {
    const graph = fields(bytes)
      .filter(({ number }) => number === 7)
      .flatMap(({ body }) => fields(body));
    const ports = (wanted: number) => graph.filter(({ number }) => number === wanted).map(({ body }) => portOf(body));
    return { inputs: ports(11), outputs: ports(12) };
  } catch {
    return { inputs: [], outputs: [] };
  }
}

/** ValueInfoProto: name 1, type 2; TypeProto: tensor 1; TypeProto.Tensor: element type 1, shape 2; Dimension: value 1. */
function portOf(info: Uint8Array): OnnxPort {
  const tensor = inside(inside(info, 2), 1);
  const dimensions = fields(inside(tensor, 2)).filter(({ number }) => number === 1);
  const name = fields(info).find(({ number }) => number === 1);
  return {
    name: text(name?.body ?? new Uint8Array()),
    isFloat: fields(tensor).some(({ number, value }) => number === 1 && value === 1),
    shape: dimensions.map(({ body }) => fields(body).find(({ number }) => number === 1)?.value ?? 0),
  };
}

function inside(message: Uint8Array, wanted: number): Uint8Array {
  return fields(message).find(({ number }) => number === wanted)?.body ?? new Uint8Array();
}

function nodeProblem(node: Uint8Array): OnnxProblem | null {
  for (const { number, body } of fields(node)) {
    if (number === 4 && !allowedOperators.has(text(body)))
      return { kind: "operators", why: `it uses the operator ${text(body).slice(0, 40)}` };
    if (number === 7 && text(body) !== "" && text(body) !== "ai.onnx")
      return { kind: "operators", why: "it uses custom operators" };
    const problem = number === 5 ? attributeProblem(body) : null;
    if (problem !== null) return problem;
  }
  return null;
}

/** AttributeProto: tensors 5 and 10, graphs 6 and 11. */
function attributeProblem(attribute: Uint8Array): OnnxProblem | null {
  for (const { number, body } of fields(attribute)) {
    if (number === 6 || number === 11) return { kind: "operators", why: "it contains a graph within its graph" };
    const problem = number === 5 || number === 10 ? tensorProblem(body) : null;
    if (problem !== null) return problem;
  }
  return null;
}

function tensorProblem(tensor: Uint8Array): OnnxProblem | null {
  const outside = fields(tensor).some(({ number, value }) => number === 13 || (number === 14 && value !== 0));
  return outside ? { kind: "external", why: "it keeps weights outside its file" } : null;
}

function text(body: Uint8Array): string {
  return new TextDecoder().decode(body);
}

interface Field {
  readonly number: number;
  /** Bytes of a length-delimited field, else empty. */
  readonly body: Uint8Array;
  /** Value of a varint field, else 0. */
  readonly value: number;
}

/** Fields of one protobuf message; throws on anything malformed. */
function fields(bytes: Uint8Array): Field[] {
  const found: Field[] = [];
  let at = 0;
  const varint = (): number => {
    let [value, scale] = [0, 1];
    for (let i = 0; i < 10; i++) {
      const byte = bytes[at++];
      if (byte === undefined) throw new RangeError("cut off");
      value += (byte & 127) * scale;
      scale *= 128;
      if (byte < 128) return value;
    }
    throw new RangeError("varint too long");
  };
  while (at < bytes.length) {
    const key = varint();
    const wire = key % 8;
    const number = Math.floor(key / 8);
    if (wire === 0) found.push({ number, body: new Uint8Array(), value: varint() });
    else {
      const length = wire === 2 ? varint() : wire === 1 ? 8 : wire === 5 ? 4 : Number.NaN;
      if (!(at + length <= bytes.length)) throw new RangeError("cut off");
      found.push({ number, body: bytes.subarray(at, at + length), value: 0 });
      at += length;
    }
  }
  return found;
}
