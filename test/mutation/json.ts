/** Mutations of JSON: members and items moved, doubled, of another kind; texts inside texts; and spellings that are not canonical. */
import { canonical, type Json } from "../../src/kernel/json.ts";
import { type Changed, mutateBytes } from "./bytes.ts";
import type { Chance } from "./chance.ts";
import { mutateNote } from "./notes.ts";

type Path = readonly (string | number)[];

/** One change of a JSON text: of a value inside (printed canonically again), or of its spelling. */
export function mutateJson(text: string, replays: readonly string[], chance: Chance): Changed<string> {
  if (chance.int(4) === 0) return respell(text, chance);
  const value = JSON.parse(text) as Json;
  const paths = pathsOf(value);
  const path = chance.of(paths);
  const { how, value: changed } = mutateAt(value, path, paths, replays, chance);
  return { how: `${path.join(".") || "top"}: ${how}`, value: print(changed) };
}

/** Canonical where it can be; else the engine's own text. */
function print(value: Json): string {
  try {
    return canonical(value);
  } catch {
    return JSON.stringify(value);
  }
}

function pathsOf(value: Json, at: Path = []): Path[] {
  if (value === null || typeof value !== "object") return [at];
  return [
    at,
    ...Object.entries(value).flatMap(([key, item]) => pathsOf(item, [...at, Array.isArray(value) ? Number(key) : key])),
  ];
}

function get(value: Json, path: Path): Json {
  return path.reduce<Json>((found, key) => (found as Record<string | number, Json>)[key] ?? null, value);
}

/** The value with what stands at `path` changed by `change`; what it gives as undefined is taken out. */
function edit(value: Json, path: Path, change: (old: Json) => Json | undefined): Json {
  const [key, ...rest] = path;
  if (key === undefined) return change(value) ?? null;
  if (Array.isArray(value)) {
    const [at, list] = [Number(key), value as readonly Json[]];
    const item = rest.length === 0 ? change(list[at] ?? null) : edit(list[at] ?? null, rest, change);
    return item === undefined ? list.toSpliced(at, 1) : list.with(at, item);
  }
  const members = { ...(value as Record<string, Json>) };
  const member = rest.length === 0 ? change(members[key] ?? null) : edit(members[key] ?? null, rest, change);
  if (member === undefined) delete members[key];
  else members[key] = member;
  return members;
}

function mutateAt(
  value: Json,
  path: Path,
  paths: readonly Path[],
  replays: readonly string[],
  chance: Chance,
): Changed<Json> {
  const put = (how: string, item: Json | undefined): Changed<Json> => ({ how, value: edit(value, path, () => item) });
  const old = get(value, path);
  const choice = chance.int(10);
  if (typeof old === "string" && choice < 6) {
    const { how, value: text } = mutateText(old, replays, chance);
    return put(how, text);
  }
  if (Array.isArray(old) && choice < 5) return put("its items otherwise", reordered(old as readonly Json[], chance));
  if (old !== null && typeof old === "object" && choice < 4)
    return put("its members otherwise", remembered(old as Record<string, Json>, chance));
  switch (choice) {
    case 6:
      return put("taken out", undefined);
    case 7: {
      const other = chance.of(paths);
      return put(`what stands at ${other.join(".") || "top"}`, get(value, other));
    }
    case 8: {
      const other = chance.of(paths.filter((each) => each.length === path.length));
      const there = get(value, other);
      return {
        how: `swapped with ${other.join(".")}`,
        value: edit(
          edit(value, path, () => there),
          other,
          () => old,
        ),
      };
    }
    default:
      return put(
        "of another kind",
        chance.of<Json>([null, true, 0, -1, 1.5, 2 ** 53, "", "0", [], {}, [old], { value: old }, String(old)]),
      );
  }
}

function reordered(list: readonly Json[], chance: Chance): Json {
  const at = chance.int(list.length || 1);
  const item = list[at] ?? null;
  return chance.of<Json>([
    list.toSpliced(at, 1),
    list.toSpliced(at, 0, item),
    list.toReversed(),
    [...list.slice(1), ...list.slice(0, 1)],
    [...list, item],
    [],
  ]);
}

function remembered(members: Record<string, Json>, chance: Chance): Json {
  const names = Object.keys(members);
  const name = chance.of(names.length === 0 ? [""] : names);
  const { [name]: member = null, ...rest } = members;
  return chance.of<Json>([
    rest,
    { ...rest, [`${name} `]: member },
    { ...rest, [name.toUpperCase()]: member },
    { ...members, ["__proto__x"]: member },
    { ...members, constructor: 1 },
    { ...rest, [`${name}\u200b`]: member },
  ]);
}

/** A text by what it is: JSON, a note, or plain. */
export function mutateText(text: string, replays: readonly string[], chance: Chance): Changed<string> {
  if (text.includes("\n\n\u2014 ")) {
    const { how, value } = mutateNote(text, replays, chance);
    return { how, value };
  }
  if (text.startsWith("{") && chance.int(4) > 0) return mutateJson(text, replays, chance);
  if (text === "") return { how: "a sign more", value: "x" };
  if (chance.int(3) === 0) {
    const other = [
      text.toUpperCase(),
      text.normalize("NFD"),
      `${text}\0`,
      ` ${text}`,
      text.replace(/[AaEeOo]/, "\u0430"),
      `${text}\u200b`,
      `${text}=`,
      `\ufeff${text}`,
    ];
    return { how: "its text otherwise", value: chance.of(other) };
  }
  const { how, value } = mutateBytes(Buffer.from(text), chance);
  return { how, value: Buffer.from(value).toString() };
}

/** The same JSON in another spelling, or with something that no reader should take. */
function respell(text: string, chance: Chance): Changed<string> {
  const numbers = [...text.matchAll(/(?<=[:,[])-?[0-9][0-9.e+-]*(?=[,}\]])/g)];
  const number = numbers.length > 0 ? chance.of(numbers) : null;
  if (number !== null && chance.int(2) === 0) {
    const [said] = number;
    const form = chance.of([
      `${said}.0`,
      `${said}e0`,
      `0${said}`,
      `-${said}`,
      `+${said}`,
      "-0",
      "1E400",
      "NaN",
      "9007199254740993",
      `${said}0`,
      `"${said}"`,
      "1e1000000000",
      "9".repeat(5000),
    ]);
    const value = text.slice(0, number.index) + form + text.slice(number.index + said.length);
    return { how: `the number ${said} as ${form.slice(0, 20)}`, value };
  }
  const strings = [...text.matchAll(/"[a-zA-Z]/g)];
  const string = strings.length > 0 ? chance.of(strings) : null;
  const at = string?.index ?? 0;
  const sign = text
    .charCodeAt(at + 1)
    .toString(16)
    .padStart(4, "0");
  const pairs = [...text.matchAll(/"[A-Za-z]+":(?:"[^"\\]{0,80}"|[0-9]+|null)/g)];
  const pair = pairs.length > 0 ? chance.of(pairs) : null;
  const forms: [string, string][] = [
    ["a space", text.replace(":", ": ")],
    ["a line end after it", `${text}\n`],
    ["a byte order mark", `\ufeff${text}`],
    ["a sign as an escape", `${text.slice(0, at + 1)}\\u${sign}${text.slice(at + 2)}`],
    ["a slash as an escape", text.replace("/", "\\/")],
    [
      "a member twice",
      pair === null ? `${text}{}` : `${text.slice(0, pair.index)}${pair[0]},${text.slice(pair.index)}`,
    ],
    ["a comma too many", text.replace(/}$/, ",}")],
    ["a comment", text.replace("{", "{/**/")],
    ["nested a thousand deep", `${"[".repeat(1000)}${text}${"]".repeat(1000)}`],
    ["a lone surrogate", text.replace(/"(?=[,}\]])/, '\\ud800"')],
    ["single quotes", text.replaceAll('"', "'")],
    ["upper-case escape", text.replace("\\n", "\\u000A")],
  ];
  const [how, value] = chance.of(forms);
  return { how, value };
}
