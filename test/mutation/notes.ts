/** Mutations of signed notes: their lines, their numbers, their signatures, and one note in the place of another. */
import { concat, fromBase64, fromHex, toBase64 } from "../../src/ledger/bytes.ts";
import { type Changed, mutateBytes } from "./bytes.ts";
import type { Chance } from "./chance.ts";
import { mutateSignature } from "./signatures.ts";

/** A changed note; `sameMeaning` where it is still the same note by the specification (another's line, a line again). */
export interface ChangedNote extends Changed<string> {
  readonly sameMeaning: boolean;
}

const unknownLine = `\u2014 stranger.example ${toBase64(new Uint8Array(68))}`;

/** One change of a note; `replays` are others that could stand in its place. */
export function mutateNote(note: string, replays: readonly string[], chance: Chance): ChangedNote {
  const told = (how: string, value: string, sameMeaning = false): ChangedNote => ({ how, value, sameMeaning });
  const others = replays.filter((each) => each !== note);
  switch (chance.int(8)) {
    case 0: {
      if (others.length > 0) return told("another note in its place", chance.of(others));
      return told("the note doubled", note + note);
    }
    case 1: {
      const { how, value } = mutateBytes(Buffer.from(note), chance);
      return told(`note: ${how}`, Buffer.from(value).toString());
    }
    case 2:
    case 3:
      return spelled(note, chance);
    case 4:
      return lines(note, chance);
    case 5:
      return told(...textual(note, others, chance));
    default:
      return signature(note, chance);
  }
}

/** The text's lines: numbers and base64 in other forms, other names, more and fewer lines. */
function textual(note: string, others: readonly string[], chance: Chance): [string, string] {
  const gap = note.lastIndexOf("\n\n");
  const [text, end] = [note.slice(0, gap).split("\n"), note.slice(gap)];
  const at = chance.int(text.length);
  const line = text[at] ?? "";
  const put = (how: string, changed: string[]): [string, string] => [how, changed.join("\n") + end];
  const forms = /^[0-9]+$/.test(line)
    ? [
        `0${line}`,
        `+${line}`,
        `${line}.0`,
        `${line}e0`,
        `-${line}`,
        `${Number(line) + 1}`,
        `${line} `,
        "9007199254740993",
        "-0",
        "\u0668",
      ]
    : [
        line.toUpperCase(),
        `${line} `,
        ` ${line}`,
        line.slice(0, -1),
        `${line}=`,
        line.normalize("NFD"),
        line.replace("e", "\u0435"),
        "",
        looser(line),
      ];
  switch (chance.int(5)) {
    case 0:
      return put(`line ${at} missing`, text.toSpliced(at, 1));
    case 1:
      return put(`line ${at} doubled`, text.toSpliced(at, 0, line));
    case 2:
      return put("a line more in the text", [...text, "extension"]);
    case 3: {
      const other = others.length > 0 ? chance.of(others).split("\n")[at] : undefined;
      return put(`line ${at} of another note`, text.with(at, other ?? ""));
    }
    default:
      return put(`line ${at} in another form`, text.with(at, chance.of(forms)));
  }
}

/** One change of a text that is then signed: a line or a byte of it; it ends in a line end, as what is signed does. */
export function mutateSignedText(text: string, chance: Chance): Changed<string> {
  if (chance.int(3) === 0) {
    const { how, value } = mutateBytes(Buffer.from(text), chance);
    return { how, value: `${Buffer.from(value).toString()}\n` };
  }
  const [how, value] = textual(`${text}\n\n`, [], chance);
  return { how, value: value.slice(0, -1) };
}

/** Base64 with other unused bits, where its end has some. */
function looser(text: string): string {
  const at = text.search(/[A-Za-z0-9+/]=+$/);
  return at < 0 ? `${text}A` : text.slice(0, at) + String.fromCharCode(text.charCodeAt(at) + 1) + text.slice(at + 1);
}

/** The signature lines as a whole. */
function lines(note: string, chance: Chance): ChangedNote {
  const gap = note.lastIndexOf("\n\n") + 2;
  const [text, list] = [note.slice(0, gap), note.slice(gap, -1).split("\n")];
  const at = chance.int(list.length);
  const put = (how: string, changed: string[], sameMeaning: boolean): ChangedNote => ({
    ...{ how, value: `${text}${changed.join("\n")}\n`, sameMeaning },
  });
  switch (chance.int(6)) {
    case 0:
      return put(`signature line ${at} missing`, list.toSpliced(at, 1), false);
    case 1:
      return put(`signature line ${at} doubled`, list.toSpliced(at, 0, list[at] ?? ""), true);
    case 2:
      return put("signature lines turned round", list.toReversed(), true);
    case 3:
      return put("a line of a stranger", list.toSpliced(at, 0, unknownLine), true);
    case 4:
      return put("seventeen lines", [...list, ...Array<string>(17 - list.length).fill(unknownLine)], false);
    default:
      return put("an empty line among them", list.toSpliced(at, 0, ""), false);
  }
}

/** The same note by another hand: other ends of lines, spaces, dashes, marks. */
function spelled(note: string, chance: Chance): ChangedNote {
  const forms: [string, string][] = [
    ["CRLF", note.replaceAll("\n", "\r\n")],
    ["no last line end", note.slice(0, -1)],
    ["a line end more", `${note}\n`],
    ["a byte order mark", `\ufeff${note}`],
    ["a NUL at its end", `${note}\0`],
    ["a hyphen for the dash", note.replace("\u2014", "-")],
    ["two spaces after the dash", note.replace("\u2014 ", "\u2014  ")],
    ["a no-break space after the dash", note.replace("\u2014 ", "\u2014\u00a0")],
    ["a tab before the signature", note.replace(/(\u2014 \S+) /, "$1\t")],
    ["a space after a signature", note.replace(/\n$/, " \n")],
    ["no empty line", note.replace("\n\n", "\n")],
    ["two empty lines", note.replace("\n\n", "\n\n\n")],
    ["a plus in a name", note.replace(/\u2014 (\S+) /, "\u2014 $1+ ")],
    ["a composed sign in a name", note.replace(/\u2014 (\S+) /, "\u2014 $1\u0301 ")],
    ["a name of upper case", note.replace(/\u2014 (\S+) /, (line) => line.toUpperCase())],
    ["very long", note + `${unknownLine}\n`.repeat(2000)],
  ];
  const [how, value] = chance.of(forms);
  return { how, value, sameMeaning: false };
}

/** One signature line's base64: key id, time, signature; of another key's kind; another line's. */
function signature(note: string, chance: Chance): ChangedNote {
  const gap = note.lastIndexOf("\n\n") + 2;
  const list = note.slice(gap, -1).split("\n");
  const at = chance.int(list.length);
  const [, name = "", encoded = ""] = /^\u2014 (\S+) (\S+)$/.exec(list[at] ?? "") ?? [];
  const bytes = fromBase64(encoded) ?? new Uint8Array(5);
  const write = (how: string, line: string): ChangedNote => ({
    how: `signature line ${at}: ${how}`,
    value: `${note.slice(0, gap)}${list.with(at, line).join("\n")}\n`,
    sameMeaning: false,
  });
  const own = (how: string, changed: Uint8Array) => write(how, `\u2014 ${name} ${toBase64(changed)}`);
  const body = bytes.slice(4);
  switch (chance.int(7)) {
    case 0:
    case 1: {
      const { how, value } = mutateSignature(body, chance);
      return own(how, concat(bytes.slice(0, 4), value));
    }
    case 2: {
      const { how, value } = mutateBytes(bytes, chance);
      return own(how, value);
    }
    case 3:
      return write("base64 with other unused bits", `\u2014 ${name} ${looser(encoded)}`);
    case 4:
      return write(
        "base64 for addresses",
        `\u2014 ${name} ${encoded.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "")}`,
      );
    case 5: {
      const other = list[(at + 1) % list.length] ?? "";
      return write("the other line's signature", `\u2014 ${name} ${other.split(" ")[2] ?? ""}`);
    }
    default:
      return own("another key id", concat(fromHex("00000000") ?? new Uint8Array(4), body));
  }
}
