/** Measures every touch target of the screen and says what breaks rule R1; runs in the page. */
globalThis.measureTargets = () => {
  const told = [];
  const all = [...document.querySelectorAll("button, input, a")].filter((each) => !each.classList.contains("dimmed"));
  const boxes = all.map((each) => ({ each, box: each.getBoundingClientRect() }));
  const nameOf = (each) => each.getAttribute("aria-label") ?? each.innerText.trim().slice(0, 30) ?? each.tagName;
  for (const { each, box } of boxes) {
    const least = each.classList.contains("primary") ? 88 : 72;
    if (box.width < least || box.height < least)
      told.push(`${nameOf(each)} is ${box.width} x ${box.height}, not ${least}`);
    if (box.left < 0 || box.top < 0 || box.right > 1280 || box.bottom > 800)
      told.push(`${nameOf(each)} leaves the screen`);
    const clip = each.closest(".content, .panel")?.getBoundingClientRect();
    if (clip && (box.bottom > clip.bottom + 1 || box.right > clip.right + 1))
      told.push(`${nameOf(each)} leaves its panel`);
    if (each.innerText.trim() === "Back" && (box.left > 40 || box.top < 400)) told.push("Back is not bottom left");
  }
  for (const [index, a] of boxes.entries()) {
    for (const b of boxes.slice(index + 1)) {
      const dx = Math.max(a.box.left, b.box.left) - Math.min(a.box.right, b.box.right);
      const dy = Math.max(a.box.top, b.box.top) - Math.min(a.box.bottom, b.box.bottom);
      if (Math.max(dx, dy) < 15.9)
        told.push(`${nameOf(a.each)} and ${nameOf(b.each)} are ${Math.max(dx, dy)} apart, not 16`);
    }
  }
  for (const panel of document.querySelectorAll(".panel, .content, main, header, nav, .button, .stack, .live")) {
    if (panel.scrollHeight > panel.clientHeight + 2 || panel.scrollWidth > panel.clientWidth + 2)
      told.push(`${panel.className || panel.tagName} is cut off: ${panel.innerText.slice(0, 40)}`);
  }
  return told;
};
