// A request with hx-confirm="Cancel 3 orders? 5 allocations are released." asks in the page's own
// dialog; data-confirm-act names the button that goes ahead, data-confirm-level="danger" colours it.
import { text } from "./texts";

interface ConfirmDetail {
  elt: HTMLElement;
  question: string | null;
  issueRequest(skipConfirmation: boolean): void;
}

function button(label: string, className: string, value: string): HTMLButtonElement {
  const element = document.createElement("button");
  element.className = className;
  element.textContent = label;
  element.value = value;
  return element;
}

function dialogAbout(question: string, source: HTMLElement): HTMLDialogElement {
  const dialog = document.createElement("dialog");
  dialog.className = "ask";
  const form = document.createElement("form");
  form.method = "dialog";
  const words = document.createElement("p");
  words.textContent = question;
  const acts = document.createElement("div");
  acts.className = "ask-acts";
  const level = source.dataset["confirmLevel"] === "danger" ? "btn-dangerous" : "btn-primary";
  const act = source.dataset["confirmAct"] ?? text("confirm");
  acts.append(button(text("cancel"), "btn", ""), button(act, `btn ${level}`, "yes"));
  form.append(words, acts);
  dialog.append(form);
  return dialog;
}

export function askBeforeRequests(): void {
  document.addEventListener("htmx:confirm", (event) => {
    const detail = (event as CustomEvent<ConfirmDetail>).detail;
    if (!detail.question) return;
    event.preventDefault();
    const dialog = dialogAbout(detail.question, detail.elt);
    dialog.addEventListener("close", () => {
      if (dialog.returnValue === "yes") detail.issueRequest(true);
      dialog.remove();
      detail.elt.focus();
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}
