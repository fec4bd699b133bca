/** Counts of what was found and what was alarmed, pooled from several runs, with exact intervals, as tables. */

/** One clean layer. */
export interface CleanRow {
  readonly kind: "clean";
  readonly part: string;
  readonly colour: string;
  readonly layer: number;
  readonly residual: boolean;
  readonly network: boolean;
  /** The verdict was not `pass`. */
  readonly held: boolean;
  readonly why: string;
}

/** Who found a fault: each as it would have been without the other two. */
export interface Who {
  readonly residual: boolean;
  readonly network: boolean;
  readonly held: boolean;
}

/** One planted fault. */
export interface FaultRow {
  readonly kind: "fault";
  readonly part: string;
  readonly colour: string;
  readonly layer: number;
  readonly fault: string;
  /** In the layer where it began, and in that one or the next. */
  readonly first: Who;
  readonly second: Who;
}

export type Row = CleanRow | FaultRow;

/** Exact 95 % interval of a share (Clopper and Pearson, Biometrika 26, 1934), by bisection of the binomial sum. */
export function interval(hits: number, all: number): readonly [low: number, high: number] {
  const atMost = (k: number, p: number): number => {
    // In logarithms: the first term of many trials is smaller than any number.
    let [sum, term] = [0, all * Math.log1p(-p)];
    for (let i = 0; i <= k; i++) {
      sum += Math.exp(term);
      term += Math.log(((all - i) / (i + 1)) * (p / (1 - p)));
    }
    return sum;
  };
  const solve = (tooLow: (p: number) => boolean): number => {
    let [low, high] = [0, 1];
    for (let i = 0; i < 50; i++) {
      const middle = (low + high) / 2;
      if (tooLow(middle)) low = middle;
      else high = middle;
    }
    return low;
  };
  return [
    hits === 0 ? 0 : solve((p) => 1 - atMost(hits - 1, p) < 0.025),
    hits === all ? 1 : solve((p) => atMost(hits, p) > 0.025),
  ];
}

function share(hits: number, all: number): string {
  const [low, high] = interval(hits, all);
  return `${hits}/${all} (${(100 * low).toFixed(hits === 0 ? 0 : 1)}-${(100 * high).toFixed(1)} %)`;
}

function groups<T>(rows: readonly T[], key: (row: T) => string): [string, T[]][] {
  const found = new Map<string, T[]>();
  for (const row of rows) found.set(key(row), [...(found.get(key(row)) ?? []), row]);
  return [...found];
}

/** Prints the tables of clean layers and of faults. */
export function tablesOf(rows: readonly Row[]): string {
  const clean = rows.filter((r) => r.kind === "clean");
  const faults = rows.filter((r) => r.kind === "fault");
  return [...cleanTable(clean), "", ...faultTable(faults), "", ...hardest(faults)].join("\n");
}

function cleanTable(rows: readonly CleanRow[]): string[] {
  const line = (name: string, some: readonly CleanRow[]): string => {
    const count = (test: (r: CleanRow) => boolean): string => share(some.filter(test).length, some.length);
    return `| ${name} | ${count((r) => r.residual)} | ${count((r) => r.network)} | ${count((r) => r.held)} |`;
  };
  return [
    "| clean layers | residual alone alarms | network alone alarms | held |",
    "| --- | --- | --- | --- |",
    ...groups(rows, (r) => r.colour).map(([colour, some]) => line(colour, some)),
    ...groups(
      rows.filter((r) => r.colour !== "red"),
      (r) => r.part,
    ).map(([part, some]) => line(`part ${part}, without red`, some)),
    line(
      "**all without red**",
      rows.filter((r) => r.colour !== "red"),
    ),
  ];
}

function faultTable(rows: readonly FaultRow[]): string[] {
  const line = (name: string, some: readonly FaultRow[]): string => {
    const count = (test: (r: FaultRow) => boolean): number => some.filter(test).length;
    const all = some.length;
    const one = [count((r) => r.first.residual), count((r) => r.first.network)];
    const two = [count((r) => r.second.residual), count((r) => r.second.network)];
    const held = [count((r) => r.first.held), count((r) => r.second.held)];
    return `| ${name} | ${all} | ${one[0]} | ${one[1]} | ${share(held[0]!, all)} | ${two[0]} | ${two[1]} | ${share(held[1]!, all)} |`;
  };
  return [
    "| fault | n | residual, 1 layer | network, 1 layer | held in its layer | residual, 2 layers | network, 2 layers | held within two |",
    "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ...groups(rows, (r) => r.fault).map(([fault, some]) => line(fault, some)),
    line("**all**", rows),
  ];
}

/** How the shares differ between parts and colours. */
function hardest(rows: readonly FaultRow[]): string[] {
  const line = ([name, some]: readonly [string, FaultRow[]]): string =>
    `| ${name} | ${share(some.filter((r) => r.first.held).length, some.length)} | ${share(some.filter((r) => r.second.held).length, some.length)} |`;
  return [
    "| faults of all classes by | held in their layer | held within two |",
    "| --- | --- | --- |",
    ...groups(rows, (r) => `part ${r.part}`).map(line),
    ...groups(rows, (r) => r.colour).map(line),
  ];
}
