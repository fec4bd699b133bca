"""Writes drill-guide.stl: a patient-specific surgical drill guide whose underside follows a bone surface.

The geometry is analytic and parametric, so that every run gives the same bytes. The bone is a smooth synthetic ridge
(an alveolar crest with a bulge and a dip); the guide is a saddle over it with a flat rim to stand on, two collars with
counterbored seats for 5 mm metal drill sleeves, a wing that overhangs at 45 degrees, and a notch that marks the
patient's left. Only the Python standard library is used. Units are millimetres, origin at the guide's centre.
"""

import math
import struct
import sys

LENGTH, WIDTH = 56.0, 36.0  # outer contour: a superellipse, so that no corner is sharp
HEIGHT = 12.4  # 62 layers of 0.2 mm
SLEEVES = ((-12.0, 1.5), (12.0, -1.0))  # implant positions in the plane
BORE_R, SEAT_R, COLLAR_R = 1.6, 2.55, 5.2  # pilot drill, 5 mm sleeve with 0.05 mm clearance, collar
SEAT_Z = 7.4  # the sleeve stands on this shelf, 5 mm deep
WING_X, WING_Z = 23.5, 6.0  # from here outward (+x) the underside rises at 45 degrees
PITCH = 1.0  # of the triangle grid before it is cut along the contours


def bone(x, y):
    """Height of the bone's surface: a ridge along x that bends, with one bulge and one dip."""
    crest = 0.9 * math.sin(x / 9.0)
    ridge = 5.6 * math.exp(-(((y - crest) / 9.0) ** 2)) * math.exp(-((x / 20.0) ** 8))
    bulge = 0.8 * math.exp(-(((x + 10.0) / 6.0) ** 2) - ((y - 3.0) / 5.0) ** 2)
    dip = -0.7 * math.exp(-(((x - 9.0) / 7.0) ** 2) - ((y + 2.0) / 6.0) ** 2)
    return ridge + bulge + dip - 1.6


def underside(x, y):
    """The rim stands on the plate; inside it the underside is the bone; the wing rises from the plate."""
    return max(0.0, bone(x, y), min(WING_Z, x - WING_X))


def shell(x, y):
    """Upper surface of the saddle: at least 3 mm over the bone, rounded toward the rim."""
    return 3.4 + 4.0 * math.exp(-((y / 12.0) ** 4)) * math.exp(-((x / 26.0) ** 8)) + max(0.0, min(4.6, x - WING_X)) * 0.55


def contour(x, y):
    """Negative inside the outline, zero on it."""
    return (abs(2 * x / LENGTH) ** 4 + abs(2 * y / WIDTH) ** 4) ** 0.25 - 1.0


def notch(x, y):
    """The side mark: a half-round taken out of the edge."""
    return 2.5 - math.hypot(x + 8.0, y - WIDTH / 2)


def circle(centre, radius):
    return lambda x, y: math.hypot(x - centre[0], y - centre[1]) - radius


class Mesh:
    """A planar triangle mesh that can be cut along level sets and stays conforming."""

    def __init__(self):
        nx, ny = int(LENGTH / PITCH / 2) + 2, int(WIDTH / PITCH / 2) + 2
        index, self.points, self.triangles = {}, [], []
        for j in range(-ny, ny + 1):
            for i in range(-nx, nx + 1):
                index[i, j] = len(self.points)
                self.points.append((i * PITCH + 0.013, j * PITCH + 0.017))
        for j in range(-ny, ny):
            for i in range(-nx, nx):
                a, b, c, d = index[i, j], index[i + 1, j], index[i + 1, j + 1], index[i, j + 1]
                self.triangles += [(a, b, c), (a, c, d)] if (i + j) % 2 else [(a, b, d), (b, c, d)]

    def cut(self, level):
        """Splits every triangle that the zero of `level` crosses; points close to it are moved onto it."""
        value = [level(*p) for p in self.points]
        sign = [0 if abs(v) < 1e-9 else (1 if v > 0 else -1) for v in value]
        on_edge = {}

        def crossing(a, b):
            key = (a, b) if a < b else (b, a)
            if key not in on_edge:
                (ax, ay), (bx, by) = self.points[key[0]], self.points[key[1]]
                low, high, negative = 0.0, 1.0, value[key[0]] < 0
                for _ in range(60):
                    mid = (low + high) / 2
                    if (level(ax + (bx - ax) * mid, ay + (by - ay) * mid) < 0) == negative:
                        low = mid
                    else:
                        high = mid
                t = min(0.98, max(0.02, (low + high) / 2))
                on_edge[key] = len(self.points)
                self.points.append((ax + (bx - ax) * t, ay + (by - ay) * t))
                sign.append(0)
                value.append(0.0)
            return on_edge[key]

        result = []
        for triangle in self.triangles:
            kinds = [sign[v] for v in triangle]
            if 1 not in kinds or -1 not in kinds:
                result.append(triangle)
                continue
            if 0 in kinds:
                k = kinds.index(0)
                a, b, c = triangle[k], triangle[(k + 1) % 3], triangle[(k + 2) % 3]
                m = crossing(b, c)
                result += [(a, b, m), (a, m, c)]
                continue
            lone = kinds.index(1) if kinds.count(1) == 1 else kinds.index(-1)
            a, b, c = triangle[lone], triangle[(lone + 1) % 3], triangle[(lone + 2) % 3]
            m, n = crossing(a, b), crossing(a, c)
            result += [(a, m, n), (m, b, c), (m, c, n)]
        self.triangles = result


def region_of(x, y):
    """None outside the body; else the names of the lower and the upper surface there."""
    if contour(x, y) > 0 or notch(x, y) > 0:
        return None
    for k, centre in enumerate(SLEEVES):
        r = math.hypot(x - centre[0], y - centre[1])
        if r < BORE_R:
            return None
        if r < SEAT_R:
            return "seat", k
        if r < COLLAR_R:
            return "collar", k
    return "shell", 0


def top(region, x, y):
    return {"seat": SEAT_Z, "collar": HEIGHT, "shell": min(HEIGHT - 2.0, shell(x, y))}[region[0]]


def solid(mesh):
    """Triangles of the closed body: both faces, and walls wherever faces end or step."""
    faces, edges = [], {}
    for a, b, c in mesh.triangles:
        centre = [sum(mesh.points[v][k] for v in (a, b, c)) / 3 for k in (0, 1)]
        region = region_of(*centre)
        if region is None:
            continue
        upper = [(*mesh.points[v], top(region, *mesh.points[v])) for v in (a, b, c)]
        lower = [(*mesh.points[v], underside(*mesh.points[v])) for v in (a, b, c)]
        faces += [tuple(upper), (lower[0], lower[2], lower[1])]
        for u, v in ((a, b), (b, c), (c, a)):
            edges[u, v] = region
    for (u, v), region in edges.items():
        p, q = mesh.points[u], mesh.points[v]
        other = edges.get((v, u))
        if other is not None and (other == region or top(other, *p) >= top(region, *p)):
            continue  # the higher side draws the step
        foot = (lambda s: underside(*s)) if other is None else (lambda s, o=other: top(o, *s))
        p0, q0 = (*p, foot(p)), (*q, foot(q))
        p1, q1 = (*p, top(region, *p)), (*q, top(region, *q))
        faces += [(p0, q0, q1), (p0, q1, p1)]
    return faces


def watertight(faces):
    """True where every edge is used once in each direction."""
    seen = {}
    for face in faces:
        for k in range(3):
            edge = (face[k], face[(k + 1) % 3])
            seen[edge] = seen.get(edge, 0) + 1
    return all(n == 1 and seen.get((b, a)) == 1 for (a, b), n in seen.items())


def write(path, faces):
    with open(path, "wb") as stl:
        stl.write(b"cellward drill guide, millimetres, not for human use".ljust(80, b" "))
        stl.write(struct.pack("<I", len(faces)))
        for a, b, c in faces:
            u, v = [b[k] - a[k] for k in range(3)], [c[k] - a[k] for k in range(3)]
            n = (u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], u[0] * v[1] - u[1] * v[0])
            size = math.sqrt(sum(x * x for x in n)) or 1.0
            stl.write(struct.pack("<12fH", *(x / size for x in n), *a, *b, *c, 0))


def main():
    mesh = Mesh()
    mesh.cut(contour)
    mesh.cut(notch)
    for centre in SLEEVES:
        for radius in (BORE_R, SEAT_R, COLLAR_R):
            mesh.cut(circle(centre, radius))
    faces = [tuple(tuple(struct.unpack("<f", struct.pack("<f", x))[0] for x in p) for p in f) for f in solid(mesh)]
    faces = [f for f in faces if len(set(f)) == 3]
    if not watertight(faces):
        sys.exit("the mesh is not watertight")
    write(sys.argv[1], faces)
    low = [min(p[k] for f in faces for p in f) for k in range(3)]
    high = [max(p[k] for f in faces for p in f) for k in range(3)]
    print(f"{len(faces)} triangles, {' x '.join(f'{h - l:.2f}' for l, h in zip(low, high))} mm, watertight")


main()
