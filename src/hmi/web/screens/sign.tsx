/** The signature of a second person: name and password, bound to exactly what was shown; whoever is signed in stays so. */
import { signal, useSignal } from "@preact/signals";
import type { ShownView } from "../../api-route.ts";
import { Button } from "../parts/button.tsx";
import { Frame } from "../parts/frame.tsx";
import { Form } from "../parts/keyboard.tsx";
import { act, go, notice, type Screen } from "../store.ts";
import { short } from "../words.ts";

/** What is about to be signed, and where that leads. */
export interface Signing {
  readonly title: string;
  readonly view: ShownView;
  readonly path: string;
  /** Sent beside the digest, the name and the password. */
  readonly body: Readonly<Record<string, unknown>>;
  /** What was done, to stand behind the signer's name. */
  readonly done: string;
  /** For whom the signature is not, to stand behind "the second person". */
  readonly notFor: string;
  readonly back: Screen;
  readonly leadsTo: Screen;
}

const signing = signal<Signing | null>(null);

/** Asks for the signature. */
export function askSignature(what: Signing): void {
  signing.value = what;
  go("sign");
}

/** Name and password of the second person. */
export function SignScreen() {
  const [name, password] = [useSignal(""), useSignal("")];
  const what = signing.value;
  if (!what) return <Frame title="Sign">{null}</Frame>;
  const sign = async () => {
    const body = { ...what.body, shown: what.view.digest, name: name.value, password: password.value };
    const done = `Signed by ${name.value}: ${what.done}`;
    password.value = "";
    if (!(await act(what.path, body))) return;
    go(what.leadsTo);
    notice.value = { tone: "good", code: "signed", what: done };
  };
  const fields = [
    { label: `Name of the second person, ${what.notFor}`, value: name, max: 64 },
    { label: "Password or PIN", value: password, max: 128, secret: true },
  ];
  const actions = (
    <>
      <Button size="primary" label="Back" onPress={() => go(what.back)} />
      <span class="spring" />
      <Button
        size="primary"
        kind="act"
        wide
        deed
        label="Sign"
        disabled={name.value === "" || password.value === ""}
        onPress={() => void sign()}
      />
    </>
  );
  return (
    <Frame title={what.title} nav={false} actions={actions}>
      <p class="meaning">
        Your signature means: <strong>“{what.view.meaning}”</strong> Bound to {short(what.view.digest)}.
      </p>
      <Form fields={fields} />
    </Frame>
  );
}
