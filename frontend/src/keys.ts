// The keyboard. data-hotkey="c" on a link or button presses it; "/" goes to [data-search]; in a
// list j and k move over [data-row], Enter opens its link, x selects it, m opens its menu; "?" opens dialog#keys.
import { tickRow } from "./bulk";

const FIELDS = "input:not([type=checkbox]), textarea, select, [contenteditable]";

function rows(): HTMLElement[] {
  return [...document.querySelectorAll<HTMLElement>("[data-row]")];
}

function currentRow(): HTMLElement | null {
  return document.querySelector<HTMLElement>("[data-row][aria-current]");
}

function move(step: number): void {
  const all = rows();
  const present = currentRow();
  const from = present ? all.indexOf(present) : step > 0 ? -1 : all.length;
  const next = all[Math.min(Math.max(from + step, 0), all.length - 1)];
  if (!next) return;
  present?.removeAttribute("aria-current");
  next.setAttribute("aria-current", "true");
  next.scrollIntoView({ block: "nearest" });
}

function openMenuOfRow(): void {
  const around = document.activeElement?.closest("[data-row]") ?? currentRow();
  around?.querySelector<HTMLElement>("[data-row-menu] > summary")?.click();
}

const ACTS: Record<string, () => void> = {
  "/": () => document.querySelector<HTMLElement>("[data-search]")?.focus(),
  "?": () => document.querySelector<HTMLDialogElement>("dialog#keys")?.showModal(),
  j: () => move(1),
  k: () => move(-1),
  x: () => tickRow(currentRow(), false),
  X: () => tickRow(currentRow(), true),
  m: openMenuOfRow,
  Enter: () =>
    currentRow()
      ?.querySelector<HTMLAnchorElement>("a.list-open, a.order-card-open")
      ?.click(),
};

function onKey(event: KeyboardEvent): void {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  const target = event.target as Element;
  if (target.closest(FIELDS) || document.querySelector("dialog[open]")) return;
  // Enter on a focused link or button is that control's own.
  if (event.key === "Enter" && target.closest("a, button, summary")) return;
  const pressed = document.querySelector<HTMLElement>(`[data-hotkey="${CSS.escape(event.key)}"]`);
  const act = pressed ? () => pressed.click() : ACTS[event.key];
  if (!act) return;
  event.preventDefault();
  act();
}

export function listenForKeys(): void {
  document.addEventListener("keydown", onKey);
}
