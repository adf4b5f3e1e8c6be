// Keeps the page as it is on the stack: asks for the live part and puts in what has changed.
"use strict";

(() => {
  const EVERY = 1500;
  const state = document.getElementById("live-state");
  const pause = document.getElementById("pause");
  let paused = false;

  function say(kind, text) {
    if (state.dataset.state !== kind) {
      state.dataset.state = kind;
      state.textContent = text;
    }
  }

  // What holds the keyboard, by what stays the same of it when its part is replaced.
  function name(element) {
    return `${element.tagName} ${element.getAttribute("href") ?? element.closest("[id]").id}`;
  }

  // What a reader did to a part outlives its replacement: what is open, and where the keyboard is.
  function replace(old, fresh) {
    const toggled = new Map([...old.querySelectorAll("details[id]")].map((each) => [each.id, each.open]));
    const focused = old.contains(document.activeElement) ? name(document.activeElement) : "";
    for (const each of fresh.querySelectorAll("details[id]")) {
      if (toggled.has(each.id)) each.open = toggled.get(each.id);
    }
    old.replaceWith(fresh);
    if (focused) {
      const again = [...fresh.querySelectorAll("a, summary, pre")].find((each) => name(each) === focused);
      again?.focus({ preventScroll: true });
    }
  }

  const shown = new Map();

  function update(text) {
    const live = new DOMParser().parseFromString(text, "text/html");
    for (const fresh of live.querySelectorAll("[data-part]")) {
      const markup = fresh.outerHTML;
      const old = document.getElementById(fresh.id);
      if (!old || shown.get(fresh.id) === markup) continue;
      const selection = document.getSelection();
      // Whoever copies something out of a part is not disturbed.
      if (selection && !selection.isCollapsed && old.contains(selection.anchorNode)) continue;
      shown.set(fresh.id, markup);
      replace(old, document.adoptNode(fresh));
    }
  }

  async function look() {
    if (!paused && !document.hidden) {
      try {
        const answer = await fetch("/live", { cache: "no-store", credentials: "same-origin" });
        if (!answer.ok) throw new Error(`answered ${answer.status}`);
        const text = await answer.text();
        // Whoever pauses while the stack is asked wants to keep what is there.
        if (!paused) {
          update(text);
          say("live", "live");
        }
      } catch {
        if (!paused) say("gone", "the stack does not answer; this is what was seen last");
      }
    }
    setTimeout(look, EVERY);
  }

  pause.hidden = false;
  pause.addEventListener("click", () => {
    paused = !paused;
    pause.setAttribute("aria-pressed", String(paused));
    say(paused ? "paused" : "live", paused ? "paused" : "live");
  });
  look();
})();
