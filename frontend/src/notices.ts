// Short messages in the corner. The server sends one with the header
// HX-Trigger: {"notice": {"level": "success", "text": "…"}}; levels: success, info, warning, danger.
import { text } from "./texts";

export interface Notice {
  level: "success" | "info" | "warning" | "danger";
  text: string;
}

const SHOWN_MILLISECONDS = 5000;

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
  shelf().append(element);
  setTimeout(() => element.remove(), SHOWN_MILLISECONDS);
}

export function showNotices(): void {
  document.addEventListener("notice", (event) => {
    showNotice((event as CustomEvent<Notice>).detail);
  });
  // What the server wrote into the page itself goes like any other.
  for (const written of document.querySelectorAll("#notices > .notice")) {
    setTimeout(() => written.remove(), SHOWN_MILLISECONDS);
  }
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
