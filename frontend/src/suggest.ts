// The search on every page: what htmx puts into #suggestions while typing is walked by the arrow
// keys; Enter without a choice searches, Esc closes.
import { chooseOption, chosenOption, walkOptions } from "./options";

function parts(): [HTMLInputElement, HTMLElement] | null {
  const field = document.querySelector<HTMLInputElement>("input[data-search]");
  const list = document.getElementById("suggestions");
  return field && list ? [field, list] : null;
}

function open(isOpen: boolean): void {
  const found = parts();
  if (!found) return;
  const [field, list] = found;
  list.hidden = !isOpen;
  field.setAttribute("aria-expanded", String(isOpen));
  if (!isOpen) chooseOption(field, list, null);
}

function onKey(event: KeyboardEvent): void {
  const found = parts();
  if (!found || event.target !== found[0] || event.isComposing) return;
  const [field, list] = found;
  if (event.key === "Escape") {
    if (!list.hidden) event.preventDefault();
    open(false);
  } else if (event.key === "Enter") {
    const chosen = list.hidden ? null : chosenOption(list);
    if (chosen) {
      event.preventDefault();
      chosen.click();
    }
  } else if (!list.hidden) {
    walkOptions(event, field, list);
  }
}

export function suggestWhileTyping(): void {
  document.addEventListener("keydown", onKey);
  document.addEventListener("htmx:afterSwap", (event) => {
    const list = event.target as HTMLElement;
    if (list.id === "suggestions") {
      open(list.childElementCount > 0 && document.activeElement === parts()?.[0]);
    }
  });
  document.addEventListener("focusin", (event) => {
    const list = document.getElementById("suggestions");
    const isField = event.target === parts()?.[0];
    open(isField && (list?.childElementCount ?? 0) > 0 && (event.target as HTMLInputElement).value !== "");
  });
  document.addEventListener("click", (event) => {
    if (!(event.target as Element).closest(".top-search")) open(false);
  });
}
