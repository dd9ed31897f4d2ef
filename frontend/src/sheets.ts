// dialog#sheet holds the form of an act: it opens when htmx has put something into it, and closes
// by [data-close] in it, by Esc, or by the event "sheetDone" that the server sends (HX-Trigger).
// <button data-opens="keys"> opens dialog#keys.
function sheet(): HTMLDialogElement | null {
  return document.querySelector<HTMLDialogElement>("dialog#sheet");
}

function openAfterSwap(event: Event): void {
  const dialog = sheet();
  if (!dialog || event.target !== dialog || dialog.open) return;
  dialog.showModal();
  const first = dialog.querySelector<HTMLElement>("[autofocus]");
  first?.focus();
  if (first instanceof HTMLInputElement) first.select();
}

function onClick(event: MouseEvent): void {
  const source = event.target as Element;
  const opener = source.closest<HTMLElement>("[data-opens]");
  if (opener) {
    document
      .querySelector<HTMLDialogElement>(`dialog#${opener.dataset["opens"]}`)
      ?.showModal();
    return;
  }
  const closer = source.closest<HTMLElement>("[data-close]");
  const dialog = sheet();
  if (!closer || !dialog?.open) return;
  // What was refused may have changed the order: follow the link then, and see it anew.
  if (closer.hasAttribute("data-reload")) return;
  event.preventDefault();
  dialog.close();
}

export function openSheets(): void {
  document.addEventListener("htmx:afterSwap", openAfterSwap);
  document.addEventListener("click", onClick);
  document.addEventListener("sheetDone", () => sheet()?.close());
}
