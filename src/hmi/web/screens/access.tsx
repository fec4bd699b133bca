/** Signing in, and taking a place with a one-time code. */
import { useSignal } from "@preact/signals";
import type { SignedIn } from "../../api.ts";
import { post } from "../client.ts";
import { Button } from "../parts/button.tsx";
import { Frame } from "../parts/frame.tsx";
import { Form } from "../parts/keyboard.tsx";
import { busy, enrolling, loadSession, notice, refresh, say } from "../store.ts";

/** Name and password. */
export function SignInScreen() {
  const name = useSignal("");
  const password = useSignal("");
  const enter = async () => {
    if (busy.value) return;
    busy.value = true;
    const asked = await post<SignedIn>("/api/sign-in", { name: name.value, password: password.value });
    busy.value = false;
    password.value = "";
    if (!asked.ok) return say(asked.problem);
    notice.value = null;
    await loadSession();
    await refresh();
  };
  const fields = [
    { label: "Name", value: name, max: 64 },
    { label: "Password or PIN", value: password, max: 128, secret: true },
  ];
  const actions = (
    <>
      <Button size="primary" label="I have a one-time code" onPress={() => swap(true)} />
      <span class="spring" />
      <Button
        size="primary"
        kind="act"
        wide
        label="Sign in"
        disabled={busy.value || name.value === "" || password.value === ""}
        onPress={() => void enter()}
      />
    </>
  );
  return (
    <Frame title="Sign in" nav={false} actions={actions}>
      <Form fields={fields} onDone={() => void enter()} />
    </Frame>
  );
}

/** One-time code, name, password twice. */
export function EnrolScreen() {
  const [code, name, first, second] = [useSignal(""), useSignal(""), useSignal(""), useSignal("")];
  const enrol = async () => {
    if (first.value !== second.value) {
      return say({ code: "differ", what: "The two passwords differ.", remedy: "Type both again." });
    }
    busy.value = true;
    const asked = await post("/api/enrol", { code: code.value, name: name.value, password: first.value });
    busy.value = false;
    if (!asked.ok) return say(asked.problem);
    enrolling.value = false;
    notice.value = { tone: "good", code: "enrolled", what: `Welcome, ${name.value}.`, remedy: "Sign in now." };
  };
  const fields = [
    { label: "One-time code", value: code, max: 32 },
    { label: "Your full name", value: name, max: 64 },
    { label: "New password or PIN", value: first, max: 128, secret: true },
    { label: "The same again", value: second, max: 128, secret: true },
  ];
  const empty = fields.some((field) => field.value.value === "");
  const actions = (
    <>
      <Button size="primary" label="Back" onPress={() => swap(false)} />
      <span class="spring" />
      <Button
        size="primary"
        kind="act"
        wide
        label="Enrol"
        disabled={busy.value || empty}
        onPress={() => void enrol()}
      />
    </>
  );
  return (
    <Frame title="Take your place in this cell" nav={false} actions={actions}>
      <Form fields={fields} />
    </Frame>
  );
}

function swap(to: boolean): void {
  notice.value = null;
  enrolling.value = to;
}
