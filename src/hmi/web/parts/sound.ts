/** One tone for good, two low ones for bad; a panel without a loudspeaker stays silent and nothing else changes. */

let context: AudioContext | null = null;

/** Sounds the outcome of a scan. */
export function sound(tone: "good" | "bad"): void {
  if (typeof AudioContext === "undefined") return;
  context ??= new AudioContext();
  // Before the first touch a browser lets nothing sound; that is no fault of the scan.
  if (context.state === "suspended") void context.resume().catch(() => undefined);
  if (tone === "good") beep(context, 1_320, 0, 0.12);
  else for (const start of [0, 0.22]) beep(context, 220, start, 0.18);
}

function beep(audio: AudioContext, frequency: number, start: number, seconds: number): void {
  const [oscillator, gain] = [audio.createOscillator(), audio.createGain()];
  const at = audio.currentTime + start;
  oscillator.frequency.value = frequency;
  gain.gain.setValueAtTime(0.2, at);
  gain.gain.exponentialRampToValueAtTime(0.001, at + seconds);
  oscillator.connect(gain).connect(audio.destination);
  oscillator.start(at);
  oscillator.stop(at + seconds);
}
