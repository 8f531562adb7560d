// What helps where scripts run; every page does its work without it.
"use strict";

// Times in the reader's own time zone.
for (const time of document.querySelectorAll("time[datetime]")) {
  const value = new Date(time.dateTime);
  if (!Number.isNaN(value.valueOf())) {
    time.title = time.textContent;
    time.textContent = value.toLocaleString(undefined, {
      day: "numeric", month: "short", year: "numeric", hour: "numeric", minute: "2-digit",
    });
  }
}

// The name preview follows what is chosen, and what is typed.
const preview = document.querySelector("[data-preview]");
if (preview) {
  const sample = preview.querySelector("[data-sample]");
  const names = [...preview.querySelectorAll("[data-name]")].map((name) => [name, name.textContent]);
  const show = () => {
    const mode = document.querySelector("input[name=customer_mode]:checked")?.value;
    for (const line of preview.querySelectorAll("[data-for]")) {
      line.hidden = line.dataset.for !== mode && line.dataset.for !== "both";
    }
    const typed = sample?.value.trim();
    for (const [name, example] of names) name.textContent = typed || example;
  };
  if (sample) sample.closest("[hidden]")?.removeAttribute("hidden");
  document.addEventListener("change", show);
  preview.addEventListener("input", show);
  show();
}

// Only the stages or the statuses that count are shown.
const triggers = document.querySelectorAll("input[name=trigger]");
const showTrigger = () => {
  for (const block of document.querySelectorAll("[data-trigger]")) {
    block.hidden = block.dataset.trigger !== document.querySelector("input[name=trigger]:checked")?.value;
  }
};
for (const each of triggers) each.addEventListener("change", showTrigger);
if (triggers.length) showTrigger();

// A form is sent once, however often its button is pressed.
document.addEventListener("submit", (event) => {
  if (event.target.dataset.sent) event.preventDefault();
  event.target.dataset.sent = "yes";
});
// A page that comes back from the browser's memory may send its forms again.
addEventListener("pageshow", () => {
  for (const form of document.forms) delete form.dataset.sent;
});

// On a phone the tabs are scrolled: the one that is open is in view.
document.querySelector(".tabs [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });

// A menu closes as people expect.
document.addEventListener("keydown", (event) => {
  const menu = document.querySelector("details.menu[open]");
  if (event.key === "Escape" && menu) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});
