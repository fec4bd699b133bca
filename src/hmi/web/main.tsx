/** Entry of the page. */
import { render } from "preact";
import { App } from "./app.tsx";
import { startLive } from "./live.ts";
import { loadSession } from "./store.ts";
import { startWatching } from "./wake.ts";

const panel = document.getElementById("panel");
if (panel) render(<App />, panel);
startLive();
startWatching();
void loadSession();
