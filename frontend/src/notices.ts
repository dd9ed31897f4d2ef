// Short messages in the corner. The server sends one with the header
// HX-Trigger: {"notice": {"level": "success", "text": "…"}}; levels: success, info, warning, danger.
import htmx from "htmx.org/dist/htmx.esm.js";

import { text } from "./texts";

export interface Notice {
  level: "success" | "info" | "warning" | "danger";
  text: string;
  undo?: string;
}

const SHOWN_MILLISECONDS = 5000;
const UNDO_MILLISECONDS = 12_000;

function shelf(): HTMLElement {
  const present = document.getElementById("notices");
  if (present) return present;
  const made = document.createElement("div");
  made.id = "notices";
  made.setAttribute("role", "status");
  made.setAttribute("aria-live", "polite");
  document.body.append(made);
  return made;
}

export function showNotice(notice: Notice): void {
  const element = document.createElement("div");
  element.className = "notice";
  element.dataset["level"] = notice.level;
  element.textContent = notice.text;
  if (notice.undo) element.append(undoing(notice.undo, element));
  shelf().append(element);
  keepFor(element, notice.undo ? UNDO_MILLISECONDS : SHOWN_MILLISECONDS);
}

/** Takes a notice away after a while, but not from under a pointer or the focus. */
function keepFor(element: HTMLElement, milliseconds: number): void {
  setTimeout(() => {
    if (element.matches(":hover, :focus-within")) keepFor(element, SHOWN_MILLISECONDS);
    else element.remove();
  }, milliseconds);
}

function undoing(name: string, notice: HTMLElement): HTMLButtonElement {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "btn notice-undo";
  button.textContent = text("undo");
  button.addEventListener("click", () => {
    notice.remove();
    const address = document.body.dataset["undo"] ?? "/orders/-/undo";
    void htmx.ajax("POST", address, { source: document.body, swap: "none", values: { name } });
  });
  return button;
}

export function showNotices(): void {
  document.addEventListener("notice", (event) => {
    showNotice((event as CustomEvent<Notice>).detail);
  });
  // What the server wrote into the page itself goes like any other.
  for (const written of document.querySelectorAll("#notices > .notice")) {
    setTimeout(() => written.remove(), SHOWN_MILLISECONDS);
  }
  // What was done to the order that is shown was taken back.
  document.addEventListener("orderChanged", () => {
    if (document.getElementById("order")) location.reload();
    else document.body.dispatchEvent(new Event("ordersChanged"));
  });
  document.addEventListener("htmx:sendError", (event) => {
    // What the page asks by itself now and then fails in silence: the page says that it is offline.
    if ((event.target as Element).closest("[data-quiet]")) return;
    showNotice({ level: "danger", text: text("offline") });
  });
  document.addEventListener("htmx:responseError", (event) => {
    const { xhr } = (event as CustomEvent<{ xhr: XMLHttpRequest }>).detail;
    // A page that knows better has said so itself.
    if (xhr.status < 500 || xhr.getResponseHeader("HX-Trigger")) return;
    showNotice({ level: "danger", text: text("failed") });
  });
}
