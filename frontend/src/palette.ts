// dialog#palette (Ctrl or Cmd and K): pages, acts, orders that were opened lately, and what the
// search finds. Only order numbers are remembered, in this tab alone.
import { chooseFirst, chosenOption, walkOptions } from "./options";

const RECENT = "recent-orders";
const RECENT_MAX = 8;
const WAIT_MILLISECONDS = 150;

function palette(): HTMLDialogElement | null {
  return document.querySelector<HTMLDialogElement>("dialog#palette");
}

function field(dialog: HTMLElement): HTMLInputElement {
  return dialog.querySelector<HTMLInputElement>(".palette-field") as HTMLInputElement;
}

function group(dialog: HTMLElement, name: string): HTMLElement {
  return dialog.querySelector<HTMLElement>(`[data-palette-group=${name}]`) as HTMLElement;
}

function recent(): string[] {
  try {
    const kept: unknown = JSON.parse(sessionStorage.getItem(RECENT) ?? "[]");
    return Array.isArray(kept) ? kept.filter((one) => /^\w{1,32}$/.test(String(one))) : [];
  } catch {
    return [];
  }
}

function rememberOrder(): void {
  const number = document.getElementById("order-number")?.textContent?.trim();
  if (!number) return;
  const kept = [number, ...recent().filter((one) => one !== number)].slice(0, RECENT_MAX);
  sessionStorage.setItem(RECENT, JSON.stringify(kept));
}

function item(id: string, words: string): HTMLElement {
  const made = document.createElement("button");
  made.type = "button";
  made.className = "palette-item";
  made.id = id;
  made.tabIndex = -1;
  made.setAttribute("role", "option");
  made.textContent = words;
  return made;
}

function showRecent(dialog: HTMLDialogElement): void {
  const links = recent().map((number) => {
    const made = document.createElement("a");
    made.className = "palette-item";
    made.id = `palette-order-${number}`;
    made.tabIndex = -1;
    made.setAttribute("role", "option");
    made.href = `${dialog.dataset["order"]}/${number}`;
    made.textContent = number;
    return made;
  });
  group(dialog, "recent").replaceChildren(...links);
}

/** The acts of the page that is shown: what its own buttons do. */
function showActs(dialog: HTMLDialogElement): void {
  const acts = group(dialog, "acts");
  for (const old of acts.querySelectorAll("[data-of-page]")) old.remove();
  const sources = document.querySelectorAll<HTMLElement>(
    ".page-acts > a.btn, .page-acts > form > .btn:not(.btn-quiet)",
  );
  const made = [...sources].map((source, place) => {
    const one = item(`palette-act-${place}`, source.textContent?.trim() ?? "");
    one.dataset["ofPage"] = "";
    one.addEventListener("click", () => source.click());
    return one;
  });
  acts.prepend(...made);
}

function filter(dialog: HTMLDialogElement): void {
  const typed = field(dialog).value.trim().toLowerCase();
  for (const one of dialog.querySelectorAll<HTMLElement>(".palette-item")) {
    one.hidden = typed !== "" && !(one.textContent ?? "").toLowerCase().includes(typed);
  }
  settle(dialog);
}

function settle(dialog: HTMLDialogElement): void {
  for (const one of dialog.querySelectorAll<HTMLElement>("[data-palette-group]")) {
    one.hidden = !one.querySelector("[role=option]:not([hidden], [aria-disabled])");
  }
  const list = dialog.querySelector<HTMLElement>(".palette-list") as HTMLElement;
  const nothing = dialog.querySelector<HTMLElement>(".palette-nothing") as HTMLElement;
  nothing.hidden = !!list.querySelector("[data-palette-group]:not([hidden])");
  chooseFirst(field(dialog), list);
}

let asked = 0;

async function find(dialog: HTMLDialogElement): Promise<void> {
  const turn = ++asked;
  const found = group(dialog, "found");
  const typed = field(dialog).value.trim();
  await new Promise((resolve) => setTimeout(resolve, WAIT_MILLISECONDS));
  if (turn !== asked) return;
  if (typed.length < 2) return found.replaceChildren();
  const address = `${dialog.dataset["suggest"]}?q=${encodeURIComponent(typed)}`;
  const answer = await fetch(address, { headers: { "HX-Request": "true" } }).catch(() => null);
  if (turn !== asked || !answer?.ok) return;
  const parsed = new DOMParser().parseFromString(await answer.text(), "text/html");
  const links = [...parsed.querySelectorAll<HTMLElement>("a[role=option]")];
  for (const link of links) link.id = `palette-${link.id}`;
  found.replaceChildren(...links);
  settle(dialog);
}

function onKey(event: KeyboardEvent): void {
  const dialog = palette();
  if (!dialog) return;
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
    event.preventDefault();
    if (dialog.open) dialog.close();
    else if (!document.querySelector("dialog[open]")) dialog.showModal();
    return;
  }
  if (!dialog.open || event.isComposing) return;
  const list = dialog.querySelector<HTMLElement>(".palette-list") as HTMLElement;
  if (walkOptions(event, field(dialog), list) || event.key !== "Enter") return;
  event.preventDefault();
  chosenOption(list)?.click();
}

export function openPalette(): void {
  document.addEventListener("DOMContentLoaded", rememberOrder);
  document.addEventListener("keydown", onKey);
  document.addEventListener("toggle", (event) => {
    const dialog = palette();
    if (event.target !== dialog || !dialog?.open) return;
    field(dialog).value = "";
    group(dialog, "found").replaceChildren();
    showRecent(dialog);
    showActs(dialog);
    filter(dialog);
    field(dialog).focus();
  }, true);
  document.addEventListener("input", (event) => {
    const dialog = palette();
    if (!dialog || event.target !== field(dialog)) return;
    filter(dialog);
    void find(dialog);
  });
  document.addEventListener("click", (event) => {
    const dialog = palette();
    const target = event.target as Element;
    if (dialog?.open && (target === dialog || target.closest(".palette-item, .palette a"))) dialog.close();
  });
  // Nothing of one person's day is left for the next.
  document.addEventListener("submit", (event) => {
    if ((event.target as Element).matches("[data-sign-out]")) sessionStorage.removeItem(RECENT);
  });
}
