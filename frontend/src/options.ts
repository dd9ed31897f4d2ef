// A field with a list of options below it (combobox): the arrow keys walk over what is shown, Enter
// opens it, the field keeps the focus.
function shown(list: HTMLElement): HTMLElement[] {
  return [...list.querySelectorAll<HTMLElement>("[role=option]:not([aria-disabled])")].filter(
    (one) => one.offsetParent !== null,
  );
}

export function chosenOption(list: HTMLElement): HTMLElement | null {
  return list.querySelector<HTMLElement>("[role=option][aria-selected=true]");
}

export function chooseOption(field: HTMLElement, list: HTMLElement, option: HTMLElement | null): void {
  chosenOption(list)?.removeAttribute("aria-selected");
  if (!option) {
    field.removeAttribute("aria-activedescendant");
    return;
  }
  option.setAttribute("aria-selected", "true");
  field.setAttribute("aria-activedescendant", option.id);
  option.scrollIntoView({ block: "nearest" });
}

/** Walks by the arrow keys; says whether the key was one of them. */
export function walkOptions(event: KeyboardEvent, field: HTMLElement, list: HTMLElement): boolean {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step) return false;
  const all = shown(list);
  if (all.length === 0) return false;
  event.preventDefault();
  const present = chosenOption(list);
  const at = present ? all.indexOf(present) : step > 0 ? -1 : 0;
  chooseOption(field, list, all[(at + step + all.length) % all.length] ?? null);
  return true;
}

export function chooseFirst(field: HTMLElement, list: HTMLElement): void {
  chooseOption(field, list, shown(list)[0] ?? null);
}
