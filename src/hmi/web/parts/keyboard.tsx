/** Fields and the panel's own keyboard: a kiosk has none, and gloves need big keys. */
import { type Signal, useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { set } from "../set.ts";

export interface FieldSpec {
  readonly label: string;
  readonly value: Signal<string>;
  readonly secret?: boolean;
  readonly max: number;
}

interface FormProps {
  readonly fields: readonly FieldSpec[];
  /** What Enter on a wired keyboard does in the last field; nothing where that would sign or start. */
  readonly onDone?: () => void;
  /** What stands in the row of the fields, right of them. */
  readonly children?: ComponentChildren;
}

const letters = ["qwertyuiop", "asdfghjkl", "zxcvbnm"];
const signs = ["!?@#&()/+=", "'\".,:;-_*", "äöüßéèç"];
const digits = ["789", "456", "123"];

/** Fields side by side, the keys under them; the keys type into the field that was touched last. */
export function Form({ fields, onDone, children }: FormProps) {
  const active = useSignal(0);
  const inputs = useRef<(HTMLInputElement | null)[]>([]);
  useEffect(() => inputs.current[0]?.focus(), []);
  const field = fields[active.value];
  const type = (text: string) => {
    if (!field) return;
    if (field.value.value.length < field.max) field.value.value += text;
    inputs.current[active.value]?.focus();
  };
  const erase = () => {
    if (field) field.value.value = [...field.value.value].slice(0, -1).join("");
  };
  const next = () => {
    const after = (active.value + 1) % fields.length;
    active.value = after;
    inputs.current[after]?.focus();
  };
  const entered = (event: KeyboardEvent, index: number) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    if (index < fields.length - 1) next();
    else onDone?.();
  };
  return (
    <>
      <div class="fields">
        {fields.map((each, index) => (
          <div key={each.label} class={index === active.value ? "field active" : "field"}>
            <label for={`field-${index}`}>{each.label}</label>
            <Entry
              field={each}
              id={`field-${index}`}
              hold={(element) => {
                inputs.current[index] = element;
              }}
              onFocus={() => set(active, index)}
              onKeyDown={(event) => entered(event, index)}
            />
          </div>
        ))}
        {children}
      </div>
      <Keys type={type} erase={erase} next={next} many={fields.length > 1} />
    </>
  );
}

interface EntryProps {
  readonly id: string;
  readonly field: FieldSpec;
  readonly hold: (element: HTMLInputElement | null) => void;
  readonly onFocus: () => void;
  readonly onKeyDown: (event: KeyboardEvent) => void;
}

function Entry({ id, field, hold, onFocus, onKeyDown }: EntryProps) {
  const common = {
    id,
    ref: hold,
    inputMode: "none",
    autoComplete: "off",
    spellcheck: false,
    maxLength: field.max,
    value: field.value.value,
    onFocus,
    onKeyDown,
    onInput: (event: { readonly currentTarget: HTMLInputElement }) => set(field.value, event.currentTarget.value),
  } as const;
  return field.secret ? <input type="password" {...common} /> : <input type="text" {...common} />;
}

interface KeysProps {
  readonly type: (text: string) => void;
  readonly erase: () => void;
  readonly next: () => void;
  readonly many: boolean;
}

function Keys({ type, erase, next, many }: KeysProps) {
  const upper = useSignal(false);
  const others = useSignal(false);
  const rows = others.value ? signs : letters;
  const shown = (key: string) => (upper.value ? key.toUpperCase() : key);
  const press = (key: string) => {
    type(key);
    upper.value = false;
  };
  const key = (label: string, onPress: () => void, name = "key", spoken = label) => (
    <button key={label} type="button" class={name} aria-label={spoken} onClick={onPress}>
      {label}
    </button>
  );
  return (
    <fieldset class="keyboard" aria-label="Keyboard">
      <div class="block">
        {rows.map((row, index) => (
          <div class="row" key={row}>
            {index === 2 ? key("⇧", () => set(upper, !upper.value), upper.value ? "key on" : "key", "Shift") : null}
            {[...row].map((each) => key(shown(each), () => press(shown(each))))}
            {index === 2 ? key("⌫", erase, "key", "Erase") : null}
          </div>
        ))}
        <div class="row">
          {key(others.value ? "abc" : "Signs", () => set(others, !others.value), "key double")}
          {key("Space", () => press(" "), "key space")}
          {many ? key("Next field", next, "key double") : null}
        </div>
      </div>
      <div class="block">
        {digits.map((row) => (
          <div class="row" key={row}>
            {[...row].map((each) => key(each, () => press(each)))}
          </div>
        ))}
        <div class="row">{["-", "0", "."].map((each) => key(each, () => press(each)))}</div>
      </div>
    </fieldset>
  );
}
