/** Parts for slicers, made of triangles: plates, pins, tubes, spheres, arches, islands; all stand on z = 0, within 60 mm. */

type Point = readonly [number, number, number];
type Triangle = readonly [Point, Point, Point];

export interface Part {
  readonly name: string;
  /** Too low to stand on a raft. */
  readonly flat: boolean;
  readonly triangles: readonly Triangle[];
}

function quad(a: Point, b: Point, c: Point, d: Point): Triangle[] {
  return [
    [a, b, c],
    [a, c, d],
  ];
}

function box(x: number, y: number, z: number, w: number, d: number, h: number): Triangle[] {
  const at = (i: number, j: number, k: number): Point => [x + i * w, y + j * d, z + k * h];
  return [
    ...quad(at(0, 0, 0), at(0, 1, 0), at(1, 1, 0), at(1, 0, 0)),
    ...quad(at(0, 0, 1), at(1, 0, 1), at(1, 1, 1), at(0, 1, 1)),
    ...quad(at(0, 0, 0), at(1, 0, 0), at(1, 0, 1), at(0, 0, 1)),
    ...quad(at(1, 0, 0), at(1, 1, 0), at(1, 1, 1), at(1, 0, 1)),
    ...quad(at(1, 1, 0), at(0, 1, 0), at(0, 1, 1), at(1, 1, 1)),
    ...quad(at(0, 1, 0), at(0, 0, 0), at(0, 0, 1), at(0, 1, 1)),
  ];
}

/** A body of revolution: `profile` is (radius, height) from the bottom's middle to the top's. */
function lathe(cx: number, cy: number, profile: readonly (readonly [number, number])[], sides = 48): Triangle[] {
  const point = (r: number, z: number, n: number): Point => {
    const angle = (2 * Math.PI * n) / sides;
    return [cx + r * Math.cos(angle), cy + r * Math.sin(angle), z];
  };
  const triangles: Triangle[] = [];
  for (let k = 0; k + 1 < profile.length; k++) {
    const [[r0, z0], [r1, z1]] = [profile[k]!, profile[k + 1]!];
    for (let n = 0; n < sides; n++) {
      const [a, b] = [point(r0, z0, n), point(r0, z0, n + 1)];
      const [c, d] = [point(r1, z1, n + 1), point(r1, z1, n)];
      if (r0 > 0) triangles.push([a, b, c]);
      if (r1 > 0) triangles.push([a, c, d]);
    }
  }
  return triangles;
}

/** An upright ring: outer and inner wall, bottom and top. */
function tube(cx: number, cy: number, outer: number, inner: number, height: number): Triangle[] {
  return lathe(cx, cy, [
    [inner, 0],
    [outer, 0],
    [outer, height],
    [inner, height],
    [inner, 0],
  ]);
}

/** A star or any prism from its corners, counter-clockwise around the middle. */
function prism(corners: readonly (readonly [number, number])[], height: number): Triangle[] {
  const middle = corners.reduce<[number, number]>(
    ([x, y], [a, b]) => [x + a / corners.length, y + b / corners.length],
    [0, 0],
  );
  return corners.flatMap(([x, y], n) => {
    const [u, v] = corners[(n + 1) % corners.length]!;
    return [
      [
        [middle[0], middle[1], 0],
        [u, v, 0],
        [x, y, 0],
      ],
      [
        [middle[0], middle[1], height],
        [x, y, height],
        [u, v, height],
      ],
      ...quad([x, y, 0], [u, v, 0], [u, v, height], [x, y, height]),
    ] as Triangle[];
  });
}

const ring = (count: number, radius: (n: number) => number): (readonly [number, number])[] =>
  Array.from({ length: count }, (_, n) => {
    const angle = (2 * Math.PI * n) / count;
    return [radius(n) * Math.cos(angle), radius(n) * Math.sin(angle)] as const;
  });
const half = (count: number, r: number, up: number): (readonly [number, number])[] =>
  Array.from({ length: count + 1 }, (_, n) => [
    r * Math.sin((Math.PI * n) / count),
    up - r * Math.cos((Math.PI * n) / count),
  ]);

const make = (name: string, triangles: readonly Triangle[], flat = false): Part => ({ name, flat, triangles });

export const parts: readonly Part[] = [
  make("plate", box(0, 0, 0, 56, 36, 3)),
  make("cube", box(0, 0, 0, 20, 20, 20)),
  make("thin-wall", box(0, 0, 0, 40, 0.9, 12)),
  make("one-layer", box(0, 0, 0, 30, 30, 0.2), true),
  make(
    "pins",
    Array.from({ length: 9 }, (_, n) =>
      lathe(
        8 * (n % 3),
        8 * Math.floor(n / 3),
        [
          [0, 0],
          [1.5, 0],
          [1.5, 10],
          [0, 10],
        ],
        16,
      ),
    ).flat(),
  ),
  make("islands", [...box(0, 0, 0, 12, 12, 6), ...box(30, 0, 0, 12, 12, 9), ...box(15, 25, 0, 12, 12, 3)]),
  make(
    "cylinder",
    lathe(0, 0, [
      [0, 0],
      [12, 0],
      [12, 15],
      [0, 15],
    ]),
  ),
  make(
    "cone",
    lathe(0, 0, [
      [0, 0],
      [15, 0],
      [0, 20],
    ]),
  ),
  make("sphere", lathe(0, 0, half(24, 12, 12))),
  make("dome-upside-down", lathe(0, 0, [...half(24, 15, 15).slice(0, 13), [0, 15]])),
  make("tube", tube(0, 0, 12, 8, 14)),
  make("sleeve-guide", [...box(-28, -18, 0, 56, 36, 4), ...tube(-12, 0, 6, 3.2, 12), ...tube(12, 0, 6, 3.2, 12)]),
  make("stairs", Array.from({ length: 6 }, (_, n) => box(0, 6 * n, 0, 20, 6.01, 2 * (n + 1))).flat()),
  make("arch", [...box(0, 0, 0, 6, 12, 15), ...box(30, 0, 0, 6, 12, 15), ...box(0, 0, 15, 36, 12, 3)]),
  make("overhang", [...box(0, 0, 0, 10, 20, 12), ...box(0, 0, 12, 30, 20, 3)]),
  make(
    "star",
    prism(
      ring(10, (n) => (n % 2 === 0 ? 16 : 7)),
      8,
    ),
  ),
  make(
    "hexagon",
    prism(
      ring(6, () => 14),
      5,
    ),
  ),
  make("comb", [
    ...box(0, 0, 0, 50, 6, 4),
    ...Array.from({ length: 12 }, (_, n) => box(n * 4.2, 6, 0, 1.2, 14, 4)).flat(),
  ]),
  make("tiny", box(0, 0, 0, 3, 3, 3)),
  make(
    "hourglass",
    lathe(0, 0, [
      [0, 0],
      [12, 0],
      [3, 12],
      [12, 24],
      [0, 24],
    ]),
  ),
];

/** The part as STL, in text: some slicers take a small binary file for a text. */
export function stlOf({ name, triangles }: Part): string {
  const facets = triangles.map(
    (corners) =>
      `facet normal 0 0 0\nouter loop\n${corners.map((point) => `vertex ${point.map((each) => each.toFixed(6)).join(" ")}`).join("\n")}\nendloop\nendfacet`,
  );
  return `solid ${name}\n${facets.join("\n")}\nendsolid ${name}\n`;
}
