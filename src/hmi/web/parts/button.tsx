/** Buttons for gloves: one press, or press and hold; the keyboard never starts anything. */
import { useEffect, useRef, useState } from "preact/hooks";
import { busy, linked } from "../store.ts";

interface ButtonProps {
  readonly label: string;
  readonly onPress: () => void;
  readonly kind?: "plain" | "act" | "stop" | "nav";
  readonly size?: "primary" | "secondary";
  readonly wide?: boolean;
  readonly on?: boolean;
  /** False for what only looks or moves about the page: it works without the controller. */
  readonly deed?: boolean;
  readonly disabled?: boolean;
}

/** One press. */
export function Button(props: ButtonProps) {
  const {
    label,
    onPress,
    kind = "plain",
    size = "secondary",
    wide = false,
    on,
    deed = false,
    disabled = false,
  } = props;
  const off = disabled || (deed && (!linked.value || busy.value));
  const names = ["button", kind, size, wide ? "wide" : "", on ? "on" : ""].filter(Boolean).join(" ");
  const pressed = on === undefined ? {} : { "aria-pressed": on };
  return (
    <button type="button" class={names} disabled={off} onClick={onPress} {...pressed}>
      {label}
    </button>
  );
}

interface HoldButtonProps {
  readonly label: string;
  readonly onHeld: () => void;
  readonly ms?: number;
  readonly kind?: "act" | "stop" | "plain";
  readonly wide?: boolean;
  readonly disabled?: boolean;
  /** False for what needs no controller. */
  readonly deed?: boolean;
}

/** Press and hold, 1.5 s unless said otherwise; letting go early, sliding off or a second finger ends it. */
export function HoldButton(props: HoldButtonProps) {
  const { label, onHeld, ms = 1_500, kind = "act", wide = false, disabled = false, deed = true } = props;
  const [holding, setHolding] = useState(false);
  const timer = useRef<ReturnType<typeof setTimeout> | null>(null);
  const off = disabled || (deed && (!linked.value || busy.value));
  const release = () => {
    if (timer.current) clearTimeout(timer.current);
    timer.current = null;
    setHolding(false);
  };
  useEffect(() => release, []);
  useEffect(() => (off ? release() : undefined), [off]);
  const press = (event: PointerEvent) => {
    if (off || !event.isPrimary || event.button !== 0) return release();
    setHolding(true);
    timer.current = setTimeout(() => {
      release();
      onHeld();
    }, ms);
  };
  const names = ["button", "primary", "held", kind, wide ? "wide" : "", holding ? "holding" : ""]
    .filter(Boolean)
    .join(" ");
  return (
    <button
      type="button"
      class={names}
      disabled={off}
      style={{ "--hold-time": `${ms}ms` }}
      onPointerDown={press}
      onPointerUp={release}
      onPointerLeave={release}
      onPointerCancel={release}
      onContextMenu={(event) => event.preventDefault()}
      onKeyDown={(event) => (event.key === "Tab" ? undefined : event.preventDefault())}
    >
      <span class="fill" aria-hidden="true" />
      <span class="words">
        {label}
        <small>{holding ? "Keep holding" : `Press and hold ${ms / 1000} s`}</small>
      </span>
    </button>
  );
}
