// [data-finder] is a field over a list of what the server found for it: the arrow keys walk, Enter
// takes the chosen one, Esc closes. In a [data-scanner] Enter without a choice adds what was typed
// or scanned: it waits in the textarea "scans" until the request before it is answered, so that no
// scan is lost however fast they come.
import { chooseOption, chosenOption, walkOptions } from "./options";

interface Finder {
  field: HTMLInputElement;
  list: HTMLElement;
  root: HTMLElement;
}

function finderOf(element: Element | null): Finder | null {
  const root = element?.closest<HTMLElement>("[data-finder]");
  const field = root?.querySelector<HTMLInputElement>("[role=combobox]");
  const list = root?.querySelector<HTMLElement>("[role=listbox]");
  return root && field && list ? { field, list, root } : null;
}

function show(finder: Finder, isOpen: boolean): void {
  finder.list.hidden = !isOpen;
  finder.field.setAttribute("aria-expanded", String(isOpen));
  if (!isOpen) chooseOption(finder.field, finder.list, null);
}

function clear(finder: Finder): void {
  finder.field.value = "";
  // An answer that is still on its way is about what was there before.
  finder.field.dispatchEvent(new CustomEvent("htmx:abort", { bubbles: true }));
  finder.list.replaceChildren();
  show(finder, false);
}

function scan(finder: Finder, code: string): void {
  const waiting = finder.root.querySelector<HTMLTextAreaElement>("textarea[name=scans]");
  if (!waiting || !code.trim()) return;
  waiting.value += `${code.trim()}\n`;
  clear(finder);
  finder.root.querySelector("[data-adds]")?.dispatchEvent(new CustomEvent("scanned"));
}

function onKey(event: KeyboardEvent): void {
  const finder = finderOf(event.target as Element);
  if (!finder || event.target !== finder.field || event.isComposing) return;
  const { field, list, root } = finder;
  if (event.key === "Escape" && !list.hidden) {
    event.preventDefault();
    show(finder, false);
  } else if (event.key === "Enter") {
    // Never the form's own submit: what is scanned ends with Enter.
    event.preventDefault();
    const chosen = list.hidden ? null : chosenOption(list);
    if (chosen) chosen.click();
    else if (root.matches("[data-scanner]")) scan(finder, field.value);
  } else if (!list.hidden) {
    walkOptions(event, field, list);
  }
}

function onClick(event: MouseEvent): void {
  const source = event.target as Element;
  const finder = finderOf(source);
  for (const other of document.querySelectorAll("[data-finder]")) {
    const known = finderOf(other);
    if (known && other !== finder?.root) show(known, false);
  }
  if (!finder) return;
  const option = source.closest<HTMLElement>("[role=option]:not([aria-disabled])");
  if (option?.dataset["scan"]) {
    scan(finder, option.dataset["scan"]);
    finder.field.focus();
  } else if (option) {
    show(finder, false);
  } else if (source.closest("[data-adds]") && finder.root.matches("[data-scanner]")) {
    event.preventDefault();
    scan(finder, finder.field.value);
    finder.field.focus();
  }
}

interface RequestConfig {
  elt: Element;
}

function onRequest(event: Event): void {
  const { elt } = (event as CustomEvent<RequestConfig>).detail;
  if (!elt.matches("[data-adds]")) return;
  const waiting = elt.closest("[data-scanner]")?.querySelector<HTMLTextAreaElement>("textarea");
  // What goes out now is not sent again; its text is in the request already.
  if (waiting) waiting.value = "";
}

export function findWhileTyping(): void {
  document.addEventListener("keydown", onKey);
  document.addEventListener("click", onClick);
  document.addEventListener("htmx:configRequest", onRequest);
  document.addEventListener("htmx:afterSwap", (event) => {
    const list = event.target as HTMLElement;
    const finder = list.matches("[data-finder] [role=listbox]") ? finderOf(list) : null;
    if (finder) show(finder, list.childElementCount > 0 && finder.field.value !== "");
  });
}
