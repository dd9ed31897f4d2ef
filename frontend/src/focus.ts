// After a swap the first field that was refused takes the focus.
export function keepFocus(): void {
  const toFirstError = (root: ParentNode): void => {
    root.querySelector<HTMLElement>("[aria-invalid='true'], .is-invalid")?.focus();
  };
  document.addEventListener("DOMContentLoaded", () => toFirstError(document));
  document.addEventListener("htmx:afterSettle", (event) => {
    toFirstError(event.target as HTMLElement);
  });
}
